//! The protect list as it is written: patterns, and files of patterns.

use std::path::{Path, PathBuf};

use crate::settings::SettingsError;

/// Endings by which a pattern is taken for a file that was meant: it would protect nobody.
const FILES: [&str; 4] = ["txt", "csv", "list", "lst"];

/// All patterns: those that were given, and those on the lines of the files. Whether a file of a pattern's
/// name lies in the current folder makes no difference.
pub(super) fn patterns(
    words: Vec<String>,
    files: &[PathBuf],
) -> Result<Vec<String>, SettingsError> {
    if let Some(word) = words.iter().find(|word| looks_like_a_file(word)) {
        let word = word.clone();
        return Err(SettingsError::ProtectWord { word });
    }
    let mut patterns = words;
    for path in files {
        let text = std::fs::read_to_string(path).map_err(|source| SettingsError::ReadProtect {
            path: path.clone(),
            source,
        })?;
        let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
        let before = patterns.len();
        let meant = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        patterns.extend(meant.map(str::to_owned));
        if patterns.len() == before {
            let path = path.clone();
            return Err(SettingsError::EmptyProtect { path });
        }
    }
    Ok(patterns)
}

fn looks_like_a_file(word: &str) -> bool {
    let ending = Path::new(word)
        .extension()
        .and_then(|ending| ending.to_str());
    let known = ending.is_some_and(|ending| FILES.iter().any(|f| f.eq_ignore_ascii_case(ending)));
    known && !word.contains(['@', '*']) || word.contains('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(word: &str) -> Result<Vec<String>, SettingsError> {
        patterns(vec![word.to_owned(), "svc-*".to_owned()], &[])
    }

    #[test]
    fn p7_a_file_is_named_as_one_and_read_whole() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let board = file("board", "\u{feff}a@example.com\n\n# b\n @c.com \n");
        let read = patterns(vec!["svc-*".to_owned()], &[board]).unwrap();
        assert_eq!(read, ["svc-*", "a@example.com", "@c.com"]);
        let empty = patterns(Vec::new(), &[file("empty", "# nobody yet\n")]);
        assert!(matches!(empty, Err(SettingsError::EmptyProtect { .. })));
        let missing = patterns(Vec::new(), &[dir.path().join("missing")]);
        assert!(matches!(missing, Err(SettingsError::ReadProtect { .. })));
    }

    #[test]
    fn p7_a_pattern_is_a_pattern_and_one_that_looks_like_a_file_is_an_error() {
        for meant_as_file in ["vips.txt", "lists/vips", "./vips", "VIPS.CSV"] {
            let error = words(meant_as_file).unwrap_err();
            assert!(matches!(error, SettingsError::ProtectWord { .. }));
        }
        for pattern in ["ada@example.com", "*.csv@x", "example.com", "8a8b"] {
            assert_eq!(words(pattern).unwrap()[0], pattern);
        }
    }
}
