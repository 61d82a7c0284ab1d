//! The `RateLimit` field: a list of policies and what remains of each.

use std::cmp::Reverse;
use std::time::Duration;

use super::{MOST_MEMBERS, count, texts};
use crate::domain::Allowance;
use crate::http::HeaderMap;
use crate::http::moment::seconds;

/// What `RateLimit` says, in whichever edition.
pub(super) fn field(headers: &HeaderMap) -> Option<Allowance> {
    let members = || members(headers, "ratelimit");
    let present = members().filter_map(|member| {
        let left = parameter(member, "t").and_then(seconds);
        Some(Allowance {
            remaining: parameter(member, "r").and_then(count)?,
            resets_in: left.or_else(|| window(headers, name(member)))?,
        })
    });
    let older = |key| members().find_map(|member| parameter(member, key));
    present.min_by_key(tightness).or_else(|| {
        Some(Allowance {
            remaining: older("remaining").and_then(count)?,
            resets_in: older("reset").and_then(seconds)?,
        })
    })
}

/// What is smallest for the tightest: those that are used up first, then those that leave the most
/// time for each request, then those that last longest.
fn tightness(allowance: &Allowance) -> (Reverse<Duration>, Reverse<Duration>) {
    let Allowance {
        remaining,
        resets_in,
    } = *allowance;
    let each = match u32::try_from(remaining) {
        Ok(0) => Duration::MAX,
        Ok(some) => resets_in / some,
        Err(_) => Duration::ZERO,
    };
    (Reverse(each), Reverse(resets_in))
}

/// The window of the policy of this name.
fn window(headers: &HeaderMap, wanted: &str) -> Option<Duration> {
    members(headers, "ratelimit-policy")
        .find(|member| name(member) == wanted)
        .and_then(|member| parameter(member, "w"))
        .and_then(seconds)
}

/// The members of the list that the header holds.
fn members<'a>(headers: &'a HeaderMap, header: &'static str) -> impl Iterator<Item = &'a str> {
    let all = texts(headers, header).flat_map(|line| split(line, ','));
    all.take(MOST_MEMBERS)
}

fn name(member: &str) -> &str {
    split(member, ';').next().unwrap_or_default().trim()
}

fn parameter<'a>(member: &'a str, wanted: &str) -> Option<&'a str> {
    split(member, ';').find_map(|part| {
        let (key, value) = part.split_once('=')?;
        (key.trim() == wanted).then(|| value.trim())
    })
}

/// Splits at a sign, but not within quotes (RFC 9651 strings; a backslash takes the next sign along).
fn split(text: &str, at: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |sign| {
        match sign {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
        !quoted && sign == at
    })
}
