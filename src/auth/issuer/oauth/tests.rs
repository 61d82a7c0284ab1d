//! What token endpoints answer, in their own forms and in others.

use proptest::prelude::*;
use tokio::time::Instant;

use super::super::Grant;
use super::super::answer::judge;
use super::*;
use crate::domain::{Clock, Timestamp};
use crate::http::{Body, Reply};

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
fn a_refusal_is_told_in_the_services_own_words() {
    let account = |body: &str| OAuth.account(body.as_bytes());
    let body = r#"{"error":"invalid_client","error_description":"no such client"}"#;
    assert_eq!(account(body), "invalid_client: no such client");
    assert_eq!(account(r#"{"error":"access_denied"}"#), "access_denied");
    assert_eq!(account(r#"{"x":1}"#), r#"{"x":1}"#);
    assert_eq!(account("Bad Gateway"), "Bad Gateway");
    let form = "error=invalid_client&error_description=no+such+client&error_uri=https%3A%2F%2Fx";
    assert_eq!(account(form), "invalid_client: no such client");
    let nested = r#"{"error":{"code":"invalid_client","message":"no such client"},"id":"x"}"#;
    assert_eq!(account(nested), "invalid_client: no such client");
    let many = r#"{"errors":[{"message":"no"},{"message":"no"},"nor now"]}"#;
    assert_eq!(account(many), "no: nor now");
}

/// What an answer with this status and body means.
fn meaning(status: u16, body: &[u8]) -> Grant {
    let reply = Reply {
        status,
        headers: HeaderMap::new(),
        body: Body::Whole(body.to_vec()),
        proxy: None,
    };
    let heard = Heard {
        asked: Instant::now(),
        reply: Ok(reply),
    };
    let clock = Clock::Fixed(Timestamp::from_millis(0));
    judge(heard, &OAuth, &Secrets::default(), clock)
}

#[test]
fn an_error_is_a_refusal_whatever_the_status_and_the_form() {
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
            Grant::Given(..) => "given".to_owned(),
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
        if let Grant::Given(_, Some(life)) = meaning(200, body.as_bytes()) {
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
