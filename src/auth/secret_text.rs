//! Reads a secret from the text of a file, a variable, a program or a person. Text around the secret, such
//! as `Bearer` or a line end, is removed if it cannot be part of the secret; otherwise the text is refused
//! with the reason.
//!
//! All sources use this, so the same text gives the same secret wherever it comes from. No error and no
//! note contains a piece of the secret.

use secrecy::{ExposeSecret, SecretString};

use crate::domain::{TextFault, plain_text};

use crate::auth::token_form::TokenForm;

/// What kind of text a secret is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SecretShape<'a> {
    /// A password, or another secret that people choose: any text on one line.
    Password,
    /// A token that requests carry in this form.
    Token(&'a TokenForm),
}

/// A secret, and the text that was removed before it.
#[derive(Debug, Clone)]
pub(crate) struct ParsedSecret {
    /// The secret.
    pub secret: SecretString,
    /// What was before it and is not part of it, such as `Bearer`.
    pub left_out: Option<String>,
}

/// Why a text cannot be used as a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SecretFault {
    /// The bytes are not plain text.
    #[error(transparent)]
    Text(#[from] TextFault),
    /// The text is empty.
    #[error("it is empty")]
    Empty,
    /// There is more than one line.
    #[error("it holds more than one line")]
    Lines,
    /// It begins like the line of an HTTP header.
    #[error("it begins with `{0}`, as the line of a header does: give what follows alone")]
    Header(&'static str),
    /// It begins with the word of another scheme than the one that requests use.
    #[error(
        "it begins with `{found}`, and tokens are sent behind `{wanted}`: give what follows alone, or \
         the word with `--token-scheme`"
    )]
    Scheme {
        /// The word.
        found: &'static str,
        /// The scheme in use.
        wanted: String,
    },
    /// It is JSON, such as the answer of a token service.
    #[error("it is JSON: give the value of the token alone")]
    Json,
    /// It is in quotes, which are not part of a token.
    #[error("it stands in quotes: give what is between them")]
    Quotes,
    /// It contains a blank, which no token of RFC 6750 §2.1 does.
    #[error("it holds a blank, and a token has none")]
    Blank,
    /// It contains a character that no header can carry.
    #[error("it holds a character that no header can carry")]
    Unsendable,
}

/// The words before credentials in headers.
const SCHEMES: [&str; 8] = [
    "Bearer",
    "Basic",
    "Token",
    "SSWS",
    "ApiKey",
    "AnaplanAuthToken",
    "Negotiate",
    "Digest",
];

/// The words before credentials in headers that hardly ever begin a password of two words.
const BEFORE_SECRETS: [&str; 2] = ["Bearer", "Basic"];

/// The beginning of the line of a header.
const HEADER: &str = "Authorization:";

/// Reads a secret of this shape.
///
/// # Errors
/// [`SecretFault`].
pub(crate) fn parse_secret(
    bytes: &[u8],
    shape: SecretShape<'_>,
) -> Result<ParsedSecret, SecretFault> {
    let text = SecretString::from(plain_text(bytes)?);
    let text = text.expose_secret();
    match shape {
        SecretShape::Password => password(text),
        SecretShape::Token(form) => token(text, form),
    }
}

/// Reads a password. Blanks may be part of it; the end of the line is not.
fn password(text: &str) -> Result<ParsedSecret, SecretFault> {
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.trim().is_empty() {
        return Err(SecretFault::Empty);
    }
    if secret.contains(['\r', '\n']) {
        return Err(SecretFault::Lines);
    }
    if after(secret, HEADER).is_some() {
        return Err(SecretFault::Header(HEADER));
    }
    let one_more = |word: &&&str| {
        let rest = behind(secret, word);
        rest.is_some_and(|rest| !rest.trim_end().contains(char::is_whitespace))
    };
    if let Some(word) = BEFORE_SECRETS.iter().find(one_more) {
        return Err(SecretFault::Header(word));
    }
    Ok(ParsedSecret {
        secret: secret.into(),
        left_out: None,
    })
}

fn token(text: &str, form: &TokenForm) -> Result<ParsedSecret, SecretFault> {
    let whole = text.trim();
    if whole.contains(['\r', '\n']) {
        return Err(SecretFault::Lines);
    }
    let header = format!("{}:", form.header);
    let mut rest = after(whole, &header).unwrap_or(whole);
    while let Some(inner) = behind(rest, &form.scheme) {
        rest = inner;
    }
    if rest.is_empty() || rest.eq_ignore_ascii_case(&form.scheme) {
        return Err(SecretFault::Empty);
    }
    if after(rest, HEADER).is_some() {
        return Err(SecretFault::Header(HEADER));
    }
    let other = SCHEMES.iter().find(|word| behind(rest, word).is_some());
    if let (Some(found), false) = (other, form.scheme.is_empty()) {
        return Err(SecretFault::Scheme {
            found,
            wanted: form.scheme.clone(),
        });
    }
    if rest.starts_with(['{', '[']) {
        return Err(SecretFault::Json);
    }
    if rest.len() > 1
        && ['"', '\'']
            .iter()
            .any(|quote| rest.starts_with(*quote) && rest.ends_with(*quote))
    {
        return Err(SecretFault::Quotes);
    }
    if form.scheme.eq_ignore_ascii_case("Bearer") && rest.contains(char::is_whitespace) {
        return Err(SecretFault::Blank);
    }
    let secret = SecretString::from(rest);
    if !rest.is_ascii() || form.value(&secret).is_none() {
        return Err(SecretFault::Unsendable);
    }
    // Only the header's name and the scheme can be before the token.
    let before = whole[..whole.len() - rest.len()].trim();
    Ok(ParsedSecret {
        secret,
        left_out: (!before.is_empty()).then(|| before.to_owned()),
    })
}

/// The text after `name`, which may be in any case, and after the blanks that follow.
fn after<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(name.len())?;
    start.eq_ignore_ascii_case(name).then(|| rest.trim_start())
}

/// The text after `word`, which may be in any case, and after at least one blank.
fn behind<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let rest = (!word.is_empty()).then(|| after(text, word))??;
    let parted = text.len() > word.len() + rest.len();
    (parted && !rest.is_empty()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::http::HeaderName;

    fn bearer() -> TokenForm {
        TokenForm::scheme("Bearer")
    }

    fn read(text: &str, shape: SecretShape<'_>) -> Result<String, SecretFault> {
        let read = parse_secret(text.as_bytes(), shape)?;
        let left_out = read.left_out.map(|before| format!("({before}) "));
        Ok(left_out.unwrap_or_default() + read.secret.expose_secret())
    }

    #[test]
    fn only_the_line_end_is_removed_from_a_password() {
        for (text, expected) in [
            ("s3cret\n", "s3cret"),
            ("\u{feff}s3cret\r\n", "s3cret"),
            (" a b \r\n", " a b "),
            ("Bearer of bad news", "Bearer of bad news"),
            ("BasicX 1", "BasicX 1"),
            ("{\"\"}", "{\"\"}"),
        ] {
            assert_eq!(read(text, SecretShape::Password).as_deref(), Ok(expected));
        }
        for (text, expected) in [
            ("", SecretFault::Empty),
            ("\u{feff}\n", SecretFault::Empty),
            ("  \n", SecretFault::Empty),
            ("one\ntwo\n", SecretFault::Lines),
            (
                "authorization: Basic YTpi",
                SecretFault::Header("Authorization:"),
            ),
            ("Basic YTpi", SecretFault::Header("Basic")),
            ("bearer s3cret", SecretFault::Header("Bearer")),
        ] {
            assert_eq!(read(text, SecretShape::Password), Err(expected), "{text:?}");
        }
        assert!(matches!(
            read("s3cret\u{a0}", SecretShape::Password),
            Err(SecretFault::Text(_))
        ));
    }

    #[test]
    fn header_and_scheme_before_a_token_are_removed() {
        let bearer = bearer();
        for (text, expected) in [
            ("t0ken\n", "t0ken"),
            ("\n  t0ken \r\n\n", "t0ken"),
            ("Bearer t0ken\n", "(Bearer) t0ken"),
            ("bearer\tbearer t0ken", "(bearer\tbearer) t0ken"),
            (
                "Authorization: Bearer t0ken",
                "(Authorization: Bearer) t0ken",
            ),
            ("AUTHORIZATION:t0ken", "(AUTHORIZATION:) t0ken"),
            ("Bearert0ken", "Bearert0ken"),
        ] {
            assert_eq!(
                read(text, SecretShape::Token(&bearer)).as_deref(),
                Ok(expected),
                "{text:?}"
            );
        }
        for (text, expected) in [
            (" \n", SecretFault::Empty),
            ("Bearer \n", SecretFault::Empty),
            ("a\nb", SecretFault::Lines),
            ("a b", SecretFault::Blank),
            ("\"t0ken\"", SecretFault::Quotes),
            ("{\"access_token\":\"t0ken\"}", SecretFault::Json),
            ("t\u{f6}ken", SecretFault::Unsendable),
            (
                "Bearer Authorization: t0ken",
                SecretFault::Header("Authorization:"),
            ),
            (
                "Basic YTpi",
                SecretFault::Scheme {
                    found: "Basic",
                    wanted: "Bearer".to_owned(),
                },
            ),
        ] {
            assert_eq!(
                read(text, SecretShape::Token(&bearer)),
                Err(expected),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_token_without_a_scheme_may_begin_with_one() {
        let alone = TokenForm::scheme("");
        for text in ["Bearer t0ken", "Token token=abc, email=x"] {
            assert_eq!(read(text, SecretShape::Token(&alone)).as_deref(), Ok(text));
        }
        let keyed = TokenForm {
            header: HeaderName::from_static("x-api-key"),
            scheme: String::new(),
        };
        let found = read("X-Api-Key: k3y", SecretShape::Token(&keyed));
        assert_eq!(found.as_deref(), Ok("(X-Api-Key:) k3y"));
        let line = read("Authorization: k3y", SecretShape::Token(&keyed));
        assert_eq!(line, Err(SecretFault::Header("Authorization:")));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_read_without_a_panic_and_a_token_can_be_sent(text: String, bytes: Vec<u8>, word in "[Bb]earer |Authorization: ?|") {
            let form = bearer();
            for bytes in [text.clone().into_bytes(), bytes, format!("{word}{text}").into_bytes()] {
                let _ = parse_secret(&bytes, SecretShape::Password);
                if let Ok(given) = parse_secret(&bytes, SecretShape::Token(&form)) {
                    prop_assert!(form.value(&given.secret).is_some());
                }
            }
        }
    }
}
