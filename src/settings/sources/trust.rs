//! What a settings file may set that is read only because it is in the current folder: no flag and no variable
//! names it.
//!
//! The folder may come from elsewhere, such as an archive or a repository. So only this user, or the system's
//! administrator, may be able to write the file, and even then it decides neither which program runs nor where a
//! secret goes.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde_json::Value;

use crate::settings::SettingsError;
use crate::settings::declare::Trust;
use crate::settings::sources::Layer;

/// Refuses a file that is not named, unless only this user, or the system's administrator, can have written it.
///
/// # Errors
/// [`SettingsError::Untrusted`] with the reason.
pub(super) fn check(path: &Path, file: &Metadata) -> Result<(), SettingsError> {
    let me = rustix::process::geteuid().as_raw();
    match objection(file, me) {
        None => Ok(()),
        Some(why) => Err(SettingsError::Untrusted {
            path: path.to_owned(),
            why,
        }),
    }
}

fn objection(file: &Metadata, me: u32) -> Option<&'static str> {
    const ADMINISTRATOR: u32 = 0;
    const WRITABLE_BY_OTHERS: u32 = 0o022;
    if !file.is_file() {
        Some("it is no file")
    } else if ![me, ADMINISTRATOR].contains(&file.uid()) {
        Some("another user owns it")
    } else if file.mode() & WRITABLE_BY_OTHERS != 0 {
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
            let file = fs::metadata(&path).unwrap();
            assert_eq!(check(&path, &file).is_ok(), trusted, "{mode:o}");
        }
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let file = fs::metadata(&path).unwrap();
        let folder = fs::metadata(dir.path()).unwrap();
        assert_eq!(objection(&folder, folder.uid()), Some("it is no file"));
        let other = objection(&file, file.uid() + 1);
        // A file that root owns is trusted for every account.
        assert_eq!(other.is_none(), file.uid() == 0);
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
