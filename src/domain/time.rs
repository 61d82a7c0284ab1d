//! Wall-clock time, for records. Waits and rate limits use tokio's clock instead.

use std::fmt;
use std::time::Duration;

use crate::domain::one_or_many;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// A moment, in milliseconds since the epoch.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// The moment that is this long before this one.
    #[must_use]
    pub fn before(self, time: Duration) -> Self {
        let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(millis))
    }

    /// The time from `earlier` to this moment. `None` if `earlier` is later, because the clock was set back.
    pub fn since(self, earlier: Self) -> Option<Duration> {
        let millis = self.0.checked_sub(earlier.0)?;
        Some(Duration::from_millis(u64::try_from(millis).ok()?))
    }

    /// How long before this moment `earlier` was, in words and in one unit: `2 hours ago`.
    pub fn after(self, earlier: Self) -> String {
        let Some(age) = self.since(earlier) else {
            return format!("{earlier}, which is later than this machine's clock");
        };
        let seconds = age.as_secs();
        let (number, one, many) = match seconds {
            0..60 => return "less than a minute ago".to_owned(),
            60..3600 => (seconds / 60, "minute", "minutes"),
            3600..172_800 => (seconds / 3600, "hour", "hours"),
            _ => (seconds / 86_400, "day", "days"),
        };
        format!("{number} {} ago", one_or_many(number, one, many))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with milliseconds, as in every report.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => write!(f, "{time:.3}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

/// Where the wall-clock time comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that always shows this time, for tests.
    Fixed(Timestamp),
}

impl Clock {
    /// The present moment.
    pub fn now(self) -> Timestamp {
        match self {
            Self::System => Timestamp(jiff::Timestamp::now().as_millisecond()),
            Self::Fixed(time) => time,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_has_one_unit() {
        for (seconds, words) in [
            (59, "less than a minute ago"),
            (60, "1 minute ago"),
            (7199, "1 hour ago"),
            (172_799, "47 hours ago"),
            (864_000, "10 days ago"),
        ] {
            assert_eq!(Timestamp(seconds * 1000).after(Timestamp(0)), words);
        }
        let words = "1970-01-01T00:00:01.000Z, which is later than this machine's clock";
        assert_eq!(Timestamp(0).after(Timestamp(1000)), words);
    }

    #[test]
    fn times_are_printed_with_milliseconds_in_utc() {
        assert_eq!(Timestamp(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(
            Timestamp(1_571_088_565_713).to_string(),
            "2019-10-14T21:29:25.713Z"
        );
        assert_eq!(Timestamp(i64::MAX).to_string(), "9223372036854775807 ms");
    }
}
