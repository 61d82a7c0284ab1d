//! Reads the `Authorization` header.
//!
//! The token service and the SCIM API accept different schemes, so this only returns what was sent. It must
//! not decide whether it is valid.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The credential of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ShownCredential {
    /// `AnaplanAuthToken VALUE`.
    Token(String),
    /// `Bearer VALUE`.
    Bearer(String),
    /// `Basic base64(user:password)`.
    Basic {
        /// The part before the first colon.
        username: String,
        /// The rest.
        password: String,
    },
    /// `CACertificate CERTIFICATE`, in base64.
    Certificate(String),
}

/// The credential of a request; `None` if the header is missing, malformed or of another scheme.
pub(crate) fn read(headers: &HeaderMap) -> Option<ShownCredential> {
    let (scheme, value) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let value = value.trim();
    if value.is_empty() {
        return None;
    }
    if scheme.eq_ignore_ascii_case("AnaplanAuthToken") {
        return Some(ShownCredential::Token(value.to_owned()));
    }
    if scheme.eq_ignore_ascii_case("Bearer") {
        return Some(ShownCredential::Bearer(value.to_owned()));
    }
    if scheme.eq_ignore_ascii_case("CACertificate") {
        return Some(ShownCredential::Certificate(value.to_owned()));
    }
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
    let (username, password) = pair.split_once(':')?;
    Some(ShownCredential::Basic {
        username: username.to_owned(),
        password: password.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(header: &'static str) -> Option<ShownCredential> {
        read(&HeaderMap::from_iter([(
            AUTHORIZATION,
            header.parse().unwrap(),
        )]))
    }

    #[test]
    fn schemes_are_read_in_upper_and_lower_case() {
        assert_eq!(
            of("AnaplanAuthToken abc"),
            Some(ShownCredential::Token("abc".to_owned()))
        );
        assert_eq!(
            of("bearer abc"),
            Some(ShownCredential::Bearer("abc".to_owned()))
        );
        let basic = ShownCredential::Basic {
            username: "a".to_owned(),
            password: "b:c".to_owned(),
        };
        assert_eq!(of("BASIC YTpiOmM="), Some(basic));
    }

    #[test]
    fn anything_else_is_no_credential() {
        for header in [
            "Basic",
            "Basic !!!",
            "Basic YWJj",
            "Digest abc",
            "AnaplanAuthToken ",
        ] {
            assert_eq!(of(header), None, "{header}");
        }
        assert_eq!(read(&HeaderMap::new()), None);
    }
}
