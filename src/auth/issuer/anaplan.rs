//! Anaplan's Authentication API: a token for a password or a certificate, renewed while it is valid, and
//! given back at the end.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value;

use crate::auth::account::Account;
use crate::auth::certificate::Certificate;
use crate::auth::paced_client::{PacedClient, SignInReply};
use crate::auth::redact::Secrets;
use crate::auth::session::remaining_life;
use crate::auth::signed_in_account::Identity;
use crate::auth::token_form::TokenForm;
use crate::domain::Clock;
use crate::http::{BaseUrl, Body, HeaderMap, HeaderValue, Method, header, server_millis};

use super::token_answer::{AnswerFormat, Denial, judge};
use super::token_endpoint::{denial, members};
use super::{Grant, TokenRequest};

/// The scheme of the service's own calls; `Bearer` is refused there.
pub(super) const SCHEME: &str = "AnaplanAuthToken";

/// The sign-in service at one address, with the password or certificate for it.
#[derive(Debug)]
pub struct Anaplan {
    wire: PacedClient,
    base: BaseUrl,
    proof: Proof,
    secrets: Secrets,
}

/// What the sign-in is made with.
#[derive(Debug)]
enum Proof {
    Password(Account),
    Certificate(Box<Certificate>),
}

impl Anaplan {
    /// Signs in with a password. `base` is the service, such as `https://auth.anaplan.com`.
    pub fn basic(wire: PacedClient, base: BaseUrl, account: Account) -> Self {
        let secrets = Secrets::default();
        account.remember(&secrets);
        Self {
            wire,
            base,
            proof: Proof::Password(account),
            secrets,
        }
    }

    /// Signs in with a certificate and its key.
    pub fn certificate(wire: PacedClient, base: BaseUrl, certificate: Certificate) -> Self {
        Self {
            wire,
            base,
            proof: Proof::Certificate(Box::new(certificate)),
            secrets: Secrets::default(),
        }
    }

    pub(super) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Asks for a token: with the password or certificate at `/token/authenticate`, or with a valid token at
    /// `/token/refresh` (an expired one is refused).
    pub(super) async fn ask(&self, request: &TokenRequest) -> Grant {
        let answer = match request {
            TokenRequest::New => self.authenticate().await,
            TokenRequest::Renewal(token) => match own(token) {
                Ok(header) => self.post("/token/refresh", header).await,
                Err(why) => return Grant::Refused(why),
            },
        };
        match answer {
            Ok(answer) => judge(
                answer,
                &AnaplanAnswers(self.wire.clock()),
                &self.secrets,
                self.wire.clock(),
            ),
            Err(why) => Grant::Refused(why),
        }
    }

    async fn authenticate(&self) -> Result<SignInReply, String> {
        let path = "/token/authenticate";
        let certificate = match &self.proof {
            Proof::Password(account) => return self.post(path, account.basic()).await,
            Proof::Certificate(certificate) => certificate,
        };
        let challenge = certificate
            .challenge(self.wire.clock().now())
            .ok_or("the system has no random numbers")?;
        self.secrets.remember_obtained(&challenge.signature.into());
        let shown = TokenForm::scheme("CACertificate")
            .value(&certificate.shown().into())
            .ok_or("no header can carry the certificate")?;
        let json = HeaderValue::from_static("application/json");
        let headers = [(header::AUTHORIZATION, shown), (header::CONTENT_TYPE, json)];
        let url = self.base.join(path).map_err(|error| error.to_string())?;
        let body = Some(challenge.body);
        Ok(self.wire.send(Method::POST, url, headers, body).await)
    }

    /// Makes a token invalid. The answer is 204 (Anaplan, Authentication API).
    pub(super) async fn log_out(&self, token: &SecretString) -> Result<(), String> {
        let answer = self.post("/token/logout", own(token)?).await?;
        match answer.result.map_err(|silence| silence.to_string())?.status {
            200..=299 => Ok(()),
            status => Err(format!("HTTP {status}")),
        }
    }

    /// Asks for the account of a token.
    pub(super) async fn identity(&self, token: &SecretString) -> Option<Identity> {
        let url = self.base.join("/token/validate").ok()?;
        let header = (header::AUTHORIZATION, own(token).ok()?);
        let answer = self.wire.send(Method::GET, url, [header], None).await;
        let reply = answer.result.ok()?;
        match (reply.status, reply.body) {
            (200..=299, Body::Whole(body)) => Identity::parse(&body),
            _ => None,
        }
    }

    async fn post(&self, path: &str, authorization: HeaderValue) -> Result<SignInReply, String> {
        let url = self.base.join(path).map_err(|error| error.to_string())?;
        let headers = [(header::AUTHORIZATION, authorization)];
        Ok(self.wire.send(Method::POST, url, headers, None).await)
    }
}

/// The `Authorization` header for the service's own calls.
fn own(token: &SecretString) -> Result<HeaderValue, String> {
    TokenForm::scheme(SCHEME)
        .value(token)
        .ok_or_else(|| "no header can carry the token".to_owned())
}

/// A number without its fraction. A number outside the range of `i64` becomes the nearest `i64`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a cast from a float saturates, and makes 0 of what is no number"
)]
fn whole(number: f64) -> i64 {
    number as i64
}

/// The format of the service's answers.
#[derive(Debug)]
struct AnaplanAnswers(Clock);

impl AnswerFormat for AnaplanAnswers {
    /// Reads `tokenInfo` (Anaplan, Authentication API), whose `expiresAt` is in milliseconds since the
    /// epoch on the server's clock.
    fn token(&self, headers: &HeaderMap, body: &[u8]) -> Option<(SecretString, Option<Duration>)> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let info = &body["tokenInfo"];
        let token = SecretString::from(info["tokenValue"].as_str()?);
        own(&token).ok()?;
        let expires_at = &info["expiresAt"];
        let expires_at_ms = expires_at
            .as_i64()
            .or_else(|| Some(whole(expires_at.as_f64()?)))
            .or_else(|| Some(whole(expires_at.as_str()?.trim().parse().ok()?)));
        let ours = self.0.now().as_millis();
        let life = remaining_life(expires_at_ms, server_millis(headers), ours);
        Some((token, Some(life)))
    }

    /// A status `FAILURE_…`, whatever the status of HTTP.
    fn denial(&self, body: &[u8]) -> Option<Denial> {
        let says = members(body);
        let status = says["status"].as_str().unwrap_or_default();
        let fails = status
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("fail"));
        if fails {
            Some(Denial::Final)
        } else {
            denial(&says)
        }
    }

    /// `status` and `statusMessage` (Anaplan, Authentication API), or the whole text.
    fn explanation(&self, body: &[u8]) -> String {
        let Ok(json) = serde_json::from_slice::<Value>(body) else {
            return crate::http::body_text(body).into_owned();
        };
        match (json["status"].as_str(), json["statusMessage"].as_str()) {
            (Some(code), Some(message)) => format!("{code}: {message}"),
            (Some(text), None) | (None, Some(text)) => text.to_owned(),
            (None, None) => json.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;
    use crate::http::Reply;
    use tokio::time::Instant;

    fn meaning(status: u16, headers: &[(&'static str, &'static str)], body: Body) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_static(value));
        }
        let reply = Reply {
            proxy: None,
            status,
            headers: map,
            body,
        };
        let answer = SignInReply {
            sent_at: Instant::now(),
            result: Ok(reply),
        };
        let secrets = Secrets::default();
        secrets.remember_given(&"planted-secret".into());
        let clock = Clock::Fixed(Timestamp::from_millis(0));
        match judge(answer, &AnaplanAnswers(clock), &secrets, clock) {
            Grant::Issued(_, life) => format!("given {:.0?}", life.unwrap()),
            Grant::Pending(wait) => format!("pending {wait:?}"),
            Grant::Refused(why) => format!("refused {why}"),
            Grant::Blocked(why) => format!("blocked {why}"),
            Grant::Failed {
                why,
                wait,
                throttled,
            } => format!("failed {why} {wait:?} {throttled}"),
        }
    }

    #[test]
    fn every_answer_means_one_thing() {
        let whole = |text: &str| Body::Whole(text.into());
        let token = r#"{"tokenInfo":{"tokenValue":"t","expiresAt":60000}}"#;
        let page = "<html><title>Bad planted-secret Gateway</title>";
        let bad = r#"{"status":"FAILURE_BAD_CREDENTIAL","statusMessage":"no"}"#;
        for (status, headers, body, expected) in [
            (201, &[][..], whole(token), "given 60s"),
            (200, &[], whole(token), "given 60s"),
            (
                200,
                &[("date", "Thu, 01 Jan 1970 00:00:30 GMT")],
                whole(token),
                "given 30s",
            ),
            (
                200,
                &[],
                whole("planted-secret"),
                "failed HTTP 200 without a usable token None false",
            ),
            (
                200,
                &[],
                Body::Broken("cut".into()),
                "failed HTTP 200, but cut None false",
            ),
            (
                200,
                &[],
                whole(bad),
                "refused HTTP 200: FAILURE_BAD_CREDENTIAL: no",
            ),
            (
                302,
                &[],
                whole(""),
                "refused HTTP 302 sends elsewhere, and no password follows: check the URL",
            ),
            (400, &[], whole(""), "refused HTTP 400"),
            (
                401,
                &[],
                whole(bad),
                "refused HTTP 401: FAILURE_BAD_CREDENTIAL: no",
            ),
            (403, &[], Body::Broken("cut".into()), "refused HTTP 403"),
            (
                404,
                &[],
                whole(r#"{"x":"planted-secret"}"#),
                r#"refused HTTP 404: {"x":"[redacted]"}"#,
            ),
            (429, &[], whole(" "), "failed HTTP 429 None true"),
            (
                429,
                &[("retry-after", "7")],
                whole(""),
                "failed HTTP 429 Some(7s) true",
            ),
            (
                502,
                &[],
                whole(page),
                "failed HTTP 502: Bad [redacted] Gateway None false",
            ),
            (
                503,
                &[("retry-after", "7")],
                whole("x"),
                "failed HTTP 503: x Some(7s) false",
            ),
        ] {
            assert_eq!(meaning(status, headers, body), expected);
        }
    }

    fn token(body: &str) -> Option<(SecretString, Option<Duration>)> {
        let clock = Clock::Fixed(Timestamp::from_millis(0));
        AnaplanAnswers(clock).token(&HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn a_token_and_its_end_are_read() {
        let life = |text: &str| {
            let body = format!(r#"{{"tokenInfo":{{"tokenValue":"t","expiresAt":{text}}}}}"#);
            token(&body).unwrap().1.unwrap()
        };
        assert_eq!(life("60000"), Duration::from_mins(1));
        assert_eq!(life("\" 60000 \""), Duration::from_mins(1));
        assert_eq!(life("6.0e4"), Duration::from_mins(1));
        assert_eq!(life("\"60000.5\""), Duration::from_mins(1));
        // Anything else is no end: the usual life is assumed.
        for odd in [
            "null",
            "1e308",
            "-1e308",
            "-5",
            "9223372036854775808",
            "\"NaN\"",
        ] {
            assert_eq!(life(odd), Duration::from_mins(35), "{odd}");
        }
        assert_eq!(life("\"soon\""), Duration::from_mins(35));
    }

    #[test]
    fn a_body_without_a_token_gives_none() {
        for body in [
            "",
            "null",
            "[]",
            "<html>",
            r#"{"tokenInfo":null}"#,
            r#"{"tokenInfo":{"tokenValue":7}}"#,
            r#"{"tokenInfo":{"tokenValue":" "}}"#,
            r#"{"tokenInfo":{"tokenValue":"a\nb"}}"#,
        ] {
            assert!(token(body).is_none(), "{body}");
        }
    }
}
