//! The moment at which a run is to stop, as people write it.

use jiff::civil::Time;
use jiff::{ToSpan, ZonedDateTime};

use crate::domain::Timestamp;
use crate::settings::SettingsError;

/// Reads a date and time with an offset (RFC 3339), or a time of day in local time: the next one.
pub(super) fn moment(text: &str) -> Result<Timestamp, SettingsError> {
    after(text, &ZonedDateTime::now()).ok_or_else(|| SettingsError::Moment(text.to_owned()))
}

fn after(text: &str, now: &ZonedDateTime) -> Option<Timestamp> {
    let text = text.trim();
    let moment = match text.parse::<jiff::Timestamp>() {
        Ok(moment) => moment,
        Err(_) => next(text.parse().ok()?, now)?.timestamp(),
    };
    Some(Timestamp::from_millis(moment.as_millisecond()))
}

/// The next time that a clock on the wall shows this.
fn next(time: Time, now: &ZonedDateTime) -> Option<ZonedDateTime> {
    let today = now.with().time(time).build().ok()?;
    if today > *now {
        Some(today)
    } else {
        today.checked_add(1.day()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_the_next_one() {
        let now: ZonedDateTime = "2030-01-31T17:30:00Z[UTC]".parse().unwrap();
        for (text, moment) in [
            ("18:00", "2030-01-31T18:00:00.000Z"),
            ("17:30", "2030-02-01T17:30:00.000Z"),
            ("06:15", "2030-02-01T06:15:00.000Z"),
            ("2030-01-31T20:00:00+01:00", "2030-01-31T19:00:00.000Z"),
        ] {
            assert_eq!(after(text, &now).unwrap().to_string(), moment, "{text}");
        }
        for text in ["", "25:00", "soon", "2030-01-31"] {
            assert_eq!(after(text, &now), None, "{text}");
        }
    }
}
