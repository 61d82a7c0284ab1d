//! A token endpoint of OAuth 2.0 (RFC 6749 §3.2): its requests, and what its answers mean.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::auth::form::TokenForm;
use crate::auth::redact::Secrets;
use crate::auth::wire::{Heard, Wire};
use crate::http::{HeaderMap, HeaderValue, Method, Url, header};

use super::answer::Dialect;

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// How a client that has a secret shows it (RFC 6749 §2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientAuth {
    /// In the form, as `client_id` and `client_secret`.
    #[default]
    Form,
    /// By HTTP's Basic scheme.
    Basic,
}

impl fmt::Display for ClientAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "form",
            Self::Basic => "basic",
        })
    }
}

impl FromStr for ClientAuth {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "form" => Ok(Self::Form),
            "basic" => Ok(Self::Basic),
            _ => Err("a client shows its secret in the `form` or by `basic`"),
        }
    }
}

/// A body of `application/x-www-form-urlencoded`.
pub(super) fn form(fields: &[(&str, &str)]) -> SecretString {
    let mut form = Serializer::new(String::new());
    form.extend_pairs(fields);
    SecretString::from(form.finish())
}

/// Sends a form.
pub(super) async fn post(
    wire: &Wire,
    url: &Url,
    form: &SecretString,
    basic: Option<HeaderValue>,
) -> Heard {
    let body = Some(form.expose_secret().to_owned());
    let url = url.clone();
    let kind = (header::CONTENT_TYPE, FORM);
    match basic {
        Some(basic) => {
            let headers = [kind, (header::AUTHORIZATION, basic)];
            wire.send(Method::POST, url, headers, body).await
        }
        None => wire.send(Method::POST, url, [kind], body).await,
    }
}

/// A client's id and secret for HTTP's Basic scheme: each form-encoded first (RFC 6749 §2.3.1).
pub(super) fn basic(id: &str, secret: &SecretString, secrets: &Secrets) -> Option<HeaderValue> {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let (id, secret) = (encoded(id), encoded(secret.expose_secret()));
    let pair = SecretString::from(format!("{id}:{secret}"));
    let shown = SecretString::from(STANDARD.encode(pair.expose_secret()));
    secrets.given(&pair);
    secrets.given(&shown);
    TokenForm::scheme("Basic").value(&shown)
}

/// How token endpoints write their answers (RFC 6749 §5).
#[derive(Debug)]
pub(super) struct OAuth;

impl Dialect for OAuth {
    fn token(&self, _: &HeaderMap, body: &[u8]) -> Option<(SecretString, Option<Duration>)> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let token = SecretString::from(body["access_token"].as_str()?);
        TokenForm::scheme("Bearer").value(&token)?;
        Some((token, seconds(&body["expires_in"])))
    }

    fn account(&self, body: &[u8]) -> String {
        let Ok(json) = serde_json::from_slice::<Value>(body) else {
            return crate::http::text(body).into_owned();
        };
        match (json["error"].as_str(), json["error_description"].as_str()) {
            (Some(code), Some(words)) => format!("{code}: {words}"),
            (Some(code), None) => code.to_owned(),
            _ => json.to_string(),
        }
    }
}

/// The member `error` of a refusal (RFC 6749 §5.2, RFC 8628 §3.5).
pub(super) fn error_code(heard: &Heard) -> Option<String> {
    let reply = heard.reply.as_ref().ok()?;
    if !(400..500).contains(&reply.status) {
        return None;
    }
    let json = json(heard)?;
    Some(json["error"].as_str()?.to_owned())
}

/// The body, if it came whole and is JSON.
pub(super) fn json(heard: &Heard) -> Option<Value> {
    let body = heard.reply.as_ref().ok()?.body.whole().ok()?;
    serde_json::from_slice(body).ok()
}

/// A number of seconds, which some services write as text. Nothing and less than nothing say nothing.
pub(super) fn seconds(value: &Value) -> Option<Duration> {
    let seconds = value
        .as_f64()
        .or_else(|| value.as_str()?.trim().parse().ok())?;
    (seconds > 0.0)
        .then(|| Duration::try_from_secs_f64(seconds).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(body: &str) -> Option<(String, Option<u64>)> {
        let (token, life) = OAuth.token(&HeaderMap::new(), body.as_bytes())?;
        Some((
            token.expose_secret().to_owned(),
            life.map(|life| life.as_secs()),
        ))
    }

    #[test]
    fn a_token_and_its_life_are_read() {
        let given = |life| Some(("t".to_owned(), life));
        for (body, expected) in [
            (
                r#"{"access_token":"t","token_type":"Bearer","expires_in":2100}"#,
                given(Some(2100)),
            ),
            (r#"{"access_token":"t","expires_in":"60"}"#, given(Some(60))),
            (r#"{"access_token":"t"}"#, given(None)),
            (r#"{"access_token":"t","expires_in":0}"#, given(None)),
            (r#"{"access_token":"t","expires_in":-5}"#, given(None)),
            (r#"{"access_token":""}"#, None),
            (r#"{"access_token":"a\nb"}"#, None),
            (r#"{"token":"t"}"#, None),
            ("<html>", None),
        ] {
            assert_eq!(token(body), expected, "{body}");
        }
    }

    #[test]
    fn a_refusal_is_told_in_the_services_own_words() {
        let account = |body: &str| OAuth.account(body.as_bytes());
        let body = r#"{"error":"invalid_client","error_description":"no such client"}"#;
        assert_eq!(account(body), "invalid_client: no such client");
        assert_eq!(account(r#"{"error":"access_denied"}"#), "access_denied");
        assert_eq!(account(r#"{"x":1}"#), r#"{"x":1}"#);
        assert_eq!(account("Bad Gateway"), "Bad Gateway");
    }

    #[test]
    fn p10_a_client_shows_its_secret_encoded_and_both_forms_are_known() {
        let secrets = Secrets::default();
        // RFC 6749 §2.3.1: `:` and `+` of the secret must not be taken for what they are in Basic.
        let header = basic("the client", &"s:e+c".into(), &secrets).unwrap();
        assert!(header.is_sensitive());
        assert_eq!(header, "Basic dGhlK2NsaWVudDpzJTNBZSUyQmM=");
        assert_eq!(secrets.redact("dGhlK2NsaWVudDpzJTNBZSUyQmM="), "[redacted]");
    }
}
