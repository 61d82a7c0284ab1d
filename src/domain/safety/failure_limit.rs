//! The limits at which a run stops by itself: how many users may fail, and how long the run may take.
//! Pure rules.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::domain::Timestamp;

/// How many users must have an outcome before a percentage is applied.
const SAMPLE: u64 = 50;

/// How many users may fail before the run stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureLimit {
    /// This many users may fail. One more stops the run.
    Users(u64),
    /// This percentage of the users with an outcome may fail. It is applied once 50 users have one.
    Percent(u8),
}

/// The text is not a limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a limit: write a number of users, or a percentage such as `5%`")]
pub struct FailureLimitError(String);

impl FailureLimit {
    /// Whether `failed` of `done` users are more than the limit allows.
    pub fn is_exceeded(self, failed: u64, done: u64) -> bool {
        match self {
            Self::Users(most) => failed > most,
            Self::Percent(most) => done >= SAMPLE && failed * 100 > u64::from(most) * done,
        }
    }
}

impl FromStr for FailureLimit {
    type Err = FailureLimitError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || FailureLimitError(text.to_owned());
        match text.trim().strip_suffix('%') {
            Some(percent) => match percent.trim().parse() {
                Ok(percent @ 0..=100) => Ok(Self::Percent(percent)),
                _ => Err(error()),
            },
            None => text.trim().parse().map(Self::Users).map_err(|_| error()),
        }
    }
}

impl fmt::Display for FailureLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Users(users) => write!(f, "{users}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

/// The limits at which a run stops by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many users may fail.
    pub failures: Option<FailureLimit>,
    /// How long the run may take, by the monotonic clock.
    pub duration: Option<Duration>,
    /// When the run stops, by the wall clock.
    pub until: Option<Timestamp>,
    /// How long an outage of the target may last.
    pub outage: Duration,
}

impl Default for Limits {
    /// No limit, except half an hour for an outage.
    fn default() -> Self {
        Self {
            failures: None,
            duration: None,
            until: None,
            outage: Duration::from_mins(30),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_read_back_from_their_text() {
        for text in ["0", "25", "5%", "100%"] {
            assert_eq!(text.parse::<FailureLimit>().unwrap().to_string(), text);
        }
        for text in ["", "%", "-1", "101%", "1.5%", "many"] {
            assert!(text.parse::<FailureLimit>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_percentage_is_not_applied_to_the_first_users() {
        let five = FailureLimit::Percent(5);
        assert!(!five.is_exceeded(49, 49));
        assert!(five.is_exceeded(3, 50));
        assert!(!five.is_exceeded(5, 100));
        let ten = FailureLimit::Users(10);
        assert!(!ten.is_exceeded(10, 10));
        assert!(ten.is_exceeded(11, 11));
        assert!(FailureLimit::Users(0).is_exceeded(1, 1));
    }
}
