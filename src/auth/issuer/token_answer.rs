//! Judges the answer of a sign-in service, of any kind.

use std::time::Duration;

use secrecy::SecretString;

use crate::auth::paced_client::SignInReply;
use crate::auth::redact::Secrets;
use crate::domain::{Clock, Silence};
use crate::http::{HeaderMap, header, readable_text, retry_after, without_secrets};

use super::Grant;

/// How to read the answers of one kind of service.
pub(super) trait AnswerFormat {
    /// The token in an answer, and how long it is valid from the moment when the request was sent. `None`
    /// if there is none in it.
    fn token(&self, headers: &HeaderMap, body: &[u8]) -> Option<(SecretString, Option<Duration>)>;

    /// Whether the body says that there is no token, also if the status is one of success.
    fn denial(&self, body: &[u8]) -> Option<Denial>;

    /// The name of what a good answer contains, for messages.
    fn wanted(&self) -> &'static str {
        "token"
    }

    /// The service's explanation of a failure, or the whole text. It is not shortened yet, so that a secret
    /// in it can be found whole.
    fn explanation(&self, body: &[u8]) -> String;
}

/// A body that says that there is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denial {
    /// Asking again is useless.
    Final,
    /// The service is not able to answer now.
    Temporary,
}

/// The result of one request for a token.
pub(super) fn judge(
    answer: SignInReply,
    dialect: &impl AnswerFormat,
    secrets: &Secrets,
    clock: Clock,
) -> Grant {
    let failed = |why, wait, throttled| Grant::Failed {
        why,
        wait,
        throttled,
    };
    let reply = match answer.result {
        Ok(reply) => reply,
        Err(Silence::Blocked(why)) => return Grant::Blocked(why),
        Err(silence) => return failed(silence.to_string(), None, false),
    };
    let status = reply.status;
    let wait = retry_after(&reply.headers, clock);
    let (body, broken) = match reply.body.whole() {
        Ok(body) => (body, None),
        Err(why) => (&[][..], Some(why)),
    };
    let words = || failure_text(status, &dialect.explanation(body), secrets);
    match (status, broken) {
        (200..=299, Some(why)) => failed(format!("HTTP {status}, but {why}"), wait, false),
        (200..=299, None) => {
            let Some((token, life)) = dialect.token(&reply.headers, body) else {
                return match dialect.denial(body) {
                    Some(Denial::Final) => Grant::Refused(words()),
                    Some(Denial::Temporary) => failed(words(), wait, false),
                    // The body is not quoted: it may hold a token in a form that we cannot read.
                    None => {
                        let why = format!("HTTP {status} without a usable {}", dialect.wanted());
                        failed(why, wait, false)
                    }
                };
            };
            // The token may have been made as early as the request was sent, so its life counts from then.
            secrets.remember_obtained(&token);
            let gone = answer.sent_at.elapsed();
            Grant::Issued(token, life.map(|life| life.saturating_sub(gone)))
        }
        (300..=399, _) => Grant::Refused(format!(
            "HTTP {status} sends elsewhere{}, and no password follows: check the URL",
            redirect_target(&reply.headers, secrets)
        )),
        (408 | 425 | 429 | 500..=599, _) => failed(words(), wait, status == 429),
        _ if dialect.denial(body) == Some(Denial::Temporary) => failed(words(), wait, false),
        _ => Grant::Refused(words()),
    }
}

/// The target of a redirect, without secrets in the address.
fn redirect_target(headers: &HeaderMap, secrets: &Secrets) -> String {
    let Some(location) = headers.get(header::LOCATION) else {
        return String::new();
    };
    let location = String::from_utf8_lossy(location.as_bytes());
    format!(" (to {})", without_secrets(&secrets.redact(&location)))
}

/// The explanation of a failure with its HTTP status. Secrets are removed before and after the text is
/// extracted from a page, because a page may write them in another form.
pub(super) fn failure_text(status: u16, account: &str, secrets: &Secrets) -> String {
    let words = secrets.redact(&readable_text(&secrets.redact(account)));
    if words.is_empty() {
        format!("HTTP {status}")
    } else {
        format!("HTTP {status}: {words}")
    }
}
