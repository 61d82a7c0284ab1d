//! Where the program runs: folders of the user, the screen, the keyring, the shell.

use std::path::PathBuf;
use std::sync::Arc;

use keyring_core::CredentialStore;

/// The folder for what programs keep from run to run, which does not move to other machines.
pub(crate) fn state_folder() -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os("LOCALAPPDATA")?);
    path.is_absolute().then_some(path)
}

/// Whether a window can be opened, such as that of a browser.
pub(crate) fn has_screen() -> bool {
    true
}

/// Whether the terminal, if there is one, can move the cursor. Each console of Windows 10 and later can.
pub(crate) fn moves_cursor() -> bool {
    std::env::var("TERM").map_or(true, |kind| kind != "dumb")
}

/// The line that sets a variable in PowerShell.
pub(crate) fn set_variable(name: &str, value: &str) -> String {
    format!("$env:{name} = '{}'", value.replace('\'', "''"))
}

/// The command after the lines that set its variables in PowerShell.
pub(crate) fn with_variables<N: AsRef<str>>(set: &[(N, String)], command: &str) -> String {
    let set = set.iter();
    let set = set.map(|(name, value)| set_variable(name.as_ref(), value) + "; ");
    set.collect::<String>() + command
}

/// The keyring of the system: the credential manager.
///
/// # Errors
/// Why there is none, in words.
pub(crate) fn keyring_store() -> Result<Arc<CredentialStore>, String> {
    match windows_native_keyring_store::Store::new() {
        Ok(store) => Ok(store),
        Err(error) => Err(error.to_string()),
    }
}
