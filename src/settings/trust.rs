//! What a settings file may say that merely lies in the current folder, and that no flag or variable names.
//!
//! The folder may come from elsewhere, such as an archive or a repository. So the file must be one that only
//! this user, or the system's administrator, can have written, and even then it decides neither which program
//! runs nor where a secret goes.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::settings::{Layer, SettingsError, profile};

/// Lets a file be read that is not named, if only this user, or the system's administrator, can have
/// written it.
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
        Some("it belongs to another user")
    } else if file.mode() & WRITABLE_BY_OTHERS != 0 {
        Some("others may write it")
    } else {
        None
    }
}

/// Lets a layer be used by a command that signs in, if it says neither which program runs, nor where a
/// secret goes: by its address, by a part of it, or by who can listen on the way.
///
/// # Errors
/// [`SettingsError::Unnamed`] with the settings that need a file that is named.
pub(super) fn harmless(path: &Path, layer: &Layer) -> Result<(), SettingsError> {
    let own_profile = layer.profile.as_deref();
    let settings = [
        ("token-command", layer.token_command.is_some()),
        ("scim-url", layer.scim_url.is_some()),
        ("auth-url", layer.auth_url.is_some()),
        ("oauth-url", layer.oauth_url.is_some()),
        ("token-url", layer.token_url.is_some()),
        ("device-url", layer.device_url.is_some()),
        ("regions", layer.regions.is_some()),
        ("places", layer.places.is_some()),
        (
            "profile",
            own_profile.is_some_and(|name| profile::builtin(name).is_none()),
        ),
        (
            "proxy",
            layer.proxy.as_deref().is_some_and(|to| to != "none"),
        ),
        ("ca-file", layer.ca_file.is_some()),
        ("allow-http", layer.allow_http == Some(true)),
    ];
    let needing = settings.into_iter().filter(|(_, is_set)| *is_set);
    let settings: Vec<_> = needing.map(|(name, _)| name).collect();
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
    fn only_a_file_that_is_ours_alone_is_obeyed_unasked() {
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
