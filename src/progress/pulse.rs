//! How fast it goes: users per second over the last seconds, so that a wait shows at once and an old
//! sprint is forgotten.

use std::collections::VecDeque;
use std::time::Duration;

use crate::engine::Snapshot;

/// How far back the rate looks.
const WINDOW: Duration = Duration::from_secs(15);

/// Remembers when how many users were done.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    beats: VecDeque<(Duration, u64)>,
}

impl Pulse {
    /// Takes note of a moment.
    pub(super) fn beat(&mut self, snapshot: &Snapshot) {
        self.beats.push_back((snapshot.elapsed, snapshot.done_now));
        while self.beats.len() > 2
            && self
                .beats
                .get(1)
                .is_some_and(|(time, _)| snapshot.elapsed.saturating_sub(*time) >= WINDOW)
        {
            self.beats.pop_front();
        }
    }

    /// Users per second, once there is something to measure.
    pub(super) fn rate(&self) -> Option<f64> {
        let ((start, before), (end, after)) = (self.beats.front()?, self.beats.back()?);
        let seconds = end.checked_sub(*start)?.as_secs_f64();
        let users = u32::try_from(after - before).unwrap_or(u32::MAX);
        (seconds > 0.0).then(|| f64::from(users) / seconds)
    }

    /// How long the rest takes at this rate.
    pub(super) fn remaining(&self, snapshot: &Snapshot) -> Option<Duration> {
        let rate = self.rate().filter(|rate| *rate > 0.0)?;
        let left = u32::try_from(snapshot.users.saturating_sub(snapshot.done)).ok()?;
        Duration::try_from_secs_f64(f64::from(left) / rate).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64, done_now: u64) -> Snapshot {
        Snapshot {
            users: 1000,
            done: done_now,
            done_now,
            elapsed: Duration::from_secs(seconds),
            ..Snapshot::default()
        }
    }

    #[test]
    fn the_rate_is_that_of_the_last_seconds() {
        let mut pulse = Pulse::default();
        assert_eq!(pulse.rate(), None);
        for second in 0..=10 {
            pulse.beat(&at(second, second * 50));
        }
        assert_eq!(pulse.rate(), Some(50.0));
        assert_eq!(pulse.remaining(&at(10, 500)), Some(Duration::from_secs(10)));
        for second in 11..=60 {
            pulse.beat(&at(second, 500));
        }
        assert_eq!(pulse.rate(), Some(0.0));
        assert_eq!(pulse.remaining(&at(60, 500)), None);
    }
}
