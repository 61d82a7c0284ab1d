//! The settings file: found, read, and asked whether it may say what it says.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::domain::LedgerAddress;
use crate::settings::SettingsError;
use crate::settings::sources::{Layer, trust};

/// The file that is read if it is there and no other is named.
const DEFAULT_FILE: &str = "offboard.toml";

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
        let mut file = match named {
            Some(_) => File::open(path).map_err(|source| unreadable(path, source))?,
            None => trust::open(path)?,
        };
        let text = read_text(path, &mut file)?;
        let layer = Layer::parse(path, &text)?;
        if layer.provider.extends.is_some() {
            return Err(SettingsError::OnlyInProfile(path.to_owned()));
        }
        Ok(Self {
            layer: rebased(layer, path, &file),
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

fn unreadable(path: &Path, source: std::io::Error) -> SettingsError {
    SettingsError::Read {
        path: path.to_owned(),
        source,
    }
}

/// The text of a whole file.
pub(super) fn read_text(path: &Path, file: &mut File) -> Result<String, SettingsError> {
    let mut text = String::new();
    let read = file.read_to_string(&mut text);
    read.map_err(|source| unreadable(path, source))?;
    let mark = '\u{feff}'.len_utf8();
    Ok(if text.starts_with('\u{feff}') {
        text.split_off(mark)
    } else {
        text
    })
}

/// What a file says. The paths in it are relative to its folder, unless it is no file on a disk, such as what another
/// program prints.
pub(super) fn rebased(mut layer: Layer, path: &Path, file: &File) -> Layer {
    let is_on_disk = file.metadata().is_ok_and(|metadata| metadata.is_file());
    if let (true, Some(folder)) = (is_on_disk, path.parent()) {
        layer.rebase(folder);
    }
    layer
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
