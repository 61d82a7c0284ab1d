//! The keyring of the system: the kernel's on Linux, the keychain on macOS, the credential manager on Windows.
//!
//! It keeps the secret of one account at one provider, from when it has signed in until it is refused.

use keyring_core::{Entry, Error};
use secrecy::{ExposeSecret, SecretString};

use crate::platform;
use crate::settings::{Connection, SecretKind};

/// The name under which all entries of this program are kept.
const SERVICE: &str = "offboard";

/// The keyring cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the keyring of the system cannot be used (`--password-keyring`): {0}")]
pub(super) struct KeyringError(String);

impl From<Error> for KeyringError {
    fn from(error: Error) -> Self {
        // Two of the errors hold the secret itself.
        Self(match error {
            Error::BadEncoding(_) | Error::BadDataFormat(_, _) => {
                "what it holds is no text".to_owned()
            }
            other => other.to_string(),
        })
    }
}

/// The secret that is kept; `None` if there is none.
pub(super) fn kept(
    kind: SecretKind,
    connection: &Connection,
) -> Result<Option<SecretString>, KeyringError> {
    match entry(kind, connection)?.get_password() {
        Ok(secret) => Ok(Some(secret.into())),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Keeps a secret that has signed in.
pub(super) fn keep(
    kind: SecretKind,
    connection: &Connection,
    secret: &SecretString,
) -> Result<(), KeyringError> {
    Ok(entry(kind, connection)?.set_password(secret.expose_secret())?)
}

/// Forgets a secret that was refused.
pub(super) fn forget(kind: SecretKind, connection: &Connection) -> Result<(), KeyringError> {
    match entry(kind, connection)?.delete_credential() {
        Ok(()) | Err(Error::NoEntry) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The entry of this kind of secret, for this account at this provider.
fn entry(kind: SecretKind, connection: &Connection) -> Result<Entry, KeyringError> {
    if keyring_core::get_default_store().is_none() {
        keyring_core::set_default_store(platform::keyring_store().map_err(KeyringError)?);
    }
    let account = connection.sign_in.account();
    let user = format!(
        "{} of {account} at {}",
        kind.name(),
        connection.scim.as_str()
    );
    Ok(Entry::new(SERVICE, &user)?)
}
