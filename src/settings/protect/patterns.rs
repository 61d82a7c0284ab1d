//! Puts the protect list together from patterns and from files of patterns.

use std::path::{Path, PathBuf};

use crate::settings::SettingsError;
use crate::settings::protect::{list_file, pattern};

/// A pattern with one of these endings is rejected: a file was probably meant, and the pattern would protect no
/// user.
const FILES: [&str; 16] = [
    "txt", "text", "csv", "tsv", "list", "lst", "xls", "xlsx", "ods", "json", "toml", "yaml",
    "yml", "conf", "cfg", "dat",
];

/// All patterns: those that were given, and those on the lines of the files. Whether a file of a pattern's
/// name is in the current folder makes no difference.
///
/// # Errors
/// A pattern looks like a file or can name no user, or a file cannot be read, is empty, or has a line that
/// names no user.
pub(in crate::settings) fn patterns(
    words: Vec<String>,
    files: &[PathBuf],
) -> Result<Vec<String>, SettingsError> {
    let mut patterns = Vec::with_capacity(words.len());
    for word in words {
        if looks_like_a_file(&word) {
            return Err(SettingsError::ProtectWord { word });
        }
        let word = word.trim();
        pattern::check(word).map_err(|why| SettingsError::ProtectPattern {
            word: word.escape_debug().to_string(),
            why,
        })?;
        patterns.push(word.to_owned());
    }
    for path in files {
        let bytes = std::fs::read(path).map_err(|source| SettingsError::ReadProtect {
            path: path.clone(),
            source,
        })?;
        let read = list_file::read(&bytes).map_err(|wrong| SettingsError::ProtectLine {
            path: path.clone(),
            line: wrong.line,
            why: wrong.why,
        })?;
        if read.is_empty() {
            let path = path.clone();
            return Err(SettingsError::EmptyProtect { path });
        }
        patterns.extend(read);
    }
    Ok(patterns)
}

/// Whether a pattern is a path, or a file's name, with or without the sign before it by which other programs
/// know one.
fn looks_like_a_file(word: &str) -> bool {
    let name = word.trim();
    let name = name.strip_prefix('@').unwrap_or(name);
    let ending = Path::new(name)
        .extension()
        .and_then(|ending| ending.to_str());
    let known = ending.is_some_and(|ending| FILES.iter().any(|f| f.eq_ignore_ascii_case(ending)));
    known && !name.contains(['@', '*']) || name.contains(std::path::is_separator)
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
        for without_a_user in ["", "# none yet\n", "\n \n\u{feff}", "Email\n"] {
            let empty = patterns(Vec::new(), &[file("empty", without_a_user)]);
            let is_refused = matches!(
                empty,
                Err(SettingsError::EmptyProtect { .. } | SettingsError::ProtectLine { .. })
            );
            assert!(is_refused, "{without_a_user:?}");
        }
        let wrong = patterns(Vec::new(), &[file("wrong", "a@x.com\nb@x.com,Bob\n")]);
        assert!(wrong.unwrap_err().to_string().contains("line 2"));
        let missing = patterns(Vec::new(), &[dir.path().join("missing")]);
        assert!(matches!(missing, Err(SettingsError::ReadProtect { .. })));
    }

    #[test]
    fn p7_a_pattern_is_a_pattern_and_one_that_looks_like_a_file_is_an_error() {
        for meant_as_file in [
            "vips.txt",
            "lists/vips",
            "./vips",
            "VIPS.CSV",
            "@vips.txt",
            "@lists/vips",
        ] {
            let error = words(meant_as_file).unwrap_err();
            assert!(matches!(error, SettingsError::ProtectWord { .. }));
            assert!(error.hint().unwrap().contains("--protect-file"));
        }
        for pattern in ["ada@example.com", "*.csv@x.com", "example.com", "8a8b"] {
            assert_eq!(words(pattern).unwrap()[0], pattern);
        }
        for without_a_user in ["", " ", "# ada", "a@x.com; b@x.com", "a@x.com b@x.com"] {
            let error = words(without_a_user).unwrap_err();
            assert!(matches!(error, SettingsError::ProtectPattern { .. }));
        }
    }
}
