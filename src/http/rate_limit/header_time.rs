//! Reads times in headers: a number of seconds, a time since the epoch, an HTTP date, a date of ISO 8601,
//! or a duration with units.
//!
//! Any other text is `None`, and a time in the past is a wait of zero. The caller limits the result.

use std::time::{Duration, UNIX_EPOCH};

use crate::domain::Clock;
use crate::http::HeaderMap;

/// A number above this is a time since the epoch (after 2001-09-09), not a wait of 31 years.
const EPOCH_SECONDS: f64 = 1e9;

/// The units of a time since the epoch: seconds, milliseconds, microseconds, nanoseconds. A number is in
/// the first unit in which it is before the year 5138.
const FRACTIONS: [f64; 4] = [1.0, 1e3, 1e6, 1e9];

/// The last second since the epoch that is accepted: the year 5138.
const LAST_SECOND: f64 = 1e11;

/// The longest text that is read, in bytes. The longest form is a date of about 40 bytes.
const LONGEST_TEXT: usize = 100;

/// The time from now until the time that `text` names. A date counts from the server's own `Date` header,
/// if there is one, because the two clocks may differ.
pub(in crate::http) fn time_until(
    text: &str,
    headers: &HeaderMap,
    clock: Clock,
) -> Option<Duration> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST_TEXT {
        return None;
    }
    if let Some(number) = number(text) {
        return Some(if number <= EPOCH_SECONDS {
            span(number)
        } else {
            let now = u64::try_from(now_millis(headers, clock)).unwrap_or(0);
            epoch(number).saturating_sub(Duration::from_millis(now))
        });
    }
    if let Some(then) = date_millis(text).or_else(|| iso_millis(text)) {
        let wait = then.saturating_sub(now_millis(headers, clock));
        return Some(Duration::from_millis(u64::try_from(wait).unwrap_or(0)));
    }
    let units = text.parse::<jiff::SignedDuration>().ok()?;
    Duration::try_from(units).ok()
}

/// A number of seconds: digits, with or without a fraction.
pub(in crate::http) fn seconds(text: &str) -> Option<Duration> {
    number(text.trim()).map(span)
}

/// Milliseconds since the epoch, by the server's `Date` header.
pub(crate) fn server_millis(headers: &HeaderMap) -> Option<i64> {
    date_millis(headers.get("date")?.to_str().ok()?)
}

/// Milliseconds since the epoch, by the server's clock if it says, else by ours.
fn now_millis(headers: &HeaderMap, clock: Clock) -> i64 {
    server_millis(headers).unwrap_or_else(|| clock.now().as_millis())
}

fn number(text: &str) -> Option<f64> {
    // `f64` would also take a sign, an exponent, `inf` and `nan`.
    let digits = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    digits.then(|| text.parse().ok()).flatten()
}

fn span(seconds: f64) -> Duration {
    // What does not fit a duration is above every limit of a caller.
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

/// The time since the epoch that a number means.
fn epoch(number: f64) -> Duration {
    let seconds = FRACTIONS.iter().map(|fraction| number / fraction);
    let fits = |seconds: &f64| *seconds <= LAST_SECOND;
    span(seconds.clone().find(fits).unwrap_or(f64::INFINITY))
}

fn date_millis(text: &str) -> Option<i64> {
    let date = httpdate::parse_http_date(text.trim()).ok()?;
    let since = date.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}

/// A date and a time of ISO 8601; without an offset they are taken for UTC.
fn iso_millis(text: &str) -> Option<i64> {
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(moment.as_millisecond());
    }
    let is_date = text.len() > 10 && text.as_bytes()[0].is_ascii_digit();
    let local = is_date.then(|| text.parse::<jiff::civil::DateTime>().ok())??;
    let moment = jiff::tz::TimeZone::UTC.to_timestamp(local).ok()?;
    Some(moment.as_millisecond())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Timestamp;
    use crate::http::{HeaderName, HeaderValue};

    /// 2023-11-14T22:13:20Z.
    const NOW: i64 = 1_700_000_000_000;

    fn until(text: &str) -> Option<f64> {
        let clock = Clock::Fixed(Timestamp::from_millis(NOW));
        time_until(text, &HeaderMap::new(), clock).map(|wait| wait.as_secs_f64())
    }

    #[test]
    fn every_form_of_a_time_is_read() {
        for (text, expected) in [
            ("30", 30.0),
            (" 0.5 ", 0.5),
            ("0", 0.0),
            ("999999999", 999_999_999.0),
            ("1700000042", 42.0),
            ("1700000042.5", 42.5),
            ("1700000042500", 42.5),
            ("1700000042500000", 42.5),
            ("1600000000", 0.0),
            ("1600000000000", 0.0),
            ("Tue, 14 Nov 2023 22:14:20 GMT", 60.0),
            ("Tuesday, 14-Nov-23 22:14:20 GMT", 60.0),
            ("Tue Nov 14 22:14:20 2023", 60.0),
            ("2023-11-14T22:14:20Z", 60.0),
            ("2023-11-14T23:14:20.5+01:00", 60.5),
            ("2023-11-14 22:14:20Z", 60.0),
            ("2023-11-14T22:14:20", 60.0),
            ("20231114T221420Z", 60.0),
            ("2023-11-14T22:00:00Z", 0.0),
            ("PT1M30S", 90.0),
            ("6m0s", 360.0),
            ("250ms", 0.25),
            ("30 seconds", 30.0),
        ] {
            let found = until(text);
            let near = found.is_some_and(|found| (found - expected).abs() < 0.001);
            assert!(near, "{text}: {found:?}");
        }
    }

    #[test]
    fn other_texts_are_none() {
        for text in [
            "",
            " ",
            ".",
            "-1",
            "+5",
            "1e3",
            "inf",
            "nan",
            "1.2.3",
            "soon",
            "-30s",
            "2023-11-14T25:00Z",
            "0x10",
            "1,5",
        ] {
            assert_eq!(until(text), None, "{text:?}");
        }
        assert_eq!(until(&"9".repeat(LONGEST_TEXT + 1)), None);
        // Beyond every clock: the caller limits it.
        assert!(until("99999999999999999999999999999999999").unwrap() > 1e12);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text: String, digits in "[0-9.]{0,40}", date in "[0-9TZ:. +-]{0,40}", now: i64) {
            let clock = Clock::Fixed(Timestamp::from_millis(now));
            for text in [text, digits, date] {
                let mut headers = HeaderMap::new();
                if let Ok(value) = HeaderValue::from_str(&text) {
                    headers.insert(HeaderName::from_static("date"), value);
                }
                let _ = time_until(&text, &headers, clock);
            }
        }

        #[test]
        fn a_time_means_the_same_in_each_form(later in 0_u32..1_000_000_000) {
            let then = NOW / 1000 + i64::from(later);
            let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(then.unsigned_abs()));
            let iso = jiff::Timestamp::from_second(then).unwrap().to_string();
            let forms = [then.to_string(), format!("{then}000"), date, iso];
            for form in forms {
                let found = until(&form).unwrap();
                prop_assert!((found - f64::from(later)).abs() < 0.001, "{}: {}", form, found);
            }
        }
    }
}
