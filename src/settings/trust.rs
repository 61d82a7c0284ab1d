//! Whether a settings file that merely lies in the current folder may be obeyed. It may name the program
//! that prints a token, and the service that gets the password.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::settings::SettingsError;

/// Lets a file be read that nobody named, if only this user, or the system's administrator, can have
/// written it.
///
/// # Errors
/// [`SettingsError::Untrusted`] with the reason, or [`SettingsError::Read`].
pub(super) fn check(path: &Path) -> Result<(), SettingsError> {
    let file = std::fs::metadata(path).map_err(|source| SettingsError::Read {
        path: path.to_owned(),
        source,
    })?;
    let me = rustix::process::geteuid().as_raw();
    match objection(&file, me) {
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
    if ![me, ADMINISTRATOR].contains(&file.uid()) {
        Some("it belongs to another user")
    } else if file.mode() & WRITABLE_BY_OTHERS != 0 {
        Some("others may write it")
    } else {
        None
    }
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
            assert_eq!(check(&path).is_ok(), trusted, "{mode:o}");
        }
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let file = fs::metadata(&path).unwrap();
        let other = objection(&file, file.uid() + 1);
        // The administrator's own files are obeyed for everybody.
        assert_eq!(other.is_none(), file.uid() == 0);
    }
}
