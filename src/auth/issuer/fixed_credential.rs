//! Credentials that do not come from a sign-in service: the secret from the user is sent with each request.
//!
//! They cannot be renewed. After a refusal the same credential is sent once more, because a gateway may have
//! made a mistake; a second refusal ends the run, as with every other kind.

use secrecy::SecretString;

use crate::auth::account::Account;
use crate::auth::redact::Secrets;

use super::Grant;

/// A credential that does not change: a password on each request (RFC 7617), an API key, or a token that
/// the user got elsewhere.
#[derive(Debug)]
pub struct Fixed {
    shown: SecretString,
    secrets: Secrets,
}

impl Fixed {
    /// A user name and its password, for HTTP's Basic scheme.
    pub fn basic(account: &Account) -> Self {
        let secrets = Secrets::default();
        account.remember(&secrets);
        Self {
            shown: account.encoded().clone(),
            secrets,
        }
    }

    /// A token or key that does not change.
    pub fn token(token: SecretString) -> Self {
        let secrets = Secrets::default();
        secrets.remember_given(&token);
        Self {
            shown: token,
            secrets,
        }
    }

    pub(super) fn ask(&self) -> Grant {
        Grant::Issued(self.shown.clone(), None)
    }

    pub(super) fn secrets(&self) -> &Secrets {
        &self.secrets
    }
}
