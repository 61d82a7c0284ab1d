//! A credential as a file, a variable, a program or a person gives it: what surrounds it by mistake is
//! left out if it can be no part of it, and refused by name otherwise.
//!
//! One mechanism for all sources, so that the same text means the same wherever it comes from. No error
//! and no note holds a piece of the secret.

use secrecy::{ExposeSecret, SecretString};

use crate::domain::{TextFault, plain_text};

use super::form::TokenForm;

/// What kind of text a credential is.
#[derive(Debug, Clone, Copy)]
pub enum Shape<'a> {
    /// A password, or another secret that people may choose: any text on one line.
    Password,
    /// A token that requests show in this form.
    Token(&'a TokenForm),
}

/// A credential without what surrounded it.
#[derive(Debug, Clone)]
pub struct Given {
    /// The credential.
    pub secret: SecretString,
    /// What was before it and is no part of it, such as `Bearer`.
    pub left_out: Option<String>,
}

/// Why a text is no credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GivenFault {
    /// The bytes are no plain text.
    #[error(transparent)]
    Text(#[from] TextFault),
    /// There is nothing.
    #[error("it is empty")]
    Empty,
    /// A credential is one line.
    #[error("it holds more than one line")]
    Lines,
    /// It begins like the line of a header.
    #[error("it begins with `{0}`, as the line of a header does: give what follows alone")]
    Header(&'static str),
    /// It begins with the word for another scheme than the one in use.
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
    /// It is the answer of a token service.
    #[error("it is JSON: give the value of the token alone")]
    Json,
    /// Quotes are no part of a token.
    #[error("it stands in quotes: give what is between them")]
    Quotes,
    /// A token of RFC 6750 §2.1 has no blank.
    #[error("it holds a blank, and a token has none")]
    Blank,
    /// The header cannot carry it.
    #[error("it holds a character that no header can carry")]
    Unsendable,
}

/// Words that stand before credentials in headers.
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

/// Words that stand before credentials in headers, and hardly ever before one more word in a password.
const BEFORE_SECRETS: [&str; 2] = ["Bearer", "Basic"];

/// The name that begins the line of a header.
const HEADER: &str = "Authorization:";

/// Reads a credential of this shape.
///
/// # Errors
/// [`GivenFault`].
pub fn given(bytes: &[u8], shape: Shape<'_>) -> Result<Given, GivenFault> {
    let text = SecretString::from(plain_text(bytes)?);
    let text = text.expose_secret();
    match shape {
        Shape::Password => password(text),
        Shape::Token(form) => token(text, form),
    }
}

/// Blanks may be part of a password; the end of its line is not.
fn password(text: &str) -> Result<Given, GivenFault> {
    let secret = text.trim_end_matches(['\r', '\n']);
    if secret.trim().is_empty() {
        return Err(GivenFault::Empty);
    }
    if secret.contains(['\r', '\n']) {
        return Err(GivenFault::Lines);
    }
    if after(secret, HEADER).is_some() {
        return Err(GivenFault::Header(HEADER));
    }
    let one_more = |word: &&&str| {
        let rest = behind(secret, word);
        rest.is_some_and(|rest| !rest.trim_end().contains(char::is_whitespace))
    };
    if let Some(word) = BEFORE_SECRETS.iter().find(one_more) {
        return Err(GivenFault::Header(word));
    }
    Ok(Given {
        secret: secret.into(),
        left_out: None,
    })
}

fn token(text: &str, form: &TokenForm) -> Result<Given, GivenFault> {
    let whole = text.trim();
    if whole.contains(['\r', '\n']) {
        return Err(GivenFault::Lines);
    }
    let header = format!("{}:", form.header);
    let mut rest = after(whole, &header).unwrap_or(whole);
    while let Some(inner) = behind(rest, &form.scheme) {
        rest = inner;
    }
    if rest.is_empty() || rest.eq_ignore_ascii_case(&form.scheme) {
        return Err(GivenFault::Empty);
    }
    if after(rest, HEADER).is_some() {
        return Err(GivenFault::Header(HEADER));
    }
    let other = SCHEMES.iter().find(|word| behind(rest, word).is_some());
    if let (Some(found), false) = (other, form.scheme.is_empty()) {
        return Err(GivenFault::Scheme {
            found,
            wanted: form.scheme.clone(),
        });
    }
    if rest.starts_with(['{', '[']) {
        return Err(GivenFault::Json);
    }
    if rest.len() > 1
        && ['"', '\'']
            .iter()
            .any(|quote| rest.starts_with(*quote) && rest.ends_with(*quote))
    {
        return Err(GivenFault::Quotes);
    }
    if form.scheme.eq_ignore_ascii_case("Bearer") && rest.contains(char::is_whitespace) {
        return Err(GivenFault::Blank);
    }
    let secret = SecretString::from(rest);
    if !rest.is_ascii() || form.value(&secret).is_none() {
        return Err(GivenFault::Unsendable);
    }
    // Nothing but the header's name and the scheme can be there.
    let before = whole[..whole.len() - rest.len()].trim();
    Ok(Given {
        secret,
        left_out: (!before.is_empty()).then(|| before.to_owned()),
    })
}

/// What follows `name`, in any case, without the blanks between.
fn after<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(name.len())?;
    start.eq_ignore_ascii_case(name).then(|| rest.trim_start())
}

/// What follows `word`, in any case, and at least one blank.
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

    fn read(text: &str, shape: Shape<'_>) -> Result<String, GivenFault> {
        let read = given(text.as_bytes(), shape)?;
        let left_out = read.left_out.map(|before| format!("({before}) "));
        Ok(left_out.unwrap_or_default() + read.secret.expose_secret())
    }

    #[test]
    fn only_the_end_of_its_line_is_no_part_of_a_password() {
        for (text, expected) in [
            ("s3cret\n", "s3cret"),
            ("\u{feff}s3cret\r\n", "s3cret"),
            (" a b \r\n", " a b "),
            ("Bearer of bad news", "Bearer of bad news"),
            ("BasicX 1", "BasicX 1"),
            ("{\"\"}", "{\"\"}"),
        ] {
            assert_eq!(read(text, Shape::Password).as_deref(), Ok(expected));
        }
        for (text, expected) in [
            ("", GivenFault::Empty),
            ("\u{feff}\n", GivenFault::Empty),
            ("  \n", GivenFault::Empty),
            ("one\ntwo\n", GivenFault::Lines),
            (
                "authorization: Basic YTpi",
                GivenFault::Header("Authorization:"),
            ),
            ("Basic YTpi", GivenFault::Header("Basic")),
            ("bearer s3cret", GivenFault::Header("Bearer")),
        ] {
            assert_eq!(read(text, Shape::Password), Err(expected), "{text:?}");
        }
        assert!(matches!(
            read("s3cret\u{a0}", Shape::Password),
            Err(GivenFault::Text(_))
        ));
    }

    #[test]
    fn what_a_request_adds_by_itself_is_no_part_of_a_token() {
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
                read(text, Shape::Token(&bearer)).as_deref(),
                Ok(expected),
                "{text:?}"
            );
        }
        for (text, expected) in [
            (" \n", GivenFault::Empty),
            ("Bearer \n", GivenFault::Empty),
            ("a\nb", GivenFault::Lines),
            ("a b", GivenFault::Blank),
            ("\"t0ken\"", GivenFault::Quotes),
            ("{\"access_token\":\"t0ken\"}", GivenFault::Json),
            ("t\u{f6}ken", GivenFault::Unsendable),
            (
                "Bearer Authorization: t0ken",
                GivenFault::Header("Authorization:"),
            ),
            (
                "Basic YTpi",
                GivenFault::Scheme {
                    found: "Basic",
                    wanted: "Bearer".to_owned(),
                },
            ),
        ] {
            assert_eq!(read(text, Shape::Token(&bearer)), Err(expected), "{text:?}");
        }
    }

    #[test]
    fn a_token_without_a_scheme_may_begin_with_one() {
        let alone = TokenForm::scheme("");
        for text in ["Bearer t0ken", "Token token=abc, email=x"] {
            assert_eq!(read(text, Shape::Token(&alone)).as_deref(), Ok(text));
        }
        let keyed = TokenForm {
            header: HeaderName::from_static("x-api-key"),
            scheme: String::new(),
        };
        let found = read("X-Api-Key: k3y", Shape::Token(&keyed));
        assert_eq!(found.as_deref(), Ok("(X-Api-Key:) k3y"));
        let line = read("Authorization: k3y", Shape::Token(&keyed));
        assert_eq!(line, Err(GivenFault::Header("Authorization:")));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_breaks_it_and_a_token_can_be_sent(text: String, bytes: Vec<u8>, word in "[Bb]earer |Authorization: ?|") {
            let form = bearer();
            for bytes in [text.clone().into_bytes(), bytes, format!("{word}{text}").into_bytes()] {
                let _ = given(&bytes, Shape::Password);
                if let Ok(given) = given(&bytes, Shape::Token(&form)) {
                    prop_assert!(form.value(&given.secret).is_some());
                }
            }
        }
    }
}
