//! Faults as text: `throttle=0.05,reset-after=0.02,latency=20ms,outage=5s+10s`.
//!
//! This is the format of the command line's fault flags. Later items replace earlier ones, so a preset can
//! come first and be changed by the items after it. It knows nothing of what a fault does.

use std::time::Duration;

use crate::sandbox::fault::fault_settings::{
    FaultKind, FaultSettings, Latency, OutageAnswer, OutageStart, PlannedOutage,
};

/// A fault text that cannot be read.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum FaultsError {
    /// No fault, option or preset has this name.
    #[error("unknown fault `{name}` (known: {known})", known = known())]
    Unknown {
        /// The name as given.
        name: String,
    },
    /// The share is not a number from 0 to 1.
    #[error("`{name}` needs a share from 0 to 1, not `{value}`")]
    Share {
        /// The fault.
        name: &'static str,
        /// The value as given.
        value: String,
    },
    /// The value is not a time.
    #[error("`{name}` needs a time such as `20ms`, `5s` or `2m`, not `{value}`")]
    Time {
        /// The option.
        name: &'static str,
        /// The value as given.
        value: String,
    },
    /// The outage cannot be read.
    #[error("`outage` needs START+LENGTH with `5s` or `#200` as start, not `{value}`")]
    Outage {
        /// The value as given.
        value: String,
    },
    /// The shares add up to more than every request.
    #[error("the shares add up to {total:.2}, more than 1")]
    TooMany {
        /// The sum of all shares.
        total: f64,
    },
}

const PRESETS: [&str; 3] = ["none", "mild", "harsh"];
const OPTIONS: [&str; 4] = ["latency", "retry-after", "stall", "token-service"];

impl FaultSettings {
    /// Reads faults from text; an empty text means none.
    ///
    /// Items are separated by commas: `none`, `mild`, `harsh` (presets), `KIND=SHARE` for every
    /// [`FaultKind`] but the outage, `latency=20ms` or `latency=20ms+10ms` (fixed and jitter),
    /// `retry-after=2s`, `stall=5s`, `outage=5s+10s` or `outage=#200+10s` (start and length, with
    /// `:reset` at the end for resets in place of 503), and `token-service`.
    ///
    /// # Errors
    /// An item has an unknown name, or a value that is no share, time or outage; or the shares add up to more
    /// than 1.
    pub fn parse(text: &str) -> Result<Self, FaultsError> {
        let mut items = text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty());
        let faults = items.try_fold(Self::none(), with_item)?;
        let total = faults.total();
        // Sums of floating point numbers are not exact in the last digit.
        if total > 1.0 + 1e-9 {
            return Err(FaultsError::TooMany { total });
        }
        Ok(faults)
    }
}

fn with_item(mut faults: FaultSettings, item: &str) -> Result<FaultSettings, FaultsError> {
    let (name, value) = item.split_once('=').unwrap_or((item, ""));
    let (name, value) = (name.trim(), value.trim());
    match (name, value) {
        ("none", "") => return Ok(FaultSettings::none()),
        ("mild", "") => return Ok(FaultSettings::mild()),
        ("harsh", "") => return Ok(FaultSettings::harsh()),
        ("token-service", "") => faults.token_service = true,
        ("latency", _) => faults.latency = latency(value)?,
        ("retry-after", _) => faults.retry_after = time("retry-after", value)?,
        ("stall", _) => faults.stall = time("stall", value)?,
        ("outage", _) => faults.outage = Some(outage(value)?),
        _ => {
            let Some(kind) = FaultKind::ALL.into_iter().find(|kind| kind.name() == name) else {
                return Err(FaultsError::Unknown {
                    name: item.to_owned(),
                });
            };
            return Ok(faults.with(kind, share(kind.name(), value)?));
        }
    }
    Ok(faults)
}

fn share(name: &'static str, value: &str) -> Result<f64, FaultsError> {
    let share = value
        .parse()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| FaultsError::Share {
        name,
        value: value.to_owned(),
    })
}

fn latency(value: &str) -> Result<Latency, FaultsError> {
    let (fixed, jitter) = value.split_once('+').unwrap_or((value, "0ms"));
    Ok(Latency {
        fixed: time("latency", fixed)?,
        jitter: time("latency", jitter)?,
    })
}

fn time(name: &'static str, value: &str) -> Result<Duration, FaultsError> {
    duration(value).ok_or_else(|| FaultsError::Time {
        name,
        value: value.to_owned(),
    })
}

fn duration(value: &str) -> Option<Duration> {
    let unit_at = value.find(|letter: char| !letter.is_ascii_digit())?;
    let (digits, unit) = value.split_at(unit_at);
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => return None,
    };
    let number: u64 = digits.parse().ok()?;
    number.checked_mul(factor).map(Duration::from_millis)
}

fn outage(value: &str) -> Result<PlannedOutage, FaultsError> {
    read_outage(value).ok_or_else(|| FaultsError::Outage {
        value: value.to_owned(),
    })
}

fn read_outage(value: &str) -> Option<PlannedOutage> {
    let (window, answer) = match value.split_once(':') {
        None => (value, OutageAnswer::Unavailable),
        Some((window, "reset")) => (window, OutageAnswer::Reset),
        Some(_) => return None,
    };
    let (start, lasts) = window.split_once('+')?;
    let start = match start.strip_prefix('#') {
        Some(number) => OutageStart::AtRequest(number.parse().ok()?),
        None => OutageStart::After(duration(start)?),
    };
    Some(PlannedOutage {
        start,
        lasts: duration(lasts)?,
        answer,
    })
}

fn known() -> String {
    let kinds = FaultKind::ALL.map(FaultKind::name);
    [&PRESETS[..], &kinds[..], &OPTIONS[..]].concat().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_item() {
        let text = "throttle=0.05, reset-after=0.02,latency=20ms+5ms,outage=5s+10s,stall=2m,\
                    retry-after=3s,token-service";
        let faults = FaultSettings::parse(text).unwrap();
        assert!((faults.share(FaultKind::Throttle) - 0.05).abs() < 1e-9);
        assert!((faults.share(FaultKind::ResetAfter) - 0.02).abs() < 1e-9);
        assert!((faults.total() - 0.07).abs() < 1e-9);
        let ms = Duration::from_millis;
        assert_eq!(
            faults.latency,
            Latency {
                fixed: ms(20),
                jitter: ms(5)
            }
        );
        assert_eq!((faults.stall, faults.retry_after), (ms(120_000), ms(3_000)));
        assert!(faults.token_service);
        let outage = faults.outage.unwrap();
        assert_eq!(outage.start, OutageStart::After(ms(5_000)));
        assert_eq!(
            (outage.lasts, outage.answer),
            (ms(10_000), OutageAnswer::Unavailable)
        );
    }

    #[test]
    fn presets_can_be_changed() {
        let faults = FaultSettings::parse("mild,garbage=0,outage=#20+500ms:reset").unwrap();
        assert!((faults.total() - 0.072).abs() < 1e-9);
        let outage = faults.outage.unwrap();
        assert_eq!(outage.start, OutageStart::AtRequest(20));
        assert_eq!(outage.answer, OutageAnswer::Reset);
        assert_eq!(FaultSettings::parse(""), Ok(FaultSettings::none()));
    }

    #[test]
    fn errors_name_the_item() {
        let message = |text| FaultSettings::parse(text).unwrap_err().to_string();
        assert!(message("thrott=0.1").starts_with("unknown fault `thrott=0.1` (known: none, mild"));
        assert_eq!(
            message("garbage=7"),
            "`garbage` needs a share from 0 to 1, not `7`"
        );
        assert_eq!(
            message("garbage=NaN"),
            "`garbage` needs a share from 0 to 1, not `NaN`"
        );
        let wanted = "`latency` needs a time such as `20ms`, `5s` or `2m`, not `20`";
        assert_eq!(message("latency=20"), wanted);
        assert!(message("outage=5s").contains("START+LENGTH"));
        assert!(message("mild=1").starts_with("unknown fault"));
        let sum = "the shares add up to 1.20, more than 1";
        assert_eq!(message("garbage=0.6,throttle=0.6"), sum);
    }
}
