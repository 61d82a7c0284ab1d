//! How many more requests a server says it grants: draft-ietf-httpapi-ratelimit-headers in its
//! several editions, and the `X-` headers that came before it.

mod field;

use std::time::Duration;

use crate::domain::{Allowance, Clock};
use crate::http::{HeaderMap, moment};
use field::field;

/// Farthest reset that is believed: quotas are per day at most.
const FARTHEST: Duration = Duration::from_hours(24);

/// Members of a list that are looked at, at most: each one is a policy of the server.
const MOST_MEMBERS: usize = 32;

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

/// The allowance that an answer reports; the tightest if it reports several. What is malformed or
/// incomplete counts as absent.
///
/// `RateLimit: "name";r=5;t=30` is the present draft, where `RateLimit-Policy: "name";q=9;w=60` gives
/// the window for want of a `t`; `RateLimit: remaining=5, reset=30` an edition before. A reset is a
/// time in whichever form (see `http::moment`).
pub fn allowance(headers: &HeaderMap, clock: Clock) -> Option<Allowance> {
    let (header, allowance) = field(headers)
        .map(|found| ("ratelimit", found))
        .or_else(|| {
            TRIPLES.iter().find_map(|(limit, remaining, reset)| {
                // A limit of zero on an answer means no limit: the operator of the server has switched it off.
                if text(headers, limit).and_then(count) == Some(0) {
                    return None;
                }
                let found = Allowance {
                    remaining: count(text(headers, remaining)?)?,
                    resets_in: moment::wait(text(headers, reset)?, headers, clock)?,
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
    let values = values.take(MOST_MEMBERS);
    values.filter_map(|value| value.to_str().ok())
}

fn text<'a>(headers: &'a HeaderMap, name: &'static str) -> Option<&'a str> {
    texts(headers, name).next().map(str::trim)
}

fn count(text: &str) -> Option<u64> {
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    let digits = !whole.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    // A number that does not fit is larger than any number of requests that a run will send.
    digits.then(|| whole.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;
