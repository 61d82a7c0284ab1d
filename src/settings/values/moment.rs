//! The moment at which a run is to stop, as people write it.

use jiff::civil::Time;
use jiff::{ToSpan, ZonedDateTime};

use crate::domain::Timestamp;
use crate::settings::SettingsError;

/// Reads a date and time with an offset (RFC 3339), or a time of day in local time: the next one.
///
/// # Errors
/// The text is neither, or the moment is past.
pub(in crate::settings) fn moment(text: &str) -> Result<Timestamp, SettingsError> {
    after(text, &ZonedDateTime::now())
}

/// Whether this is a moment that has passed; a time of day always comes again.
pub(crate) fn is_past(text: &str) -> bool {
    matches!(moment(text), Err(SettingsError::PastMoment(_)))
}

fn after(text: &str, now: &ZonedDateTime) -> Result<Timestamp, SettingsError> {
    let unreadable = || SettingsError::Moment(text.escape_debug().to_string());
    let trimmed = text.trim();
    let moment = match time_of_day(trimmed) {
        Some(time) => next(time, now).ok_or_else(unreadable)?.timestamp(),
        None if is_rfc3339(trimmed) => trimmed.parse().map_err(|_| unreadable())?,
        None => return Err(unreadable()),
    };
    if moment <= now.timestamp() {
        return Err(SettingsError::PastMoment(trimmed.to_owned()));
    }
    Ok(Timestamp::from_millis(moment.as_millisecond()))
}

/// `18:00`, `7:30` or `18:00:30`, and nothing else that a library would take for a time of day.
fn time_of_day(text: &str) -> Option<Time> {
    let mut parts = text.split(':');
    let mut part = |shortest: usize| {
        let part = parts.next()?;
        let fits = (shortest..=2).contains(&part.len()) && is_digits(part);
        fits.then(|| part.parse::<i8>().ok()).flatten()
    };
    let (hour, minute) = (part(1)?, part(2)?);
    let second = if text.matches(':').count() == 2 {
        part(2)?
    } else {
        0
    };
    let is_over = parts.next().is_none();
    Time::new(hour, minute, second, 0).ok().filter(|_| is_over)
}

/// Whether the text has the form of RFC 3339 §5.6, with or without seconds; whether there is such a day is
/// not asked.
fn is_rfc3339(text: &str) -> bool {
    let (Some(date), Some(rest)) = (text.get(..10), text.get(10..)) else {
        return false;
    };
    let is_date = fits(date, "0000-00-00");
    let Some(rest) = rest.strip_prefix(['T', 't', ' ']) else {
        return false;
    };
    let Some(at) = rest.find(['Z', 'z', '+', '-']) else {
        return false;
    };
    let (time, offset) = rest.split_at(at);
    let (whole, fraction) = match time.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (time, None),
    };
    let is_time = match fraction {
        Some(fraction) => fits(whole, "00:00:00") && is_digits(fraction),
        None => fits(whole, "00:00") || fits(whole, "00:00:00"),
    };
    let is_offset = matches!(offset, "Z" | "z") || fits(&offset[1..], "00:00");
    is_date && is_time && is_offset
}

/// Whether the text has a digit wherever the form has one, and else the same characters.
fn fits(text: &str, form: &str) -> bool {
    let same = |(a, b): (u8, u8)| a == b || (b == b'0' && a.is_ascii_digit());
    text.len() == form.len() && text.bytes().zip(form.bytes()).all(same)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
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
    use proptest::prelude::*;

    use super::*;

    fn now() -> ZonedDateTime {
        "2030-01-31T17:30:00Z[UTC]".parse().unwrap()
    }

    #[test]
    fn a_time_of_day_is_the_next_one() {
        for (text, moment) in [
            ("18:00", "2030-01-31T18:00:00.000Z"),
            ("17:30", "2030-02-01T17:30:00.000Z"),
            ("06:15", "2030-02-01T06:15:00.000Z"),
            ("6:15", "2030-02-01T06:15:00.000Z"),
            (" 23:59:59 ", "2030-01-31T23:59:59.000Z"),
            ("2030-01-31T20:00:00+01:00", "2030-01-31T19:00:00.000Z"),
            ("2030-01-31 18:00:00.5Z", "2030-01-31T18:00:00.500Z"),
            ("2030-01-31t18:00z", "2030-01-31T18:00:00.000Z"),
        ] {
            let read = after(text, &now()).unwrap();
            assert_eq!(read.to_string(), moment, "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "25:00",
            "24:00",
            "18:60",
            "soon",
            "18",
            "1800",
            "T18",
            "T18:00",
            "18:0",
            "018:00",
            "18:00:",
            "18:00:00:00",
            "+8:00",
            "18:00Z",
            "18:00+01:00",
            "6pm",
            "2030-01-31",
            "2030-01-31T23:00",
            "2030-01-31T23:00:00",
            "2030-02-30T18:00:00Z",
            "2030-01-31T18:00:00Z[UTC]",
            "20300131T180000Z",
            "2030-01-31T18Z",
            "2030-01-31T18:00:00+0100",
            "31.01.2030 18:00",
            "\u{0661}8:00",
        ] {
            let read = after(text, &now());
            assert!(matches!(read, Err(SettingsError::Moment(_))), "{text}");
        }
    }

    #[test]
    fn a_moment_that_is_past_is_refused() {
        for text in [
            "2020-01-31T23:59:00Z",
            "2030-01-31T17:30:00Z",
            "2030-01-31T18:00:00+01:00",
        ] {
            let read = after(text, &now());
            assert!(matches!(read, Err(SettingsError::PastMoment(_))), "{text}");
        }
        assert!(is_past("2020-01-31T23:59:00Z") && !is_past("00:00") && !is_past("soon"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_is_written_is_read_as_a_later_moment_or_refused(
            text in "[0-9TtZz:+. -]{0,26}|\\PC{0,12}",
        ) {
            if let Ok(moment) = after(&text, &now()) {
                prop_assert!(moment > Timestamp::from_millis(now().timestamp().as_millisecond()));
            }
        }

        #[test]
        fn a_moment_is_read_back_whatever_its_offset(
            seconds in 1_000_000_000_i64..3_000_000_000,
            hours in -12_i64..=14,
        ) {
            let local = jiff::Timestamp::from_second(seconds + hours * 3600).unwrap().to_string();
            let sign = if hours < 0 { '-' } else { '+' };
            let text = format!("{}{sign}{:02}:00", local.trim_end_matches('Z'), hours.abs());
            match after(&text, &now()) {
                Ok(moment) => prop_assert_eq!(moment, Timestamp::from_millis(seconds * 1000)),
                Err(error) => prop_assert!(
                    matches!(error, SettingsError::PastMoment(_))
                        && seconds <= now().timestamp().as_second()
                ),
            }
        }
    }
}
