//! Who signs in, and the forms in which that secret must never be shown.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

use crate::http::HeaderValue;

use super::form::TokenForm;
use super::redact::Secrets;

/// A user name and its password.
#[derive(Debug, Clone)]
pub struct Account {
    username: String,
    password: SecretString,
    /// `name:password` in base64, as HTTP carries it.
    encoded: SecretString,
}

/// A name or password that HTTP cannot carry. Its text holds neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// There is no user name.
    #[error("the user name is empty")]
    NoName,
    /// There is no password.
    #[error("the password is empty")]
    NoPassword,
    /// The name holds a `:`, which would be taken for its end (RFC 7617 §2).
    #[error("the user name holds a `:`")]
    Colon,
    /// A line end or another control character (RFC 7617 §2), perhaps from a file.
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

    /// Stores the texts that a provider may echo and that must never be shown.
    pub(super) fn remember(&self, secrets: &Secrets) {
        secrets.given(&self.password);
        secrets.given(&self.encoded);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_basic_cannot_carry_is_refused_without_being_shown() {
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
