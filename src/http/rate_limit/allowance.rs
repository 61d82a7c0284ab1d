//! Reads how many more requests a server grants: draft-ietf-httpapi-ratelimit-headers in its
//! editions, and the older `X-` headers.

use std::cmp::Reverse;
use std::time::Duration;

use crate::domain::{Allowance, Clock};
use crate::http::{HeaderMap, HeaderName};

use super::header_time::{seconds, time_until};

/// The longest time to a reset that is accepted: quotas are per day at most.
const FARTHEST: Duration = Duration::from_hours(24);

/// The most members of a list that are read. Each one is a policy of the server.
const MOST_MEMBERS: usize = 32;

/// The headers of older editions and of gateways, best defined first: limit, remaining, reset.
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

/// The allowance that an answer reports; the strictest if it reports several. A malformed or incomplete
/// header counts as absent.
///
/// The present draft is `RateLimit: "name";r=5;t=30`; without a `t` the window is read from
/// `RateLimit-Policy: "name";q=9;w=60`. An older edition is `RateLimit: remaining=5, reset=30`. A reset is a
/// time in any form (see `header_time`).
pub(crate) fn allowance(headers: &HeaderMap, clock: Clock) -> Option<Allowance> {
    // Most answers have none of these headers. To see that takes one look at each name that is there.
    let is_about_a_limit = |name: &HeaderName| {
        let name = name.as_str();
        name.starts_with("ratelimit") || name.starts_with("x-rate")
    };
    if !headers.keys().any(is_about_a_limit) {
        return None;
    }
    let (header, allowance) = field(headers)
        .map(|found| ("ratelimit", found))
        .or_else(|| {
            TRIPLES.iter().find_map(|(limit, remaining, reset)| {
                // A limit of zero on an answer means no limit: the operator of the server has switched it
                // off.
                if text(headers, limit).and_then(count) == Some(0) {
                    return None;
                }
                let found = Allowance {
                    remaining: count(text(headers, remaining)?)?,
                    resets_in: time_until(text(headers, reset)?, headers, clock)?,
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

/// Reads the `RateLimit` field, a list of policies and what remains of each, in all its editions.
fn field(headers: &HeaderMap) -> Option<Allowance> {
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

/// A key that is smallest for the strictest allowance: one that is used up, then one that leaves the most
/// time for each request, then one that lasts longest.
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

/// Splits at a character, but not within quotes (strings of RFC 9651, in which a backslash escapes the next
/// character).
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

#[cfg(test)]
mod tests {
    //! Headers as real services send them.

    use proptest::prelude::*;

    use super::*;
    use crate::domain::Timestamp;
    use crate::http::HeaderValue;

    /// 2023-11-14T22:13:20Z.
    const NOW: i64 = 1_700_000_000_000;

    /// Reads `name: value` lines.
    fn read(lines: &str) -> Option<(u64, f64)> {
        let mut map = HeaderMap::new();
        for line in lines.lines() {
            let (name, value) = line.split_once(':').unwrap();
            map.append(
                HeaderName::try_from(name.trim()).unwrap(),
                HeaderValue::from_str(value.trim()).unwrap(),
            );
        }
        let found = allowance(&map, Clock::Fixed(Timestamp::from_millis(NOW)))?;
        Some((found.remaining, found.resets_in.as_secs_f64()))
    }

    #[test]
    fn triples_are_understood_in_every_spelling() {
        for spelling in ["RateLimit", "X-RateLimit", "X-Rate-Limit", "x-ratelimit"] {
            for (reset, expected) in [
                ("30", 30.0),
                ("0.5", 0.5),
                ("0", 0.0),
                ("1700000042", 42.0),
                ("1700000042.5", 42.5),
                ("1700000042500", 42.5),
                ("1600000000", 0.0),
                ("999999999", 86400.0),
                ("99999999999999999999999999999", 86400.0),
                ("Tue, 14 Nov 2023 22:14:20 GMT", 60.0),
                ("Tue, 14 Nov 2023 22:00:00 GMT", 0.0),
                ("2023-11-14T22:14:20Z", 60.0),
                ("2023-11-14T22:00:00+00:00", 0.0),
            ] {
                let lines = format!(
                    "{spelling}-Limit: 100\n{spelling}-Remaining: 7\n{spelling}-Reset: {reset}"
                );
                assert_eq!(read(&lines), Some((7, expected)), "{lines}");
            }
        }
    }

    #[test]
    fn dates_count_from_the_servers_own_clock() {
        let lines =
            "Date: Tue, 14 Nov 2023 22:13:30 GMT\nX-RateLimit-Remaining: 7\nX-RateLimit-Reset: ";
        for reset in [
            "1700000042",
            "Tue, 14 Nov 2023 22:14:02 GMT",
            "2023-11-14T22:14:02Z",
        ] {
            assert_eq!(read(&format!("{lines}{reset}")), Some((7, 32.0)));
        }
    }

    #[test]
    fn a_malformed_or_incomplete_header_counts_as_absent() {
        for (remaining, reset) in [
            ("-1", "30"),
            ("", "30"),
            (".5", "30"),
            ("many", "30"),
            ("1e3", "30"),
            ("7", ""),
            ("7", "-30"),
            ("7", "soon"),
            ("7", "."),
            ("7", "nan"),
        ] {
            let lines = format!("RateLimit-Remaining: {remaining}\nRateLimit-Reset: {reset}");
            assert_eq!(read(&lines), None, "{lines}");
        }
        assert_eq!(
            read("X-RateLimit-Limit: 0\nX-RateLimit-Remaining: 0\nX-RateLimit-Reset: 9"),
            None
        );
        assert_eq!(read("RateLimit-Remaining: 7"), None);
        assert_eq!(read("X-RateLimit-Reset: 7\nRateLimit-Remaining: 7"), None);
        assert_eq!(read(""), None);
    }

    #[test]
    fn the_drafts_list_is_understood_and_its_tightest_member_counts() {
        for (lines, expected) in [
            (r#"RateLimit: "default";r=50;t=30"#, Some((50, 30.0))),
            ("RateLimit: default ; r=50 ; t=30", Some((50, 30.0))),
            (
                r#"RateLimit: "day";r=900;t=900, "min";r=2;t=20"#,
                Some((2, 20.0)),
            ),
            (
                "RateLimit: \"a\";r=0;t=5\nRateLimit: \"b\";r=0;t=50",
                Some((0, 50.0)),
            ),
            (r#"RateLimit: "a;r=1,\"b";r=3;t=4"#, Some((3, 4.0))),
            (
                "RateLimit: \"p\";r=3\nRateLimit-Policy: \"q\";q=9;w=7, \"p\";q=9;w=60",
                Some((3, 60.0)),
            ),
            (r#"RateLimit: "p";r=3"#, None),
            (r#"RateLimit: "p";t=3"#, None),
            (r#"RateLimit: "p;r=3;t=3"#, None),
            ("RateLimit: limit=9, remaining=4, reset=12", Some((4, 12.0))),
            (r#"RateLimit: "p";r=99999999999999999999;t=1"#, {
                Some((u64::MAX, 1.0))
            }),
        ] {
            assert_eq!(read(lines), expected, "{lines}");
        }
    }

    #[test]
    fn the_better_defined_header_wins() {
        let pair = "X-RateLimit-Remaining: 1\nX-RateLimit-Reset: 1\n";
        assert_eq!(
            read(&format!("{pair}RateLimit: \"p\";r=9;t=9")),
            Some((9, 9.0))
        );
        assert_eq!(
            read(&format!("{pair}RateLimit: \"p\";r=9")),
            Some((1, 1.0)),
            "an incomplete header does not replace a complete one"
        );
    }

    proptest! {
        #[test]
        fn no_header_breaks_the_cap(
            bytes: Vec<u8>,
            digits in "[0-9.]{0,40}",
            list in "[\"rtw=;,0-9\\\\]{0,40}",
            now: i64,
        ) {
            for bytes in [bytes, digits.into_bytes(), list.into_bytes()] {
                let Ok(header) = HeaderValue::from_bytes(&bytes) else { continue };
                let mut map = HeaderMap::new();
                for name in ["ratelimit", "ratelimit-policy", "date"] {
                    map.insert(name, header.clone());
                }
                for (limit, remaining, reset) in TRIPLES {
                    map.insert(limit, header.clone());
                    map.insert(reset, header.clone());
                    map.insert(remaining, HeaderValue::from_static("1"));
                }
                let clock = Clock::Fixed(Timestamp::from_millis(now));
                if let Some(found) = allowance(&map, clock) {
                    prop_assert!(found.resets_in <= FARTHEST);
                }
            }
        }
    }
}
