//! A token endpoint of OAuth 2.0 (RFC 6749 §3.2): its requests, and what its answers mean.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::form_urlencoded::{self, Serializer, byte_serialize};

use crate::auth::form::TokenForm;
use crate::auth::given::{Shape, given};
use crate::auth::redact::Secrets;
use crate::auth::token::LONGEST_LIFE;
use crate::auth::wire::{Heard, Permit, Wire};
use crate::http::{HeaderMap, HeaderValue, Method, Url, header};

use super::answer::{Denial, Dialect};

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

/// Sends a form, once there is leave to.
pub(super) async fn post(
    wire: &Wire,
    url: &Url,
    form: &SecretString,
    basic: Option<HeaderValue>,
) -> Heard {
    let permit = wire.permit().await;
    post_now(permit, wire, url, form, basic).await
}

/// Sends a form, for which there is leave already.
pub(super) async fn post_now(
    permit: Permit,
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
            wire.send_now(permit, Method::POST, url, headers, body)
                .await
        }
        None => wire.send_now(permit, Method::POST, url, [kind], body).await,
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
        let body = said(body);
        let token = body["access_token"].as_str()?;
        // Some services put the scheme before it.
        let bearer = TokenForm::scheme("Bearer");
        let token = given(token.as_bytes(), Shape::Token(&bearer)).ok()?.secret;
        Some((token, seconds(&body["expires_in"])))
    }

    fn denial(&self, body: &[u8]) -> Option<Denial> {
        denial(&said(body))
    }

    fn account(&self, body: &[u8]) -> String {
        let said = said(body);
        let mut words = Vec::new();
        spoken(&said, &mut words);
        match said {
            _ if !words.is_empty() => words.join(": "),
            Value::Null => crate::http::text(body).into_owned(),
            said => said.to_string(),
        }
    }
}

/// The member `error` of a refusal (RFC 6749 §5.2, RFC 8628 §3.5). Some services send it with a 200.
pub(super) fn error_code(heard: &Heard) -> Option<String> {
    let reply = heard.reply.as_ref().ok()?;
    if !matches!(reply.status, 200..=299 | 400..=499) {
        return None;
    }
    Some(body(heard)["error"].as_str()?.to_owned())
}

/// The members of the body that has come; [`Value::Null`] if it has not come whole, or has none.
pub(super) fn body(heard: &Heard) -> Value {
    let reply = heard.reply.as_ref().ok();
    let whole = reply.and_then(|reply| reply.body.whole().ok());
    whole.map_or(Value::Null, said)
}

/// The members of a body, whatever its content type says: of JSON, or of a form, which some services
/// send instead. [`Value::Null`] if it is neither.
pub(super) fn said(body: &[u8]) -> Value {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if let Ok(json) = serde_json::from_slice(body) {
        return json;
    }
    let body = body.trim_ascii();
    if body.iter().any(u8::is_ascii_whitespace) {
        return Value::Null;
    }
    let members: serde_json::Map<_, _> = form_urlencoded::parse(body)
        .map(|(name, value)| (name.into_owned(), Value::from(value)))
        .collect();
    let known = ["access_token", "device_code", "error"];
    if known.iter().any(|name| members.contains_key(*name)) {
        Value::Object(members)
    } else {
        Value::Null
    }
}

/// Whether these members say that there is no token (RFC 6749 §5.2, and what services have made of
/// it): any member that is called an error and is not empty, or a success that is false.
pub(super) fn denial(said: &Value) -> Option<Denial> {
    /// Codes of RFC 6749 §4.1.2.1, which some token endpoints use too.
    const TEMPORARY: [&str; 2] = ["temporarily_unavailable", "server_error"];
    let is_error = |(name, value): (&String, &Value)| {
        let named = name
            .get(..3)
            .is_some_and(|start| start.eq_ignore_ascii_case("err"));
        named && !is_nothing(value)
    };
    let fails = |name| said[name] == Value::Bool(false);
    if !said.as_object()?.iter().any(is_error) && !fails("ok") && !fails("success") {
        return None;
    }
    let code = said["error"].as_str().unwrap_or_default();
    Some(if TEMPORARY.contains(&code) {
        Denial::Temporary
    } else {
        Denial::Final
    })
}

/// Whether a member might as well be absent.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(yes) => !yes,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.trim().is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}

/// Collects what a refusal says for people, its code first. Other members are not shown: they may
/// hold anything.
fn spoken(said: &Value, words: &mut Vec<String>) {
    const NAMES: [&str; 13] = [
        "error",
        "errors",
        "errorCode",
        "error_code",
        "code",
        "error_description",
        "errorDescription",
        "errorSummary",
        "errorMessage",
        "error_message",
        "message",
        "detail",
        "title",
    ];
    /// More would not fit a message anyway.
    const MOST: usize = 6;
    match said {
        Value::String(text) if words.len() < MOST && !words.contains(text) => {
            words.extend((!text.trim().is_empty()).then(|| text.clone()));
        }
        Value::Array(values) => values
            .iter()
            .take(MOST)
            .for_each(|value| spoken(value, words)),
        Value::Object(members) => {
            let found = NAMES.iter().filter_map(|name| members.get(*name));
            found.for_each(|value| spoken(value, words));
        }
        _ => {}
    }
}

/// A number of seconds, which some services write as text, up to [`LONGEST_LIFE`]. Nothing and less
/// than nothing say nothing.
pub(super) fn seconds(value: &Value) -> Option<Duration> {
    let seconds = value
        .as_f64()
        .or_else(|| value.as_str()?.trim().parse().ok())?;
    let span = || Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST_LIFE);
    (seconds > 0.0).then(|| span().min(LONGEST_LIFE))
}

#[cfg(test)]
mod tests;
