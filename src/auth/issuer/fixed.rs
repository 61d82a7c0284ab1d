//! Credentials that no service issues: the given credential is sent with every request.
//!
//! They cannot be renewed. After a refusal the same one is shown once more, since a gateway may have
//! erred; a second refusal ends the run, as for every other kind.

use secrecy::SecretString;

use crate::auth::account::Account;
use crate::auth::redact::Secrets;

use super::Grant;

/// A credential that stays as it is: a password on every request (RFC 7617), a key, or a token from
/// elsewhere.
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
        secrets.given(&token);
        Self {
            shown: token,
            secrets,
        }
    }

    pub(super) fn ask(&self) -> Grant {
        Grant::Given(self.shown.clone(), None)
    }

    pub(super) fn secrets(&self) -> &Secrets {
        &self.secrets
    }
}
