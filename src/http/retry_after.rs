//! How long a server asks to be left alone (RFC 9110 §10.2.3).

use std::time::{Duration, UNIX_EPOCH};

use crate::domain::Clock;
use crate::http::{HeaderMap, HeaderValue};

/// Longest wait that is granted. A server that asks for more is asked again after this.
pub const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// The wait that `Retry-After`, or else `X-Retry-After`, asks for: seconds (fractions are seen in
/// the wild) or a date, which counts from the server's own `Date` if there is one, since our clocks
/// may differ. A past date is no wait; text that is neither counts as absent.
pub fn retry_after(headers: &HeaderMap, clock: Clock) -> Option<Duration> {
    let wait = ["retry-after", "x-retry-after"]
        .iter()
        .flat_map(|name| headers.get_all(*name))
        .find_map(|value| seconds(value).or_else(|| until(value.to_str().ok()?, headers, clock)))?;
    if wait > LONGEST_WAIT {
        tracing::warn!(
            asked_s = wait.as_secs(),
            granted_s = LONGEST_WAIT.as_secs(),
            "the server asks for a very long wait"
        );
    }
    Some(wait.min(LONGEST_WAIT))
}

/// Milliseconds since the epoch, by the server's `Date` header.
pub(crate) fn server_millis(headers: &HeaderMap) -> Option<i64> {
    date_millis(headers.get("date")?.to_str().ok()?)
}

fn seconds(value: &HeaderValue) -> Option<Duration> {
    let text = value.to_str().ok()?.trim();
    // `f64` would also take a sign, an exponent, `inf` and `nan`.
    if !text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    let seconds = text.parse::<f64>().ok()?;
    // What does not fit a duration is far beyond every cap.
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

/// Time until an HTTP date; a past one is no time.
pub(super) fn until(text: &str, headers: &HeaderMap, clock: Clock) -> Option<Duration> {
    let wait = date_millis(text)?.saturating_sub(now_millis(headers, clock));
    Some(Duration::from_millis(u64::try_from(wait).unwrap_or(0)))
}

/// Milliseconds since the epoch, by the server's clock if it tells, else by ours.
pub(super) fn now_millis(headers: &HeaderMap, clock: Clock) -> i64 {
    server_millis(headers).unwrap_or_else(|| clock.now().as_millis())
}

fn date_millis(text: &str) -> Option<i64> {
    let date = httpdate::parse_http_date(text.trim()).ok()?;
    let since = date.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Timestamp;
    use crate::http::HeaderName;

    /// 1994-11-06T08:49:37Z, the date of RFC 9110's examples.
    const NOON: i64 = 784_111_777_000;

    fn wait(headers: &[(&str, &[u8])]) -> Option<Duration> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                HeaderName::try_from(*name).unwrap(),
                HeaderValue::from_bytes(value).unwrap(),
            );
        }
        retry_after(&map, Clock::Fixed(Timestamp::from_millis(NOON - 30_000)))
    }

    #[test]
    fn seconds_and_dates_are_understood_and_capped() {
        for (text, expected) in [
            ("7", Some(7.0)),
            (" 0 ", Some(0.0)),
            ("1.5", Some(1.5)),
            ("99999999999999999999999999", Some(3600.0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(30.0)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(30.0)),
            ("Sun Nov  6 08:49:37 1994", Some(30.0)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0.0)),
            ("Sat, 06 Nov 2094 08:00:00 GMT", Some(3600.0)),
            ("", None),
            ("-1", None),
            ("1e3", None),
            ("inf", None),
            ("nan", None),
            (".", None),
            ("1.2.3", None),
            ("soon", None),
        ] {
            let found = wait(&[("retry-after", text.as_bytes())]);
            assert_eq!(found, expected.map(Duration::from_secs_f64), "{text:?}");
        }
    }

    #[test]
    fn a_date_counts_from_the_servers_own_clock() {
        let found = wait(&[
            ("date", b"Sun, 06 Nov 1994 08:49:27 GMT"),
            ("retry-after", b"Sun, 06 Nov 1994 08:49:37 GMT"),
        ]);
        assert_eq!(found, Some(Duration::from_secs(10)));
    }

    #[test]
    fn the_other_spelling_counts_when_the_first_says_nothing() {
        let found = wait(&[("x-retry-after", b"4"), ("retry-after", b"later")]);
        assert_eq!(found, Some(Duration::from_secs(4)));
        let both = wait(&[("x-retry-after", b"4"), ("retry-after", b"5")]);
        assert_eq!(both, Some(Duration::from_secs(5)));
        assert_eq!(wait(&[]), None);
    }

    proptest! {
        #[test]
        fn no_header_breaks_the_cap(value: Vec<u8>, digits in "[0-9.]{0,40}") {
            for bytes in [value, digits.into_bytes()] {
                let Ok(header) = HeaderValue::from_bytes(&bytes) else { continue };
                let mut map = HeaderMap::new();
                map.insert("retry-after", header.clone());
                map.insert("date", header);
                if let Some(wait) = retry_after(&map, Clock::Fixed(Timestamp::from_millis(NOON))) {
                    prop_assert!(wait <= LONGEST_WAIT);
                }
            }
        }
    }
}
