//! The text form of a rate: `8/s`, `600/m`, `unlimited`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// How many requests may leave per unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    /// No limit of our own.
    Unlimited,
    /// So many per second or per minute.
    Per {
        /// How many; at least 1.
        count: u32,
        /// One second or one minute.
        unit: Unit,
    },
}

/// The unit of time that a rate is given in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Written `/s`.
    Second,
    /// Written `/m`.
    Minute,
}

/// The text is no rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no rate: write `8/s`, `600/m` or `unlimited`")]
pub struct RateError(String);

impl Rate {
    /// The time between two requests; `None` without a limit.
    pub fn period(self) -> Option<Duration> {
        match self {
            Self::Unlimited => None,
            Self::Per { count, unit } => {
                let whole = match unit {
                    Unit::Second => Duration::from_secs(1),
                    Unit::Minute => Duration::from_mins(1),
                };
                Some(whole / count)
            }
        }
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || RateError(text.to_owned());
        let trimmed = text.trim();
        if trimmed.eq_ignore_ascii_case("unlimited") {
            return Ok(Self::Unlimited);
        }
        let (count, unit) = trimmed.split_once('/').ok_or_else(error)?;
        let unit = match unit.trim() {
            "s" => Unit::Second,
            "m" => Unit::Minute,
            _ => return Err(error()),
        };
        match count.trim().parse() {
            Ok(count @ 1..=1_000_000) => Ok(Self::Per { count, unit }),
            _ => Err(error()),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlimited => f.write_str("unlimited"),
            Self::Per { count, unit } => {
                let unit = match unit {
                    Unit::Second => "s",
                    Unit::Minute => "m",
                };
                write!(f, "{count}/{unit}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_read_back_from_their_text() {
        for text in ["8/s", "600/m", "unlimited"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
        assert_eq!(
            "600/m".parse::<Rate>().unwrap().period(),
            "10/s".parse::<Rate>().unwrap().period()
        );
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in [
            "",
            "8",
            "0/s",
            "-1/s",
            "8/h",
            "8/",
            "/s",
            "1.5/s",
            "9999999/s",
        ] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }
}
