//! Times as people read them: in UTC, or in the time zone that was asked for.

use crate::domain::{NamedZone, Timestamp};

/// The time zone of the times that people read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ZonedTimes(Option<NamedZone>);

impl ZonedTimes {
    /// Times in this zone; in UTC if there is none.
    pub(super) fn new(zone: Option<NamedZone>) -> Self {
        Self(zone)
    }

    /// The zone that was asked for.
    pub(super) fn zone(&self) -> Option<&NamedZone> {
        self.0.as_ref()
    }

    /// The name of the zone.
    pub(super) fn name(&self) -> String {
        self.0
            .as_ref()
            .map_or_else(|| "UTC".to_owned(), ToString::to_string)
    }

    /// A moment to the second: `25 Nov 2026, 12:16:37 UTC`.
    pub(super) fn moment(&self, time: Timestamp) -> String {
        let (_, name) = self.setting(time);
        format!("{} {name}", self.formatted(time, "%-d %b %Y, %H:%M:%S"))
    }

    /// A moment that is recorded as a text (RFC 3339), to the second. A text that is no moment stays.
    pub(super) fn recorded(&self, time: &str) -> String {
        let at = time.parse::<jiff::Timestamp>();
        at.map_or_else(
            |_| time.to_owned(),
            |at| self.moment(Timestamp::from_millis(at.as_millisecond())),
        )
    }

    /// A moment to the minute: `25 Nov 2026, 12:16 UTC`.
    pub(super) fn minute(&self, time: Timestamp) -> String {
        let (_, name) = self.setting(time);
        format!("{} {name}", self.formatted(time, "%-d %b %Y, %H:%M"))
    }

    /// From one moment to another, to the minute: `25 Nov 2026, 12:16 to 12:40 UTC`.
    pub(super) fn range(&self, from: Timestamp, until: Timestamp) -> String {
        let (begin, end) = (self.minute(from), self.minute(until));
        if begin == end {
            return end;
        }
        let (_, zone) = self.setting(from);
        let is_same = self.setting(until).1 == zone;
        let begin = match begin.strip_suffix(&zone) {
            Some(begin) if is_same => begin.trim_end().to_owned(),
            _ => begin,
        };
        if is_same && self.day(from) == self.day(until) {
            format!("{begin} to {} {zone}", self.time_of_day(until, false))
        } else {
            format!("{begin} to {end}")
        }
    }

    /// The day of a moment: `25 Nov 2026`.
    pub(super) fn day(&self, time: Timestamp) -> String {
        self.formatted(time, "%-d %b %Y")
    }

    /// The time of day of a moment; with seconds if `fine`.
    pub(super) fn time_of_day(&self, time: Timestamp, fine: bool) -> String {
        self.formatted(time, if fine { "%H:%M:%S" } else { "%H:%M" })
    }

    /// How far the zone's clocks are ahead of UTC at this moment, in ms, and the short name of the zone then.
    fn setting(&self, time: Timestamp) -> (i64, String) {
        match &self.0 {
            None => (0, "UTC".to_owned()),
            Some(zone) => {
                let setting = zone.setting_at(time);
                (i64::from(setting.ahead) * 1000, setting.name)
            }
        }
    }

    fn formatted(&self, time: Timestamp, format: &str) -> String {
        let (ahead, _) = self.setting(time);
        match jiff::Timestamp::from_millisecond(time.as_millis().saturating_add(ahead)) {
            Ok(at) => at.strftime(format).to_string(),
            Err(_) => time.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_zone_with_its_short_name() {
        let at = Timestamp::from_millis(1_571_088_565_713);
        let utc = ZonedTimes::default();
        assert_eq!(utc.moment(at), "14 Oct 2019, 21:29:25 UTC");
        assert_eq!(utc.minute(at), "14 Oct 2019, 21:29 UTC");
        assert_eq!(utc.recorded(&at.to_string()), utc.moment(at));
        assert_eq!(utc.recorded("no moment"), "no moment");
        assert_eq!(utc.time_of_day(at, false), "21:29");
        assert_eq!(utc.name(), "UTC");
        let zone = Some("Asia/Kolkata".parse().unwrap());
        let zoned = ZonedTimes::new(zone);
        assert_eq!(zoned.moment(at), "15 Oct 2019, 02:59:25 IST");
        assert_eq!(zoned.time_of_day(at, true), "02:59:25");
        assert_eq!(zoned.day(at), "15 Oct 2019");
        assert_eq!(zoned.name(), "Asia/Kolkata");
    }

    #[test]
    fn a_range_names_day_and_zone_once_if_they_are_the_same() {
        let at = |minutes: i64| Timestamp::from_millis(1_792_800_000_000 + minutes * 60_000);
        let utc = ZonedTimes::default();
        let berlin = ZonedTimes::new(Some("Europe/Berlin".parse().unwrap()));
        for (times, until, shown) in [
            (&utc, 0, "24 Oct 2026, 00:00 UTC"),
            (&utc, 25, "24 Oct 2026, 00:00 to 00:25 UTC"),
            (&utc, 1440, "24 Oct 2026, 00:00 to 25 Oct 2026, 00:00 UTC"),
            (&berlin, 25, "24 Oct 2026, 02:00 to 02:25 CEST"),
            (
                &berlin,
                1560,
                "24 Oct 2026, 02:00 CEST to 25 Oct 2026, 03:00 CET",
            ),
        ] {
            assert_eq!(times.range(at(0), at(until)), shown);
        }
    }

    #[test]
    fn a_time_that_no_calendar_has_is_shown_as_a_number() {
        let far = Timestamp::from_millis(i64::MAX);
        assert!(
            ZonedTimes::default()
                .moment(far)
                .starts_with("9223372036854775807 ms")
        );
    }
}
