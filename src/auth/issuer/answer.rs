//! What an answer of a sign-in service means, whatever service it is.

use std::time::Duration;

use secrecy::SecretString;

use crate::auth::redact::Secrets;
use crate::auth::wire::Heard;
use crate::domain::{Clock, Silence};
use crate::http::{HeaderMap, header, retry_after, without_secrets, words};

use super::Grant;

/// How a service writes its answers.
pub(super) trait Dialect {
    /// The token in a good answer, and how long it lives from the moment it was asked for. `None` if
    /// there is none in it.
    fn token(&self, headers: &HeaderMap, body: &[u8]) -> Option<(SecretString, Option<Duration>)>;

    /// Whether the body says that there is no token, whatever the status of the answer says.
    fn denial(&self, body: &[u8]) -> Option<Denial>;

    /// What a good answer holds, for people.
    fn wanted(&self) -> &'static str {
        "token"
    }

    /// The service's account of a failure, or all of the text that came. It is not cut to length yet,
    /// so that secrets can still be found whole.
    fn account(&self, body: &[u8]) -> String;
}

/// A body that says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denial {
    /// Asking again is useless.
    Final,
    /// The service is not able to answer now.
    Temporary,
}

/// What one request for a token has brought.
pub(super) fn judge(
    heard: Heard,
    dialect: &impl Dialect,
    secrets: &Secrets,
    clock: Clock,
) -> Grant {
    let failed = |why, wait, throttled| Grant::Failed {
        why,
        wait,
        throttled,
    };
    let reply = match heard.reply {
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
    let words = || told(status, &dialect.account(body), secrets);
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
            // The life began when the token was made, at the earliest when it was asked for.
            secrets.obtained(&token);
            let gone = heard.asked.elapsed();
            Grant::Given(token, life.map(|life| life.saturating_sub(gone)))
        }
        (300..=399, _) => Grant::Refused(format!(
            "HTTP {status} sends elsewhere{}, and no password follows: check the URL",
            place(&reply.headers, secrets)
        )),
        (408 | 425 | 429 | 500..=599, _) => failed(words(), wait, status == 429),
        _ if dialect.denial(body) == Some(Denial::Temporary) => failed(words(), wait, false),
        _ => Grant::Refused(words()),
    }
}

/// Where a redirect points, without what may be a secret in the address.
fn place(headers: &HeaderMap, secrets: &Secrets) -> String {
    let Some(location) = headers.get(header::LOCATION) else {
        return String::new();
    };
    let location = String::from_utf8_lossy(location.as_bytes());
    format!(" (to {})", without_secrets(&secrets.redact(&location)))
}

/// A service's words for people, behind the status. Looked through for secrets before the page is
/// read and after: a page may spell them in its own way.
pub(super) fn told(status: u16, account: &str, secrets: &Secrets) -> String {
    let words = secrets.redact(&words(&secrets.redact(account)));
    if words.is_empty() {
        format!("HTTP {status}")
    } else {
        format!("HTTP {status}: {words}")
    }
}
