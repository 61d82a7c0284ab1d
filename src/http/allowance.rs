//! How many more requests a server says it grants: draft-ietf-httpapi-ratelimit-headers in its
//! several editions, and the `X-` headers that came before it.

mod field;

use std::time::Duration;

use crate::domain::{Allowance, Clock};
use crate::http::HeaderMap;
use crate::http::retry_after::{now_millis, until};
use field::field;

/// Farthest reset that is believed: quotas are per day at most.
const FARTHEST: Duration = Duration::from_hours(24);

/// Seconds from which a reset is a moment, not a span: 2001-09-09.
const EPOCH_SECONDS: f64 = 1e9;

/// Seconds from which a moment is meant in milliseconds: the year 5138.
const EPOCH_MILLIS: f64 = 1e11;

/// What older editions and gateways send, best defined first: limit, remaining, reset.
const TRIPLES: [(&str, &str, &str); 3] = [
    ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"),
    (
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
    ),
    (
        "x-rate-limit-limit",
        "x-rate-limit-remaining",
        "x-rate-limit-reset",
    ),
];

/// The allowance that an answer tells of; the tightest if it tells of several. What is malformed or
/// incomplete counts as absent.
///
/// `RateLimit: "name";r=5;t=30` is the present draft, where `RateLimit-Policy: "name";q=9;w=60` gives
/// the window for want of a `t`; `RateLimit: remaining=5, reset=30` an edition before. A reset is a
/// span in seconds, or a moment in seconds or milliseconds since the epoch, or a date; moments count
/// from the server's own `Date` if there is one.
pub fn allowance(headers: &HeaderMap, clock: Clock) -> Option<Allowance> {
    let (header, allowance) = field(headers)
        .map(|found| ("ratelimit", found))
        .or_else(|| {
            TRIPLES.iter().find_map(|(limit, remaining, reset)| {
                // A limit of nothing on an answer stands for none: whoever sets it switched it off.
                if text(headers, limit).and_then(count) == Some(0) {
                    return None;
                }
                let found = Allowance {
                    remaining: count(text(headers, remaining)?)?,
                    resets_in: reset_of(text(headers, reset)?, headers, clock)?,
                };
                Some((*remaining, found))
            })
        })?;
    let Allowance {
        remaining,
        resets_in,
    } = allowance;
    let resets_in = resets_in.min(FARTHEST);
    tracing::trace!(header, remaining, resets_in_s = resets_in.as_secs());
    Some(Allowance {
        remaining,
        resets_in,
    })
}

fn texts<'a>(headers: &'a HeaderMap, name: &'static str) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).into_iter();
    values.filter_map(|value| value.to_str().ok())
}

fn text<'a>(headers: &'a HeaderMap, name: &'static str) -> Option<&'a str> {
    texts(headers, name).next().map(str::trim)
}

fn count(text: &str) -> Option<u64> {
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    let digits = !whole.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    // What does not fit is more than anybody will ask for.
    digits.then(|| whole.parse().unwrap_or(u64::MAX))
}

fn seconds(text: &str) -> Option<f64> {
    // `f64` would also take a sign, an exponent, `inf` and `nan`.
    let digits = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    digits.then(|| text.parse().ok()).flatten()
}

fn span(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

fn reset_of(text: &str, headers: &HeaderMap, clock: Clock) -> Option<Duration> {
    let Some(number) = seconds(text) else {
        let exact = || text.parse::<jiff::Timestamp>().ok();
        return until(text, headers, clock).or_else(|| {
            let then = exact()?.as_millisecond();
            let wait = then.saturating_sub(now_millis(headers, clock));
            Some(Duration::from_millis(u64::try_from(wait).unwrap_or(0)))
        });
    };
    if number <= EPOCH_SECONDS {
        return Some(span(number));
    }
    let then = span(if number > EPOCH_MILLIS {
        number / 1000.0
    } else {
        number
    });
    let now = u64::try_from(now_millis(headers, clock)).unwrap_or(0);
    Some(then.saturating_sub(Duration::from_millis(now)))
}

#[cfg(test)]
mod tests;
