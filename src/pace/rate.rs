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
        unit: RateUnit,
    },
}

/// The unit of time that a rate is given in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateUnit {
    /// Written `/s`.
    Second,
    /// Written `/m`.
    Minute,
}

impl RateUnit {
    /// The unit of this name, short or long.
    fn named(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "s" | "sec" | "second" => Some(Self::Second),
            "m" | "min" | "minute" => Some(Self::Minute),
            _ => None,
        }
    }
}

/// A text that is no rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no rate: write {}", right.as_deref().unwrap_or("`8/s`, `600/m` or `unlimited`"))]
pub struct RateError {
    text: String,
    /// The right spelling of the rate that is probably meant.
    right: Option<String>,
}

impl RateError {
    fn new(text: &str) -> Self {
        Self {
            right: meant(text.trim()),
            text: text.to_owned(),
        }
    }
}

/// The right spelling, for a number without a unit and for a fraction of a request.
fn meant(text: &str) -> Option<String> {
    if text.parse::<u32>().is_ok_and(|count| count > 0) {
        return Some(format!("`{text}/s` or `{text}/m`"));
    }
    let (count, unit) = text.split_once('/')?;
    let (whole, part) = count.trim().split_once('.')?;
    let part = part.trim_end_matches('0');
    let of = 10_u64.checked_pow(u32::try_from(part.len()).ok()?)?;
    let parse = |digits: &str| match digits {
        "" => Some(0),
        digits => digits.parse::<u64>().ok(),
    };
    let parts = parse(whole)?.checked_mul(of)?.checked_add(parse(part)?)?;
    let per_minute = match RateUnit::named(unit)? {
        RateUnit::Second => parts.checked_mul(60)? / of,
        RateUnit::Minute => parts / of,
    };
    (per_minute > 0).then(|| format!("a whole number, such as `{per_minute}/m`"))
}

impl Rate {
    /// The time between two requests; `None` without a limit.
    pub fn period(self) -> Option<Duration> {
        match self {
            Self::Unlimited => None,
            Self::Per { count, unit } => {
                let whole = match unit {
                    RateUnit::Second => Duration::from_secs(1),
                    RateUnit::Minute => Duration::from_mins(1),
                };
                Some(whole / count)
            }
        }
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || RateError::new(text);
        let trimmed = text.trim();
        if trimmed.eq_ignore_ascii_case("unlimited") {
            return Ok(Self::Unlimited);
        }
        let (count, unit) = trimmed.split_once('/').ok_or_else(error)?;
        let unit = RateUnit::named(unit).ok_or_else(error)?;
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
                    RateUnit::Second => "s",
                    RateUnit::Minute => "m",
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
    fn a_unit_has_a_short_and_a_long_name() {
        for (text, rate) in [("5/min", "5/m"), ("5/Minute", "5/m"), ("2/sec", "2/s")] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), rate);
        }
    }

    #[test]
    fn the_error_shows_the_right_spelling_of_what_is_probably_meant() {
        for (text, right) in [
            ("10", "`10/s` or `10/m`"),
            ("0.5/s", "`30/m`"),
            ("1.5/min", "`1/m`"),
            ("2.50/s", "`150/m`"),
            ("0.0/s", "`600/m`"),
            ("8/h", "`600/m`"),
            ("9.9999999999999999999999/s", "`600/m`"),
        ] {
            let error = text.parse::<Rate>().unwrap_err().to_string();
            assert!(error.contains(right), "{error}");
        }
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
