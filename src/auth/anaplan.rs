//! The requests of Anaplan's Authentication API, and what their answers mean.

use std::time::Duration;

use serde_json::Value;

use crate::domain::{Clock, Silence};
use crate::http::{
    BaseUrl, Body, HeaderMap, HeaderValue, Http, Method, Outgoing, Reply, UrlError, header,
    retry_after, server_millis, words,
};

use super::identity::Identity;
use super::token::{Token, remaining_life};

/// What came of asking for a token.
#[derive(Debug)]
pub(super) enum Grant {
    /// A token, and how long it still lives.
    Given(Token, Duration),
    /// The service says no; the text is its own account. Asking again is useless.
    Refused(String),
    /// The service cannot answer now.
    Failed {
        /// Why, for people.
        why: String,
        /// How long the service asks everybody to wait.
        wait: Option<Duration>,
        /// Whether it wants fewer requests (429).
        throttled: bool,
    },
}

/// The sign-in service at one address.
#[derive(Debug)]
pub(super) struct Anaplan {
    http: Http,
    base: BaseUrl,
    clock: Clock,
}

impl Anaplan {
    pub(super) fn new(http: Http, base: BaseUrl, clock: Clock) -> Self {
        Self { http, base, clock }
    }

    /// Ends a token's life. Answers 204 (Anaplan, Authentication API).
    pub(super) async fn log_out(&self, authorization: HeaderValue) -> Result<(), String> {
        let reply = self.post("/token/logout", authorization).await?;
        match reply.status {
            200..=299 => Ok(()),
            status => Err(format!("HTTP {status}")),
        }
    }

    /// Asks for something: for a token with a password at `/token/authenticate`, or with a living
    /// token at `/token/refresh` (an expired one is refused).
    ///
    /// # Errors
    /// Why no answer came.
    pub(super) async fn post(
        &self,
        path: &str,
        authorization: HeaderValue,
    ) -> Result<Reply, String> {
        let mut headers = HeaderMap::with_capacity(3);
        headers.insert(header::AUTHORIZATION, authorization);
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        // A POST without a body should say so (RFC 9110 §8.6); some gateways insist (411).
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        let url = self.base.join(path).map_err(|e: UrlError| e.to_string())?;
        let outgoing = Outgoing {
            method: Method::POST,
            url,
            headers,
            body: None,
        };
        let reply = self.http.exchange(outgoing).await;
        reply.map_err(|silence: Silence| silence.to_string())
    }

    /// Asks who a token belongs to. Refuses `Bearer`, so the token's own scheme is used.
    pub(super) async fn validate(&self, authorization: HeaderValue) -> Option<Identity> {
        let mut headers = HeaderMap::with_capacity(2);
        headers.insert(header::AUTHORIZATION, authorization);
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let outgoing = Outgoing {
            method: Method::GET,
            url: self.base.join("/token/validate").ok()?,
            headers,
            body: None,
        };
        let reply = self.http.exchange(outgoing).await.ok()?;
        match (reply.status, reply.body) {
            (200..=299, Body::Whole(body)) => Identity::parse(&body),
            _ => None,
        }
    }

    /// What an answer, or its absence, means. `redact` takes the secrets out of a text.
    pub(super) fn judge(
        &self,
        reply: Result<Reply, String>,
        redact: impl Fn(&str) -> String,
    ) -> Grant {
        let failed = |why, wait, throttled| Grant::Failed {
            why,
            wait,
            throttled,
        };
        let reply = match reply {
            Ok(reply) => reply,
            Err(why) => return failed(why, None, false),
        };
        let status = reply.status;
        let wait = retry_after(&reply.headers, self.clock);
        let (body, broken) = match &reply.body {
            Body::Whole(body) => (body.as_slice(), None),
            Body::Broken(why) => (&[][..], Some(why)),
        };
        let words = || match words(&redact(&account_of(body))) {
            empty if empty.is_empty() => format!("HTTP {status}"),
            words => format!("HTTP {status}: {words}"),
        };
        match (status, broken) {
            (200..=299, Some(why)) => failed(format!("HTTP {status}, but {why}"), wait, false),
            (200..=299, None) => match Token::parse(body) {
                Some(token) => {
                    let server = server_millis(&reply.headers);
                    let ours = self.clock.now().as_millis();
                    let life = remaining_life(token.expires_at_ms, server, ours);
                    Grant::Given(token, life)
                }
                // The body is not quoted: it may hold a token in a form that we cannot read.
                None => failed(format!("HTTP {status} without a usable token"), wait, false),
            },
            (300..=399, _) => Grant::Refused(format!(
                "HTTP {status} sends elsewhere, and no password follows: check the URL"
            )),
            (408 | 425 | 429 | 500..=599, _) => failed(words(), wait, status == 429),
            _ => Grant::Refused(words()),
        }
    }
}

/// The provider's account of a failure: `statusMessage` (Anaplan, Authentication API), or all of the
/// text that came. It is not cut to length yet, so that secrets can still be found whole.
fn account_of(body: &[u8]) -> String {
    let Ok(json) = serde_json::from_slice::<Value>(body) else {
        return String::from_utf8_lossy(body).into_owned();
    };
    match (json["status"].as_str(), json["statusMessage"].as_str()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(text), None) | (None, Some(text)) => text.to_owned(),
        (None, None) => json.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;
    use crate::http::{HttpSettings, PlainHttp};

    fn judge(status: u16, headers: &[(&'static str, &'static str)], body: Body) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_static(value));
        }
        let reply = Reply {
            status,
            headers: map,
            body,
        };
        let service = Anaplan::new(
            Http::new(&HttpSettings::default()).unwrap(),
            BaseUrl::parse("https://auth.example", PlainHttp::LoopbackOnly).unwrap(),
            Clock::Fixed(Timestamp::from_millis(0)),
        );
        match service.judge(Ok(reply), |text| text.replace("secret", "***")) {
            Grant::Given(_, life) => format!("given {life:?}"),
            Grant::Refused(why) => format!("refused {why}"),
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
        let page = "<html><title>Bad secret Gateway</title>";
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
                whole("secret"),
                "failed HTTP 200 without a usable token None false",
            ),
            (
                200,
                &[],
                Body::Broken("cut".into()),
                "failed HTTP 200, but cut None false",
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
                whole(r#"{"x":"secret"}"#),
                r#"refused HTTP 404: {"x":"***"}"#,
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
                "failed HTTP 502: Bad *** Gateway None false",
            ),
            (
                503,
                &[("retry-after", "7")],
                whole("x"),
                "failed HTTP 503: x Some(7s) false",
            ),
        ] {
            assert_eq!(judge(status, headers, body), expected);
        }
    }
}
