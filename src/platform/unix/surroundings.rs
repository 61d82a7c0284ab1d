//! Where the program runs: folders of the user, the screen, the keyring, the shell.

use std::path::PathBuf;
use std::sync::Arc;

use keyring_core::CredentialStore;

/// The folder for what programs keep from run to run (XDG Base Directory Specification).
pub(crate) fn state_folder() -> Option<PathBuf> {
    let folder = |name| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local/state")))
}

/// Whether a window can be opened, such as that of a browser.
pub(crate) fn has_screen() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(target_os = "macos") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

/// Whether the terminal, if there is one, can move the cursor.
pub(crate) fn moves_cursor() -> bool {
    let kind = std::env::var("TERM").unwrap_or_default();
    !kind.is_empty() && kind != "dumb"
}

/// The line that sets a variable in the shell of the user.
pub(crate) fn set_variable(name: &str, value: &str) -> String {
    format!("export {name}={}", super::quoted(value))
}

/// The command with variables that are set for it alone.
pub(crate) fn with_variables<N: AsRef<str>>(set: &[(N, String)], command: &str) -> String {
    let set = set.iter();
    let set = set.map(|(name, value)| format!("{}={} ", name.as_ref(), super::quoted(value)));
    set.collect::<String>() + command
}

/// The keyring of the system.
///
/// # Errors
/// Why there is none, in words.
#[cfg(target_os = "linux")]
pub(crate) fn keyring_store() -> Result<Arc<CredentialStore>, String> {
    use linux_keyutils::{KeyRing, KeyRingIdentifier};
    // A process that no login has begun (cron, a container) has no keyring of its session. The kernel would make one
    // in the midst of the store's work, which would then search another.
    KeyRing::from_special_id(KeyRingIdentifier::Session, true)
        .map_err(|error| error.to_string())?;
    match linux_keyutils_keyring_store::Store::new() {
        Ok(store) => Ok(store),
        Err(error) => Err(error.to_string()),
    }
}

/// The keyring of the system.
///
/// # Errors
/// Why there is none, in words.
#[cfg(target_os = "macos")]
pub(crate) fn keyring_store() -> Result<Arc<CredentialStore>, String> {
    match apple_native_keyring_store::keychain::Store::new() {
        Ok(store) => Ok(store),
        Err(error) => Err(error.to_string()),
    }
}

/// The keyring of the system: none is known.
///
/// # Errors
/// Always.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(crate) fn keyring_store() -> Result<Arc<CredentialStore>, String> {
    Err("this system has none that is known".to_owned())
}
