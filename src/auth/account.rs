//! A user name with its password.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

use crate::http::HeaderValue;

use crate::auth::redact::Secrets;
use crate::auth::token_form::TokenForm;

/// A user name and its password.
#[derive(Debug, Clone)]
pub struct Account {
    username: String,
    password: SecretString,
    /// `name:password` in base64, as HTTP carries it.
    encoded: SecretString,
}

/// Why a name or password cannot be used. The message contains neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// There is no user name.
    #[error("the user name is empty")]
    NoName,
    /// There is no password.
    #[error("the password is empty")]
    NoPassword,
    /// The name contains a `:`, which ends the name in HTTP's Basic scheme (RFC 7617 §2).
    #[error("the user name holds a `:`")]
    Colon,
    /// One of them contains a control character (RFC 7617 §2), such as a line end from a file.
    #[error("the user name or the password holds a control character, such as a line end")]
    Control,
}

impl Account {
    /// An account for HTTP's Basic scheme (RFC 7617).
    ///
    /// # Errors
    /// [`AccountError`] if that scheme cannot carry the name or the password.
    pub fn new(username: impl Into<String>, password: SecretString) -> Result<Self, AccountError> {
        let username = username.into();
        let secret = password.expose_secret();
        if username.is_empty() {
            return Err(AccountError::NoName);
        }
        if secret.is_empty() {
            return Err(AccountError::NoPassword);
        }
        if username.contains(':') {
            return Err(AccountError::Colon);
        }
        if username.chars().chain(secret.chars()).any(char::is_control) {
            return Err(AccountError::Control);
        }
        let pair = SecretString::from(format!("{username}:{secret}"));
        let encoded = SecretString::from(STANDARD.encode(pair.expose_secret()));
        Ok(Self {
            username,
            password,
            encoded,
        })
    }

    /// The user name.
    pub fn username(&self) -> &str {
        &self.username
    }

    pub(super) fn basic(&self) -> HeaderValue {
        TokenForm::scheme("Basic")
            .value(&self.encoded)
            .expect("base64 is made of visible ASCII characters")
    }

    /// `name:password` in base64, as HTTP's Basic scheme shows it.
    pub(super) fn encoded(&self) -> &SecretString {
        &self.encoded
    }

    /// Adds the password, and its form in the header, to the secrets that are removed from texts.
    pub(super) fn remember(&self, secrets: &Secrets) {
        secrets.remember_given(&self.password);
        secrets.remember_given(&self.encoded);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_or_password_that_basic_cannot_carry_is_refused_and_not_printed() {
        for (name, password, expected) in [
            ("", "pw", AccountError::NoName),
            ("ada", "", AccountError::NoPassword),
            ("a:da", "pw", AccountError::Colon),
            ("ada", "pw\n", AccountError::Control),
        ] {
            let error = Account::new(name, password.into()).unwrap_err();
            assert_eq!(error, expected);
            assert!(!error.to_string().contains("pw"));
        }
    }

    #[test]
    fn the_header_is_basic_and_no_debug_text_shows_it() {
        let account = Account::new("ada@example.com", "hünter2".into()).unwrap();
        let header = account.basic();
        assert_eq!(header, "Basic YWRhQGV4YW1wbGUuY29tOmjDvG50ZXIy");
        let shown = format!("{account:?} {header:?}");
        assert!(
            !shown.contains("hünter2") && !shown.contains("YWRh"),
            "{shown}"
        );
    }
}
