//! Reads the `Authorization` header.
//!
//! The token service and the SCIM surface accept different schemes, so this only says what was
//! sent. It must not decide whether it is right.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What a request shows to prove who sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Credential {
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

/// The credential of a request; none if the header is missing, malformed or of another scheme.
pub(crate) fn read(headers: &HeaderMap) -> Option<Credential> {
    let (scheme, value) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let value = value.trim();
    if value.is_empty() {
        return None;
    }
    if scheme.eq_ignore_ascii_case("AnaplanAuthToken") {
        return Some(Credential::Token(value.to_owned()));
    }
    if scheme.eq_ignore_ascii_case("Bearer") {
        return Some(Credential::Bearer(value.to_owned()));
    }
    if scheme.eq_ignore_ascii_case("CACertificate") {
        return Some(Credential::Certificate(value.to_owned()));
    }
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
    let (username, password) = pair.split_once(':')?;
    Some(Credential::Basic {
        username: username.to_owned(),
        password: password.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(header: &'static str) -> Option<Credential> {
        read(&HeaderMap::from_iter([(
            AUTHORIZATION,
            header.parse().unwrap(),
        )]))
    }

    #[test]
    fn schemes_are_told_apart_in_any_case() {
        assert_eq!(
            of("AnaplanAuthToken abc"),
            Some(Credential::Token("abc".to_owned()))
        );
        assert_eq!(of("bearer abc"), Some(Credential::Bearer("abc".to_owned())));
        let basic = Credential::Basic {
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
