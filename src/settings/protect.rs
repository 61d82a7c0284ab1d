//! The protect list as it is written: patterns, and files of patterns.

use std::path::Path;

use crate::settings::SettingsError;

/// Endings by which a word is taken for a file, though no such file is there: a list that is not
/// found must not pass for one that protects nobody.
const FILES: [&str; 4] = ["txt", "csv", "list", "lst"];

/// All patterns: a word that names a file stands for the file's lines.
pub(super) fn patterns(words: Vec<String>) -> Result<Vec<String>, SettingsError> {
    let mut patterns = Vec::new();
    for word in words {
        let path = Path::new(&word);
        if path.is_file() || looks_like_a_file(path) {
            let text = std::fs::read_to_string(path).map_err(|source| SettingsError::Read {
                path: path.to_owned(),
                source,
            })?;
            let text = text.trim_start_matches('\u{feff}');
            patterns.extend(text.lines().map(str::to_owned));
        } else {
            patterns.push(word);
        }
    }
    Ok(patterns)
}

fn looks_like_a_file(path: &Path) -> bool {
    let word = path.to_string_lossy();
    let ending = path.extension().and_then(|ending| ending.to_str());
    let known = ending.is_some_and(|ending| FILES.iter().any(|f| f.eq_ignore_ascii_case(ending)));
    known && !word.contains(['@', '*']) || word.contains('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p7_a_list_that_is_not_there_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("board");
        std::fs::write(&file, "\u{feff}a@example.com\n# b\n").unwrap();
        let words = |word: &str| patterns(vec![word.to_owned(), "svc-*".to_owned()]);
        let read = words(file.to_str().unwrap()).unwrap();
        assert_eq!(read, ["a@example.com", "# b", "svc-*"]);
        for missing in ["vips.txt", "lists/vips", "./vips", "VIPS.CSV"] {
            let error = words(missing).unwrap_err();
            assert!(matches!(error, SettingsError::Read { .. }), "{missing}");
        }
        for pattern in ["ada@example.com", "*.csv@x", "example.com", "8a8b"] {
            assert_eq!(words(pattern).unwrap()[0], pattern);
        }
    }
}
