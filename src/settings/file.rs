//! Settings and profiles as files: found, read, and made into layers.
//!
//! A file says where it is wrong and never what stands there, which may be a secret.

use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};

use toml::{Spanned, Value};

use crate::settings::{Layer, SecretKind, SettingsError, profile, trust};

/// The file that is read if it is there and no other is named.
const DEFAULT_FILE: &str = "offboard.toml";

/// A setting that means something where it is empty: no word before a token.
const MAY_BE_EMPTY: &str = "token-scheme";

/// The settings file, as it was read once.
#[derive(Debug, Clone, Default)]
pub struct SettingsFile {
    layer: Layer,
    path: Option<PathBuf>,
    is_named: bool,
}

impl SettingsFile {
    /// Reads the file that is named, or else `offboard.toml` in the current folder if it is there.
    ///
    /// # Errors
    /// The file cannot be read or is wrong, or it is not named and others could have written it.
    pub fn read(named: Option<&Path>) -> Result<Self, SettingsError> {
        let path = match named {
            Some(path) => path,
            None if Path::new(DEFAULT_FILE).exists() => Path::new(DEFAULT_FILE),
            None => return Ok(Self::default()),
        };
        let trusted = |metadata: std::io::Result<Metadata>| match named {
            Some(_) => Ok(()),
            None => trust::check(path, &metadata.map_err(|source| unreadable(path, source))?),
        };
        // To open what is no file may take for ever.
        trusted(std::fs::metadata(path))?;
        let file = File::open(path).map_err(|source| unreadable(path, source))?;
        // What is checked is what is read, whatever the name led to a moment before.
        trusted(file.metadata())?;
        Ok(Self {
            layer: read(path, file)?,
            path: Some(path.to_owned()),
            is_named: named.is_some(),
        })
    }

    /// The file, if there is one.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// What the file says.
    pub fn layer(&self) -> &Layer {
        &self.layer
    }

    /// Lets the file be used by a command that signs in.
    ///
    /// # Errors
    /// [`SettingsError::Unnamed`] if no flag or variable names the file, and it says which program runs, or
    /// where a secret goes.
    pub fn may_sign_in(&self) -> Result<(), SettingsError> {
        match &self.path {
            Some(path) if !self.is_named => trust::harmless(path, &self.layer),
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
        if let Some(text) = profile::builtin(name) {
            return Self::parse(Path::new(name), text);
        }
        if !is_profile_file(name) {
            return Err(SettingsError::UnknownProfile {
                name: name.to_owned(),
                known: profile::names().collect(),
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

    /// A setting that says how a command works, and nothing of a provider, if there is one: in a profile it
    /// would have no effect.
    fn no_part_of_a_profile(&self) -> Option<&'static str> {
        let settings = [
            ("profile", self.profile.is_some()),
            ("strict", self.strict.is_some()),
            ("no-lookup", self.no_lookup.is_some()),
            ("progress", self.progress.is_some()),
            ("redact", self.redact.is_some()),
            ("log-file", self.log_file.is_some()),
        ];
        let set = settings.into_iter().find(|(_, is_set)| *is_set);
        set.map(|(setting, _)| setting)
    }

    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, SettingsError> {
        let text = without_empty(text);
        toml::from_str(&text).map_err(|error| wrong(path, &text, &error))
    }
}

/// Whether a profile of this name is a file, and no built-in one.
fn is_profile_file(name: &str) -> bool {
    let path = Path::new(name);
    profile::builtin(name).is_none() && (path.extension().is_some() || name.contains('/'))
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
        rebase(&mut layer, folder);
    }
    Ok(layer)
}

/// Makes the relative paths of a layer relative to this folder.
fn rebase(layer: &mut Layer, folder: &Path) {
    if let Some(profile) = layer.profile.as_mut().filter(|name| is_profile_file(name)) {
        *profile = folder.join(&*profile).to_string_lossy().into_owned();
    }
    let single = [
        &mut layer.token_file,
        &mut layer.certificate_file,
        &mut layer.key_file,
        &mut layer.key_passphrase_file,
        &mut layer.client_secret_file,
        &mut layer.token_cache,
        &mut layer.password_file,
        &mut layer.ledger,
        &mut layer.proxy_password_file,
        &mut layer.ca_file,
        &mut layer.client_cert,
        &mut layer.client_key,
        &mut layer.log_file,
    ];
    let several = layer.protect_file.iter_mut().flatten();
    for path in single.into_iter().flatten().chain(several) {
        // Standard input has no folder.
        if path != Path::new("-") {
            *path = folder.join(&*path);
        }
    }
}

/// The same text, on the same lines, without the settings that are empty: they count as not set, as empty
/// variables do.
fn without_empty(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    // What is wrong as a whole is said when the layer is read.
    let table: BTreeMap<String, Spanned<Value>> = toml::from_str(text).unwrap_or_default();
    for (name, value) in table {
        let is_empty = match value.get_ref() {
            Value::String(text) => text.is_empty() && name != MAY_BE_EMPTY,
            Value::Array(items) => items.is_empty(),
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

/// Says where and why, and never what stands there: that may be a secret.
fn wrong(path: &Path, text: &str, error: &toml::de::Error) -> SettingsError {
    let start = error.span().map_or(0, |span| span.start);
    let before = text.get(..start).unwrap_or_default();
    let line = 1 + before.matches('\n').count();
    let words = text.lines().nth(line - 1).unwrap_or_default();
    let key = words.split('=').next().unwrap_or_default();
    let key = key.trim().to_ascii_lowercase();
    let setting = key.ends_with("-file") || key.starts_with("token-");
    let kinds = [
        ("passphrase", SecretKind::KeyPassphrase),
        ("pass", SecretKind::Password),
        ("token", SecretKind::Token),
        ("secret", SecretKind::ClientSecret),
    ];
    let kind = kinds.iter().find(|(word, _)| key.contains(word));
    let secret = kind.filter(|_| !setting).map(|(_, kind)| *kind);
    SettingsError::Parse {
        path: path.to_owned(),
        line,
        why: error.message().trim_end().replace('\n', ", "),
        secret,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_empty_is_not_set_and_lines_keep_their_numbers() {
        let text =
            "username = \"\"\nprotect = []\ncap = 3\nrate = \"\" # later\nscope = \"\"\"\n\"\"\"\n";
        let layer = Layer::parse(Path::new("f.toml"), text).unwrap();
        let expected = Layer {
            cap: Some(3),
            ..Layer::default()
        };
        assert_eq!(layer, expected);
        let error = Layer::parse(Path::new("f.toml"), &format!("{text}retries = 3\n"));
        assert!(error.unwrap_err().to_string().contains("line 7"));
        let scheme = Layer::parse(Path::new("f.toml"), "token-scheme = \"\"\n").unwrap();
        assert_eq!(scheme.token_scheme.as_deref(), Some(""));
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
        assert_eq!(layer.ledger, here("a/b.db"));
        assert_eq!(layer.log_file, here("log"));
        assert_eq!(layer.profile.as_ref().map(PathBuf::from), here("a.toml"));
        assert_eq!(layer.protect_file, here("vips").map(|path| vec![path]));
        assert_eq!(layer.ca_file.as_deref(), Some(Path::new("/etc/ca.pem")));
        assert_eq!(layer.password_file.as_deref(), Some(Path::new("-")));
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
    fn no_path_of_a_file_is_forgotten() {
        let mut layer = Layer::parse(Path::new("t"), &super::super::sources::all_set()).unwrap();
        rebase(&mut layer, Path::new("/folder"));
        let table = serde_json::to_value(&layer).unwrap();
        for (name, value) in table.as_object().unwrap() {
            let is_path = name.ends_with("-file")
                || ["ledger", "token-cache", "client-cert", "client-key"].contains(&name.as_str());
            let text = value.to_string();
            let is_absolute = text.starts_with("\"/") || text.starts_with("[\"/");
            assert_eq!(is_path, is_absolute, "{name}: {text}");
        }
    }
}
