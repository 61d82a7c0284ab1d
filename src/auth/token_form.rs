//! How a request carries its token: in which header, and after which word.

use secrecy::{ExposeSecret, SecretString};

use crate::http::{HeaderName, HeaderValue, header};

/// The form of a token in a request, such as `Authorization: Bearer TOKEN` (RFC 6750 §2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenForm {
    /// The header, `Authorization` nearly everywhere.
    pub header: HeaderName,
    /// The word before the token. If it is empty, the header holds only the token.
    pub scheme: String,
}

impl TokenForm {
    /// The `Authorization` header with this scheme.
    pub fn scheme(scheme: &str) -> Self {
        Self {
            header: header::AUTHORIZATION,
            scheme: scheme.to_owned(),
        }
    }

    /// The header's value with this token, marked sensitive; `None` if no header can carry it.
    pub(super) fn value(&self, token: &SecretString) -> Option<HeaderValue> {
        let token = token.expose_secret();
        if token.trim().is_empty() {
            return None;
        }
        let text = SecretString::from(if self.scheme.is_empty() {
            token.to_owned()
        } else {
            format!("{} {token}", self.scheme)
        });
        let mut value = HeaderValue::from_str(text.expose_secret()).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_follows_its_scheme_and_is_never_printed() {
        let token = SecretString::from("s3cret");
        let value = |scheme: &str| TokenForm::scheme(scheme).value(&token).unwrap();
        assert_eq!(value("AnaplanAuthToken"), "AnaplanAuthToken s3cret");
        assert_eq!(value(""), "s3cret");
        let shown = format!("{:?}", value("Bearer"));
        assert!(!shown.contains("s3cret"), "{shown}");
    }

    #[test]
    fn a_text_that_no_header_can_carry_is_refused() {
        for bad in ["", " ", "a\nb", "a\u{0}b"] {
            let value = TokenForm::scheme("Bearer").value(&bad.into());
            assert_eq!(value, None, "{bad:?}");
        }
    }
}
