//! A token endpoint of OAuth 2.0 (RFC 6749 §3.2): builds its requests and reads its answers.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::form_urlencoded::{self, Serializer, byte_serialize};

use crate::auth::paced_client::{PacedClient, Permit, SignInReply};
use crate::auth::redact::Secrets;
use crate::auth::secret_text::{SecretShape, parse_secret};
use crate::auth::session::LONGEST_LIFE;
use crate::auth::token_form::TokenForm;
use crate::http::{HeaderMap, HeaderValue, Method, Url, header};

use super::token_answer::{AnswerFormat, Denial};

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// How a client sends its secret (RFC 6749 §2.3.1).
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

/// Waits for a permit, and sends a form.
pub(super) async fn post(
    wire: &PacedClient,
    url: &Url,
    form: &SecretString,
    basic: Option<HeaderValue>,
) -> SignInReply {
    let permit = wire.permit().await;
    post_now(permit, wire, url, form, basic).await
}

/// Sends a form with a permit that was got before.
pub(super) async fn post_now(
    permit: Permit,
    wire: &PacedClient,
    url: &Url,
    form: &SecretString,
    basic: Option<HeaderValue>,
) -> SignInReply {
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

/// A client's id and secret for HTTP's Basic scheme. Both are form-encoded first (RFC 6749 §2.3.1).
pub(super) fn basic(id: &str, secret: &SecretString, secrets: &Secrets) -> Option<HeaderValue> {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let (id, secret) = (encoded(id), encoded(secret.expose_secret()));
    let pair = SecretString::from(format!("{id}:{secret}"));
    let shown = SecretString::from(STANDARD.encode(pair.expose_secret()));
    secrets.remember_given(&pair);
    secrets.remember_given(&shown);
    TokenForm::scheme("Basic").value(&shown)
}

/// The format of the answers of token endpoints (RFC 6749 §5).
#[derive(Debug)]
pub(super) struct OauthAnswers;

impl AnswerFormat for OauthAnswers {
    fn token(&self, _: &HeaderMap, body: &[u8]) -> Option<(SecretString, Option<Duration>)> {
        let body = members(body);
        let token = body["access_token"].as_str()?;
        // Some services send the scheme before the token.
        let bearer = TokenForm::scheme("Bearer");
        let token = parse_secret(token.as_bytes(), SecretShape::Token(&bearer))
            .ok()?
            .secret;
        Some((token, seconds(&body["expires_in"])))
    }

    fn denial(&self, body: &[u8]) -> Option<Denial> {
        denial(&members(body))
    }

    fn explanation(&self, body: &[u8]) -> String {
        let said = members(body);
        let mut words = Vec::new();
        collect_messages(&said, &mut words);
        match said {
            _ if !words.is_empty() => words.join(": "),
            Value::Null => crate::http::body_text(body).into_owned(),
            said => said.to_string(),
        }
    }
}

/// The member `error` of a refusal (RFC 6749 §5.2, RFC 8628 §3.5). Some services send it with a 200.
pub(super) fn error_code(answer: &SignInReply) -> Option<String> {
    let reply = answer.result.as_ref().ok()?;
    if !matches!(reply.status, 200..=299 | 400..=499) {
        return None;
    }
    Some(body(answer)["error"].as_str()?.to_owned())
}

/// The members of a reply's body; [`Value::Null`] if the body has not arrived whole, or has none.
pub(super) fn body(answer: &SignInReply) -> Value {
    let reply = answer.result.as_ref().ok();
    let whole = reply.and_then(|reply| reply.body.whole().ok());
    whole.map_or(Value::Null, members)
}

/// The members of a body that is JSON or a form, which some services send instead. The content type is
/// ignored. [`Value::Null`] if it is neither.
pub(super) fn members(body: &[u8]) -> Value {
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

/// Whether these members say that there is no token (RFC 6749 §5.2, and variants of it that services
/// send): a member whose name begins with `err` and that is not empty, or `ok` or `success` that is false.
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

/// Whether a member is empty, so that it means the same as an absent one.
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

/// Collects the explanations in a refusal, its code first. Other members are not shown, because they may
/// contain secrets.
fn collect_messages(said: &Value, words: &mut Vec<String>) {
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
    /// More explanations would not fit a message.
    const MOST: usize = 6;
    match said {
        Value::String(text) if words.len() < MOST && !words.contains(text) => {
            words.extend((!text.trim().is_empty()).then(|| text.clone()));
        }
        Value::Array(values) => values
            .iter()
            .take(MOST)
            .for_each(|value| collect_messages(value, words)),
        Value::Object(members) => {
            let found = NAMES.iter().filter_map(|name| members.get(*name));
            found.for_each(|value| collect_messages(value, words));
        }
        _ => {}
    }
}

/// A number of seconds, which some services write as text, up to [`LONGEST_LIFE`]. `None` for zero and
/// for negative numbers.
pub(super) fn seconds(value: &Value) -> Option<Duration> {
    let seconds = value
        .as_f64()
        .or_else(|| value.as_str()?.trim().parse().ok())?;
    let span = || Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST_LIFE);
    (seconds > 0.0).then(|| span().min(LONGEST_LIFE))
}

#[cfg(test)]
mod tests {
    //! The answers of token endpoints, in the standard format and in others.

    use proptest::prelude::*;
    use tokio::time::Instant;

    use super::*;
    use crate::auth::issuer::Grant;
    use crate::auth::issuer::token_answer::judge;
    use crate::domain::{Clock, Timestamp};
    use crate::http::{Body, Reply};

    fn token(body: &str) -> Option<(String, Option<u64>)> {
        let (token, life) = OauthAnswers.token(&HeaderMap::new(), body.as_bytes())?;
        Some((
            token.expose_secret().to_owned(),
            life.map(|life| life.as_secs()),
        ))
    }

    #[test]
    fn a_token_and_its_life_are_read() {
        let given = |life| Some(("t".to_owned(), life));
        let longest = LONGEST_LIFE.as_secs();
        for (body, expected) in [
            (
                r#"{"access_token":"t","token_type":"Bearer","expires_in":2100}"#,
                given(Some(2100)),
            ),
            (r#"{"access_token":"t","expires_in":"60"}"#, given(Some(60))),
            (r#"{"access_token":"t"}"#, given(None)),
            (r#"{"access_token":"t","expires_in":0}"#, given(None)),
            (r#"{"access_token":"t","expires_in":-5}"#, given(None)),
            (r#"{"access_token":"t","expires_in":"-1e308"}"#, given(None)),
            (r#"{"access_token":"t","expires_in":"NaN"}"#, given(None)),
            (r#"{"access_token":"t","expires_in":[60]}"#, given(None)),
            (r#"{"access_token":"t","expires_in":59.9}"#, given(Some(59))),
            (
                r#"{"access_token":"t","expires_in":1e308}"#,
                given(Some(longest)),
            ),
            (
                r#"{"access_token":"t","expires_in":9223372036854775807}"#,
                given(Some(longest)),
            ),
            (
                r#"{"access_token":"t","expires_in":"inf"}"#,
                given(Some(longest)),
            ),
            ("\u{feff}{\"access_token\":\"t\"}", given(None)),
            (
                "access_token=t&expires_in=60&token_type=bearer\n",
                given(Some(60)),
            ),
            ("access_token=&expires_in=60", None),
            ("<a href=\"?access_token=t\">", None),
            (r#"{"access_token":"Bearer t"}"#, given(None)),
            (r#"{"access_token":"Bearer "}"#, None),
            (r#"{"access_token":""}"#, None),
            (r#"{"access_token":"a\nb"}"#, None),
            (r#"{"token":"t"}"#, None),
            ("<html>", None),
        ] {
            assert_eq!(token(body), expected, "{body}");
        }
    }

    #[test]
    fn a_refusal_has_the_services_own_explanation() {
        let explained = |body: &str| OauthAnswers.explanation(body.as_bytes());
        let body = r#"{"error":"invalid_client","error_description":"no such client"}"#;
        assert_eq!(explained(body), "invalid_client: no such client");
        assert_eq!(explained(r#"{"error":"access_denied"}"#), "access_denied");
        assert_eq!(explained(r#"{"x":1}"#), r#"{"x":1}"#);
        assert_eq!(explained("Bad Gateway"), "Bad Gateway");
        let form =
            "error=invalid_client&error_description=no+such+client&error_uri=https%3A%2F%2Fx";
        assert_eq!(explained(form), "invalid_client: no such client");
        let nested = r#"{"error":{"code":"invalid_client","message":"no such client"},"id":"x"}"#;
        assert_eq!(explained(nested), "invalid_client: no such client");
        let many = r#"{"errors":[{"message":"no"},{"message":"no"},"nor now"]}"#;
        assert_eq!(explained(many), "no: nor now");
    }

    /// What an answer with this status and body means.
    fn meaning(status: u16, body: &[u8]) -> Grant {
        let reply = Reply {
            status,
            headers: HeaderMap::new(),
            body: Body::Whole(body.to_vec()),
            proxy: None,
        };
        let answer = SignInReply {
            sent_at: Instant::now(),
            result: Ok(reply),
        };
        let clock = Clock::Fixed(Timestamp::from_millis(0));
        judge(answer, &OauthAnswers, &Secrets::default(), clock)
    }

    #[test]
    fn an_error_is_a_refusal_with_any_status_and_format() {
        for (status, body, expected) in [
            (
                200,
                r#"{"error":"invalid_client"}"#,
                "refused HTTP 200: invalid_client",
            ),
            (
                200,
                "error=bad_verification_code&error_description=The+code+is+incorrect.",
                "refused HTTP 200: bad_verification_code: The code is incorrect.",
            ),
            (
                200,
                r#"{"ok":false,"message":"no"}"#,
                "refused HTTP 200: no",
            ),
            (
                200,
                r#"{"errorCode":"E0000021","errorSummary":"Bad"}"#,
                "refused HTTP 200: E0000021: Bad",
            ),
            (
                400,
                "error=invalid_scope",
                "refused HTTP 400: invalid_scope",
            ),
            // A service that cannot answer now is asked again.
            (
                200,
                r#"{"error":"temporarily_unavailable"}"#,
                "failed HTTP 200: temporarily_unavailable",
            ),
            (
                400,
                r#"{"error":"server_error"}"#,
                "failed HTTP 400: server_error",
            ),
            // Nothing that is called an error says anything.
            (
                200,
                r#"{"error":null}"#,
                "failed HTTP 200 without a usable token",
            ),
            (
                200,
                r#"{"error":"","errors":[],"err":0}"#,
                "failed HTTP 200 without a usable token",
            ),
            (
                200,
                "<html>sign in</html>",
                "failed HTTP 200 without a usable token",
            ),
            (200, r#"{"error":"","access_token":"t"}"#, "given"),
        ] {
            let found = match meaning(status, body.as_bytes()) {
                Grant::Issued(..) => "given".to_owned(),
                Grant::Pending(wait) => format!("pending {wait:?}"),
                Grant::Refused(why) => format!("refused {why}"),
                Grant::Blocked(why) => format!("blocked {why}"),
                Grant::Failed { why, .. } => format!("failed {why}"),
            };
            assert_eq!(found, expected, "{body}");
        }
    }

    /// A value that some service may write where a number is expected.
    fn odd_number() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<f64>().prop_map(|number| serde_json::json!(number).to_string()),
            any::<i64>().prop_map(|number| number.to_string()),
            any::<u64>().prop_map(|number| number.to_string()),
            "[0-9]{1,40}",
            "-?[0-9]{1,5}e-?[0-9]{1,3}",
            ".{0,12}".prop_map(|text| serde_json::json!(text).to_string()),
            Just("[1]".to_owned()),
            Just("{\"s\":1}".to_owned()),
            Just("true".to_owned()),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_life_of_a_token_is_beyond_a_clock(number in odd_number()) {
            let body = format!(r#"{{"access_token":"t","expires_in":{number}}}"#);
            if let Grant::Issued(_, Some(life)) = meaning(200, body.as_bytes()) {
                prop_assert!(life <= LONGEST_LIFE);
                let now = Instant::now();
                prop_assert!(now.checked_add(life).is_some());
            }
        }

        #[test]
        fn any_body_means_something(status in 100_u16..600, body in any::<Vec<u8>>(), text in ".{0,80}") {
            for body in [body, text.clone().into_bytes(), format!("error={text}").into_bytes()] {
                meaning(status, &body);
            }
        }

        #[test]
        fn any_json_means_something(status in 200_u16..500, number in odd_number(), name in "err[a-z_]{0,6}") {
            let body = format!(r#"{{"{name}":{number},"error":{number}}}"#);
            meaning(status, body.as_bytes());
        }
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
