//! Settings and profiles as files: found, read, and made into layers.
//!
//! An error names the line that is wrong and never shows it, because it may hold a secret.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use crate::domain::LedgerAddress;
use crate::settings::declare::SettingScope;
use crate::settings::sources::{Layer, built_in, trust};
use crate::settings::{Declared, SecretKind, SettingsError};

/// The file that is read if it is there and no other is named.
const DEFAULT_FILE: &str = "offboard.toml";

/// How many names are offered for one that is unknown.
const OFFERED: usize = 3;

/// The settings file, as it was read once.
#[derive(Debug, Clone, Default)]
pub(crate) struct SettingsFile {
    layer: Layer,
    path: Option<PathBuf>,
    is_named: bool,
}

impl SettingsFile {
    /// Reads the file that is named, or else `offboard.toml` in the current folder if it is there.
    ///
    /// # Errors
    /// The file cannot be read or is wrong, or it is not named and others could have written it.
    pub(crate) fn read(named: Option<&Path>) -> Result<Self, SettingsError> {
        let path = match named {
            Some(path) => path,
            None if Path::new(DEFAULT_FILE).exists() => Path::new(DEFAULT_FILE),
            None => return Ok(Self::default()),
        };
        let file = match named {
            Some(_) => File::open(path).map_err(|source| unreadable(path, source))?,
            None => trust::open(path)?,
        };
        Ok(Self {
            layer: read(path, file)?,
            path: Some(path.to_owned()),
            is_named: named.is_some(),
        })
    }

    /// The file, if there is one.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// What the file says.
    pub(crate) fn layer(&self) -> &Layer {
        &self.layer
    }

    /// Lets the file be used by a command that signs in.
    ///
    /// # Errors
    /// [`SettingsError::Unnamed`] if no flag or variable names the file, and it says which program runs, or
    /// where a secret goes.
    pub(crate) fn may_sign_in(&self) -> Result<(), SettingsError> {
        match &self.path {
            Some(path) if !self.is_named => trust::harmless(path, &self.layer),
            _ => Ok(()),
        }
    }

    /// Lets the file name the ledger of a command that does not sign in.
    ///
    /// # Errors
    /// [`SettingsError::Unnamed`] if no flag or variable names the file, and the ledger is in a database: names of users,
    /// and the password of the database, would go there.
    pub(crate) fn may_name_ledger(&self) -> Result<(), SettingsError> {
        match (&self.path, &self.layer.files.ledger) {
            (Some(path), Some(LedgerAddress::Database(_))) if !self.is_named => {
                Err(SettingsError::Unnamed {
                    path: path.clone(),
                    settings: vec!["ledger".to_owned()],
                })
            }
            _ => Ok(()),
        }
    }
}

impl Layer {
    /// A profile: a built-in one by name, or a file.
    ///
    /// # Errors
    /// There is no such profile, or its file cannot be read or is wrong.
    pub fn profile(name: &str) -> Result<Self, SettingsError> {
        if let Some(text) = built_in::builtin(name) {
            return Self::parse(Path::new(name), text);
        }
        if !is_profile_file(name) {
            return Err(SettingsError::UnknownProfile {
                name: name.to_owned(),
                known: built_in::names().collect(),
            });
        }
        let path = Path::new(name);
        let file = File::open(path).map_err(|source| unreadable(path, source))?;
        let layer = read(path, file)?;
        match layer.no_part_of_a_profile() {
            Some(setting) => Err(SettingsError::NoPart {
                path: path.to_owned(),
                setting,
            }),
            None => Ok(layer),
        }
    }

    /// A setting that says how a command works, and nothing about a provider, if there is one: in a profile it
    /// would have no effect.
    fn no_part_of_a_profile(&self) -> Option<String> {
        let table = self.table();
        let is_set = |key: &str| table.get(key).is_some_and(|value| !value.is_null());
        let mut all = Self::declared().into_iter();
        let set = all.find(|one| one.facts.scope != SettingScope::Job && is_set(&one.key));
        set.map(|one| one.key)
    }

    /// Reads the text of a settings file or a profile. `path` is what an error names.
    ///
    /// # Errors
    /// `SettingsError::UnknownKey` or `SettingsError::Parse`.
    pub fn parse(path: &Path, text: &str) -> Result<Self, SettingsError> {
        let all = Self::declared();
        let text = without_empty(text, &all);
        known_keys(path, &text, &all)?;
        Self::read(&text).map_err(|error| wrong(path, &text, &error))
    }
}

/// Refuses a key that no setting has.
fn known_keys(path: &Path, text: &str, all: &[Declared]) -> Result<(), SettingsError> {
    let table = DeTable::parse(text).map_err(|error| wrong(path, text, &error))?;
    let mut unknown: Vec<_> = table
        .get_ref()
        .keys()
        .filter(|key| all.iter().all(|setting| setting.key != *key.get_ref()))
        .collect();
    unknown.sort_by_key(|key| key.span().start);
    let Some(key) = unknown.first() else {
        return Ok(());
    };
    let name = key.get_ref().escape_debug().to_string();
    let line = line_of(text, key.span().start);
    let mut near: Vec<_> = all
        .iter()
        .map(|setting| (strsim::jaro_winkler(&name, &setting.key), &setting.key))
        .filter(|(likeness, _)| *likeness > 0.75)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    Err(SettingsError::UnknownKey {
        path: path.to_owned(),
        line,
        near: near
            .into_iter()
            .take(OFFERED)
            .map(|(_, key)| key.clone())
            .collect(),
        secret: secret_on(text, line),
        key: name,
    })
}

/// Whether a profile of this name is a file, and no built-in one.
pub(in crate::settings) fn is_profile_file(name: &str) -> bool {
    let path = Path::new(name);
    built_in::builtin(name).is_none()
        && (path.extension().is_some() || name.contains(std::path::is_separator))
}

fn unreadable(path: &Path, source: std::io::Error) -> SettingsError {
    SettingsError::Read {
        path: path.to_owned(),
        source,
    }
}

/// Reads a whole file. The paths in it are relative to its folder, unless it is no file on a disk, such as
/// what another program prints.
fn read(path: &Path, mut file: File) -> Result<Layer, SettingsError> {
    let mut text = String::new();
    let read = file.read_to_string(&mut text);
    read.map_err(|source| unreadable(path, source))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut layer = Layer::parse(path, text)?;
    let is_on_disk = file.metadata().is_ok_and(|metadata| metadata.is_file());
    if let (true, Some(folder)) = (is_on_disk, path.parent()) {
        layer.rebase(folder);
    }
    Ok(layer)
}

/// The same text, on the same lines, without the settings that are empty: they count as not set, as empty
/// variables do.
fn without_empty(text: &str, all: &[Declared]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    // A text that is no TOML is refused when the layer is read.
    let Ok(table) = DeTable::parse(text) else {
        return text.to_owned();
    };
    for (name, value) in table.get_ref() {
        let counts =
            |setting: &Declared| setting.key == *name.get_ref() && setting.facts.may_be_empty;
        let is_empty = match value.get_ref() {
            DeValue::String(text) => text.is_empty() && !all.iter().any(counts),
            DeValue::Array(items) => items.is_empty(),
            _ => false,
        };
        let span = value.span();
        if let (true, Some(before)) = (is_empty, text.get(..span.start)) {
            let start = before.rfind('\n').map_or(0, |end| end + 1);
            let setting = bytes.get_mut(start..span.end).unwrap_or_default();
            setting
                .iter_mut()
                .filter(|byte| !matches!(byte, b'\n' | b'\r'))
                .for_each(|byte| *byte = b' ');
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// Says where and why, and never shows the line, which may hold a secret.
fn wrong(path: &Path, text: &str, error: &toml::de::Error) -> SettingsError {
    let line = line_of(text, error.span().map_or(0, |span| span.start));
    SettingsError::Parse {
        path: path.to_owned(),
        line,
        why: error.message().trim_end().replace('\n', ", "),
        secret: secret_on(text, line),
    }
}

/// The line of a byte, from 1.
fn line_of(text: &str, byte: usize) -> usize {
    let before = text.get(..byte).unwrap_or_default();
    1 + before.matches('\n').count()
}

/// The secret that a line seems to hold, by its key.
fn secret_on(text: &str, line: usize) -> Option<SecretKind> {
    let words = text.lines().nth(line - 1).unwrap_or_default();
    let key = words.split('=').next().unwrap_or_default();
    let key = key.trim().to_ascii_lowercase();
    if key.ends_with("-file") || key.starts_with("token-") {
        return None;
    }
    let kinds = [
        ("passphrase", SecretKind::KeyPassphrase),
        ("pass", SecretKind::Password),
        ("token", SecretKind::Token),
        ("secret", SecretKind::ClientSecret),
    ];
    let kind = kinds.iter().find(|(word, _)| key.contains(word));
    kind.map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_is_not_set_and_lines_keep_their_numbers() {
        let text =
            "username = \"\"\nprotect = []\ncap = 3\nrate = \"\" # later\nscope = \"\"\"\n\"\"\"\n";
        let layer = Layer::parse(Path::new("f.toml"), text).unwrap();
        let mut expected = Layer::default();
        expected.rails.cap = Some(3);
        assert_eq!(layer, expected);
        let error = Layer::parse(Path::new("f.toml"), &format!("{text}retries = 3\n"));
        assert!(error.unwrap_err().to_string().contains("line 7"));
        let scheme = Layer::parse(Path::new("f.toml"), "token-scheme = \"\"\n").unwrap();
        assert_eq!(scheme.sign_in.token_scheme.as_deref(), Some(""));
    }

    #[test]
    fn the_paths_of_a_file_are_relative_to_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("own.toml");
        std::fs::write(
            &path,
            "\u{feff}profile = \"a.toml\"\nledger = \"a/b.db\"\nca-file = \"/etc/ca.pem\"\n\
             password-file = \"-\"\nprotect-file = [\"vips\"]\nlog-file = \"log\"\n",
        )
        .unwrap();
        let file = SettingsFile::read(Some(&path)).unwrap();
        let here = |name: &str| Some(dir.path().join(name));
        let layer = file.layer();
        assert_eq!(
            layer.files.ledger,
            Some((&dir.path().join("a/b.db")).into())
        );
        assert_eq!(layer.log.log_file, here("log"));
        assert_eq!(
            layer
                .files
                .profile
                .as_ref()
                .map(|name| PathBuf::from(&name.0)),
            here("a.toml")
        );
        assert_eq!(
            layer.rails.protect_file,
            here("vips").map(|path| vec![path])
        );
        assert_eq!(
            layer.network.ca_file.as_deref(),
            Some(Path::new("/etc/ca.pem"))
        );
        assert_eq!(layer.sign_in.password_file.as_deref(), Some(Path::new("-")));
    }

    #[test]
    fn a_profile_says_nothing_of_how_a_command_works() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("own.toml");
        for setting in [
            "profile = \"slack\"",
            "strict = true",
            "no-lookup = false",
            "progress = \"off\"",
            "redact = true",
            "log-file = \"log\"",
        ] {
            std::fs::write(&path, format!("cap = 3\n{setting}\n")).unwrap();
            let error = Layer::profile(path.to_str().unwrap()).unwrap_err();
            assert!(matches!(error, SettingsError::NoPart { .. }), "{error}");
        }
    }

    #[test]
    fn an_unknown_key_is_answered_with_the_nearest_ones() {
        for (text, near) in [
            ("cap = 1\nuser-name = \"a\"", Some("username")),
            ("cap = 1\nprotected = [\"a\"]", Some("protect")),
            ("cap = 1\nmax-attempt = 3", Some("max-attempts")),
            ("cap = 1\nfrobnicate = 3", None),
        ] {
            let error = Layer::parse(Path::new("f.toml"), text).unwrap_err();
            let SettingsError::UnknownKey {
                line, near: found, ..
            } = &error
            else {
                panic!("{error}");
            };
            assert_eq!(*line, 2);
            assert_eq!(found.first().map(String::as_str), near, "{text}");
            assert!(found.len() <= OFFERED, "{found:?}");
        }
    }
}
