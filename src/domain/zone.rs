//! A time zone by its name, for times that people read. Records have UTC only.

use std::fmt;
use std::str::FromStr;

use crate::domain::Timestamp;

/// A time zone with a name of the IANA database, such as `Europe/Berlin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedZone(jiff::tz::TimeZone);

/// How a zone's clocks are set from a moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockSetting {
    /// The moment; `None` if the clocks were set so before everything that was asked for.
    pub from: Option<Timestamp>,
    /// How far they are ahead of UTC, in seconds. Negative west of Greenwich.
    pub ahead: i32,
    /// The zone's short name for it: `CET`, or the difference from UTC if there is none.
    pub name: String,
}

/// The text is no name of a time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no time zone: write a name such as `Europe/Berlin`")]
pub struct UnknownZone(String);

impl FromStr for NamedZone {
    type Err = UnknownZone;

    fn from_str(text: &str) -> Result<Self, UnknownZone> {
        let zone = jiff::tz::TimeZone::get(text.trim());
        let zone = zone.map_err(|_| UnknownZone(text.escape_debug().to_string()))?;
        match zone.iana_name() {
            Some(_) => Ok(Self(zone)),
            None => Err(UnknownZone(text.escape_debug().to_string())),
        }
    }
}

impl fmt::Display for NamedZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or("UTC"))
    }
}

impl NamedZone {
    /// How the clocks are set at this moment.
    pub fn setting_at(&self, time: Timestamp) -> ClockSetting {
        let time = jiff::Timestamp::from_millisecond(time.as_millis()).unwrap_or_default();
        let info = self.0.to_offset_info(time);
        ClockSetting {
            from: None,
            ahead: info.offset().seconds(),
            name: short_name(info.abbreviation(), info.offset().seconds()),
        }
    }

    /// All settings of the clocks that count between two moments, in order of time.
    pub fn settings_between(&self, from: Timestamp, until: Timestamp) -> Vec<ClockSetting> {
        let mut settings = vec![self.setting_at(from)];
        let start = jiff::Timestamp::from_millisecond(from.as_millis()).unwrap_or_default();
        for change in self.0.following(start) {
            let at = Timestamp::from_millis(change.timestamp().as_millisecond());
            if at > until {
                break;
            }
            let ahead = change.offset().seconds();
            settings.push(ClockSetting {
                from: Some(at),
                ahead,
                name: short_name(change.abbreviation(), ahead),
            });
        }
        settings
    }
}

/// The abbreviation of a zone. Zones without one have a number in its place, which is written as other programs
/// write it.
fn short_name(abbreviation: &str, ahead: i32) -> String {
    if abbreviation.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return abbreviation.to_owned();
    }
    let (sign, minutes) = (if ahead < 0 { '-' } else { '+' }, ahead.abs() / 60);
    format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-10-24T00:00:00Z; the clocks of Berlin are set back a day and an hour later.
    const AUTUMN: i64 = 1_792_800_000_000;
    const DAY: i64 = 86_400_000;

    #[test]
    fn a_zone_is_known_by_its_name_alone() {
        for (text, name) in [
            ("Europe/Berlin", "Europe/Berlin"),
            (" europe/berlin ", "Europe/Berlin"),
            ("UTC", "UTC"),
        ] {
            assert_eq!(text.parse::<NamedZone>().unwrap().to_string(), name);
        }
        for text in ["", "Berlin", "CEST+2", "../etc/passwd", "/etc/localtime"] {
            let error = text.parse::<NamedZone>().unwrap_err();
            assert!(error.to_string().contains("no time zone"), "{text}");
        }
    }

    #[test]
    fn the_settings_of_the_clocks_are_listed_with_their_moments() {
        let zone: NamedZone = "Europe/Berlin".parse().unwrap();
        let at = Timestamp::from_millis;
        let settings = zone.settings_between(at(AUTUMN), at(AUTUMN + 30 * DAY));
        let found: Vec<_> = settings
            .iter()
            .map(|one| {
                (
                    one.from.map(Timestamp::as_millis),
                    one.ahead,
                    one.name.as_str(),
                )
            })
            .collect();
        let change = AUTUMN + DAY + 3_600_000;
        assert_eq!(found, [(None, 7200, "CEST"), (Some(change), 3600, "CET")]);
        assert_eq!(zone.settings_between(at(AUTUMN), at(AUTUMN + DAY)).len(), 1);
        assert_eq!(zone.setting_at(at(AUTUMN + 2 * DAY)).ahead, 3600);
    }

    #[test]
    fn a_zone_without_short_names_shows_the_difference_from_utc() {
        let zone: NamedZone = "America/Sao_Paulo".parse().unwrap();
        let now = zone.setting_at(Timestamp::from_millis(AUTUMN));
        assert_eq!((now.ahead, now.name.as_str()), (-10_800, "UTC-03:00"));
    }
}
