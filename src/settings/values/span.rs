//! Lengths of time as people write them: `30s`, `5m`, `1h 30m`, `500ms`, `90d`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::settings::SettingsError;
use crate::settings::values::RawValue;

/// A length of time, zero or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "RawValue", into = "String")]
pub struct Span(pub Duration);

/// Longer than any job takes, and short enough that it can be added to any moment.
const LONGEST: Duration = Duration::from_hours(10 * 366 * 24);

/// The text is no length of time that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// It cannot be read.
    #[error("`{0}` is no length of time: write `30s`, `5m` or `1h 30m`")]
    Unreadable(String),
    /// It cannot be meant.
    #[error("`{0}` is too long: ten years at most")]
    TooLong(String),
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let span = days(text.trim())
            .or_else(|| {
                let span = text.trim().parse::<jiff::SignedDuration>().ok()?;
                Duration::try_from(span).ok()
            })
            .ok_or_else(|| SpanError::Unreadable(text.to_owned()))?;
        if span > LONGEST {
            return Err(SpanError::TooLong(text.to_owned()));
        }
        Ok(Self(span))
    }
}

/// Whole days of 24 hours: `90d`. The library leaves days to calendars.
fn days(text: &str) -> Option<Duration> {
    let days: u64 = text.strip_suffix('d')?.trim_end().parse().ok()?;
    days.checked_mul(24 * 60 * 60).map(Duration::from_secs)
}

impl TryFrom<RawValue> for Span {
    type Error = SpanError;

    fn try_from(written: RawValue) -> Result<Self, Self::Error> {
        written.to_string().parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::SignedDuration::try_from(self.0) {
            Ok(span) => write!(f, "{span:#}"),
            Err(_) => write!(f, "{:?}", self.0),
        }
    }
}

/// The length of time that a flag gives to something that needs some.
///
/// # Errors
/// [`SettingsError::NoTime`] if it is zero.
pub(in crate::settings) fn some_time(
    flag: &'static str,
    Span(time): Span,
) -> Result<Duration, SettingsError> {
    match time {
        Duration::ZERO => Err(SettingsError::NoTime(flag)),
        time => Ok(time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_as_people_write_them() {
        for (text, millis) in [
            ("30s", 30_000),
            ("5m", 300_000),
            ("1h 30m", 5_400_000),
            ("500ms", 500),
            ("0s", 0),
            ("2d", 172_800_000),
        ] {
            let span: Span = text.parse().unwrap();
            assert_eq!(span.0, Duration::from_millis(millis), "{text}");
            assert_eq!(span.to_string().parse(), Ok(span), "{text}");
        }
        for text in ["", "5", "-5s", "soon", "1e3s", "2562047788015215h"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }
}
