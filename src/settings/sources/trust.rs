//! What a settings file may set that is read only because it is in the current folder: no flag and no variable
//! names it.
//!
//! The folder may come from elsewhere, such as an archive or a repository. So only this user, or the system's
//! administrator, may be able to write the file, and even then it decides neither which program runs nor where a
//! secret goes.

use std::fs::File;
use std::path::Path;

use serde_json::Value;

use crate::platform::{self, FileAccess, FileOwner};
use crate::settings::SettingsError;
use crate::settings::declare::Trust;
use crate::settings::sources::Layer;

/// Opens a file that is not named, if only this user, or the system's administrator, can have written it.
///
/// # Errors
/// [`SettingsError::Untrusted`] with the reason, or [`SettingsError::Read`].
pub(super) fn open(path: &Path) -> Result<File, SettingsError> {
    let unreadable = |source| SettingsError::Read {
        path: path.to_owned(),
        source,
    };
    // To open what is no file may take for ever.
    if !path.metadata().map_err(unreadable)?.is_file() {
        return Err(untrusted(path, NO_FILE));
    }
    let file = File::open(path).map_err(unreadable)?;
    // What is checked is what is read, whatever the name led to a moment before.
    let is_file = file.metadata().map_err(unreadable)?.is_file();
    let access = platform::file_access(&file).map_err(unreadable)?;
    match objection(is_file, access) {
        None => Ok(file),
        Some(why) => Err(untrusted(path, why)),
    }
}

const NO_FILE: &str = "it is no file";

fn untrusted(path: &Path, why: &'static str) -> SettingsError {
    SettingsError::Untrusted {
        path: path.to_owned(),
        why,
    }
}

fn objection(is_file: bool, access: FileAccess) -> Option<&'static str> {
    if !is_file {
        Some(NO_FILE)
    } else if access.owner == FileOwner::Another {
        Some("another user owns it")
    } else if access.others_may_write {
        Some("others may write it")
    } else {
        None
    }
}

/// Refuses the layer of such a file for a command that signs in, if it says which program runs, or where a secret
/// goes: by its address, by a part of it, or by who can read it on the network.
///
/// # Errors
/// [`SettingsError::Unnamed`] with the settings that need a file that is named.
pub(super) fn harmless(path: &Path, layer: &Layer) -> Result<(), SettingsError> {
    let table = layer.table();
    let needs_a_name = |trust: Trust, value: &Value| match trust {
        Trust::Any => false,
        Trust::Named | Trust::Host => true,
        Trust::NamedIf(is_meant) => is_meant(value),
    };
    let settings = Layer::declared().into_iter().filter(|setting| {
        let value = table.get(&setting.key).filter(|value| !value.is_null());
        value.is_some_and(|value| needs_a_name(setting.facts.trust, value))
    });
    let settings: Vec<_> = settings.map(|setting| setting.key).collect();
    if settings.is_empty() {
        return Ok(());
    }
    Err(SettingsError::Unnamed {
        path: path.to_owned(),
        settings,
    })
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn only_a_file_that_no_other_user_can_write_is_read_unnamed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("offboard.toml");
        fs::write(&path, "").unwrap();
        for (mode, trusted) in [
            (0o600, true),
            (0o644, true),
            (0o664, false),
            (0o666, false),
            (0o602, false),
        ] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert_eq!(open(&path).is_ok(), trusted, "{mode:o}");
        }
        assert!(open(dir.path()).is_err());
        // A file that the administrator owns is trusted for every account.
        for (owner, expected) in [
            (FileOwner::Me, None),
            (FileOwner::Administrator, None),
            (FileOwner::Another, Some("another user owns it")),
        ] {
            let access = FileAccess {
                owner,
                others_may_read: true,
                others_may_write: false,
            };
            assert_eq!(objection(true, access), expected);
            assert_eq!(objection(false, access), Some(NO_FILE));
        }
    }

    #[test]
    fn p10_what_decides_where_a_secret_goes_needs_a_file_that_is_named() {
        let path = Path::new("offboard.toml");
        for (text, needs) in [
            ("token-command = \"sh\"", true),
            ("notify-command = \"sh\"", true),
            ("scim-url = \"https://x.example\"", true),
            ("auth-url = \"https://x.example\"", true),
            ("oauth-url = \"https://x.example\"", true),
            ("token-url = \"https://x.example\"", true),
            ("device-url = \"https://x.example\"", true),
            ("[[regions]]\ncodes = [\"a\"]", true),
            ("[places]\nhost = \"x.example\"", true),
            ("profile = \"own.toml\"", true),
            ("profile = \"rfc7644\"", false),
            ("proxy = \"http://x.example\"", true),
            ("proxy = \"none\"", false),
            ("ca-file = \"ca.pem\"", true),
            ("allow-http = true", true),
            ("allow-http = false", false),
            ("region = \"us9\"\nusername = \"a@x.com\"\ncap = 3", false),
        ] {
            let layer = Layer::parse(path, text).unwrap();
            let refused = harmless(path, &layer);
            assert_eq!(refused.is_err(), needs, "{text}");
            if let Err(error) = refused {
                assert!(error.hint().unwrap().contains("--config offboard.toml"));
            }
        }
    }
}
