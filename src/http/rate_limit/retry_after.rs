//! Reads `Retry-After`: how long a server asks clients to wait (RFC 9110 §10.2.3).

use std::time::Duration;

use crate::domain::Clock;
use crate::http::HeaderMap;

use super::header_time::time_until;

/// The longest wait that is accepted. A server that asks for more gets the next request after this.
pub(crate) const LONGEST_RETRY_AFTER: Duration = Duration::from_hours(1);

/// The most values that are read; RFC 9110 allows one.
const MOST_VALUES: usize = 8;

/// The wait that `Retry-After`, or else `X-Retry-After`, asks for, in any form of a time (see
/// `header_time`). A time in the past is a wait of zero; other text counts as absent.
pub(crate) fn retry_after(headers: &HeaderMap, clock: Clock) -> Option<Duration> {
    // Most answers have neither. To see that takes one look at each name that is there.
    if !headers
        .keys()
        .any(|name| name.as_str().ends_with("retry-after"))
    {
        return None;
    }
    let wait = ["retry-after", "x-retry-after"]
        .iter()
        .flat_map(|name| headers.get_all(*name))
        .take(MOST_VALUES)
        .find_map(|value| time_until(value.to_str().ok()?, headers, clock))?;
    if wait > LONGEST_RETRY_AFTER {
        tracing::warn!(
            asked_s = wait.as_secs(),
            granted_s = LONGEST_RETRY_AFTER.as_secs(),
            "the server asks for a very long wait"
        );
    }
    Some(wait.min(LONGEST_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Timestamp;
    use crate::http::{HeaderName, HeaderValue};

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
            ("1994-11-06T08:49:37Z", Some(30.0)),
            ("2094-11-06T08:49:37Z", Some(3600.0)),
            ("4000000000", Some(3600.0)),
            ("4000000000000", Some(3600.0)),
            ("1000000001", Some(3600.0)),
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
    fn x_retry_after_counts_if_retry_after_cannot_be_read() {
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
                    prop_assert!(wait <= LONGEST_RETRY_AFTER);
                }
            }
        }
    }
}
