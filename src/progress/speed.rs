//! The speed of a run: users per second over the last seconds, so that a wait shows at once.

use std::collections::VecDeque;
use std::time::Duration;

use crate::engine::Snapshot;

/// The time over which the speed is measured.
pub(crate) const WINDOW: Duration = Duration::from_secs(15);

/// How many users were done within which time. Every estimate is made from it, both during a run and from the
/// ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Speed {
    /// Users with an outcome.
    pub users: u64,
    /// The time.
    pub within: Duration,
}

impl Speed {
    /// Users per second.
    pub(super) fn rate(self) -> Option<f64> {
        let seconds = self.within.as_secs_f64();
        let users = u32::try_from(self.users).unwrap_or(u32::MAX);
        (seconds > 0.0).then(|| f64::from(users) / seconds)
    }

    /// How long so many users take at this rate.
    pub(super) fn remaining(self, left: u64) -> Option<Duration> {
        let rate = self.rate().filter(|rate| *rate > 0.0)?;
        let left = u32::try_from(left).ok()?;
        Duration::try_from_secs_f64(f64::from(left) / rate).ok()
    }
}

/// Stores how many users were done at which moments.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    beats: VecDeque<(Duration, u64)>,
}

impl Pulse {
    /// Stores one moment.
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

    /// The speed; `None` until some time has passed.
    pub(super) fn speed(&self) -> Option<Speed> {
        let ((start, before), (end, after)) = (self.beats.front()?, self.beats.back()?);
        let within = end.checked_sub(*start)?;
        let users = after.saturating_sub(*before);
        (!within.is_zero()).then_some(Speed { users, within })
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
        assert_eq!(pulse.speed(), None);
        for second in 0..=10 {
            pulse.beat(&at(second, second * 50));
        }
        let speed = pulse.speed().unwrap();
        assert_eq!(speed.rate(), Some(50.0));
        assert_eq!(speed.remaining(500), Some(Duration::from_secs(10)));
        for second in 11..=60 {
            pulse.beat(&at(second, 500));
        }
        let speed = pulse.speed().unwrap();
        assert_eq!((speed.rate(), speed.remaining(500)), (Some(0.0), None));
    }
}
