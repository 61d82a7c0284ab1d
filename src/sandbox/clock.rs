//! The only place where the sandbox reads the wall clock, and the two formats in which it prints a time.
//!
//! Measuring and waiting use tokio's clock. Wall time is used in answers only (token expiry, `lastModified`,
//! HTTP dates). It knows nothing of users, tokens or requests.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAY_MS: i64 = 86_400_000;

/// The time of day now.
#[expect(
    clippy::disallowed_methods,
    reason = "answers carry real dates; nothing is measured or waited for with this"
)]
pub(crate) fn wall() -> SystemTime {
    SystemTime::now()
}

/// The time of day now, in milliseconds since 1970.
pub(crate) fn wall_ms() -> i64 {
    let since = wall().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// An HTTP date that is not before `now + wait`, and the real time until it.
///
/// HTTP dates have whole seconds: rounding down would let a client come back too early.
pub(crate) fn http_date_after(now: SystemTime, wait: Duration) -> (String, Duration) {
    let exact = now.duration_since(UNIX_EPOCH).unwrap_or_default() + wait;
    let whole = exact.as_secs() + u64::from(exact.subsec_nanos() > 0);
    let date = UNIX_EPOCH + Duration::from_secs(whole);
    let distance = date.duration_since(now).unwrap_or_default();
    (httpdate::fmt_http_date(date), distance)
}

/// Milliseconds since 1970 as the service prints them, such as `2019-01-15T22:04:19.000+00:00`.
pub(crate) fn timestamp(ms: i64) -> String {
    let (days, rest) = (ms.div_euclid(DAY_MS), ms.rem_euclid(DAY_MS));
    // Civil date from a day count, with years that begin in March so that the leap day is last.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60);
    let (second, milli) = (rest / 1_000 % 60, rest % 1_000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}+00:00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_civil() {
        assert_eq!(timestamp(0), "1970-01-01T00:00:00.000+00:00");
        assert_eq!(
            timestamp(1_750_736_826_007),
            "2025-06-24T03:47:06.007+00:00"
        );
        assert_eq!(
            timestamp(1_709_164_800_000),
            "2024-02-29T00:00:00.000+00:00"
        );
        assert_eq!(
            timestamp(1_735_689_599_999),
            "2024-12-31T23:59:59.999+00:00"
        );
    }

    #[test]
    fn http_dates_are_never_too_early() {
        let now = UNIX_EPOCH + Duration::from_millis(1_571_088_565_713);
        let (text, distance) = http_date_after(now, Duration::from_secs(2));
        assert_eq!(text, "Mon, 14 Oct 2019 21:29:28 GMT");
        assert_eq!(distance, Duration::from_millis(2_287));
    }
}
