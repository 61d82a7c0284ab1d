//! The rate at which requests have left in the last seconds. If no limit is set, a limit is derived from it.

use std::time::Duration;

use tokio::time::Instant;

/// The shortest window in which requests are counted; also how old the estimate may be.
const WINDOW: Duration = Duration::from_secs(1);

/// The shortest time that a rate is computed over: two requests at once are no infinite rate.
const MOMENT: Duration = Duration::from_millis(100);

/// Counts requests in the present window, and remembers the rate of the window before.
#[derive(Debug)]
pub(super) struct RecentRate {
    since: Instant,
    count: u32,
    before: f64,
}

impl RecentRate {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            since: now,
            count: 0,
            before: 0.0,
        }
    }

    /// One request leaves.
    pub(super) fn note(&mut self, now: Instant) {
        if now.saturating_duration_since(self.since) >= WINDOW {
            self.before = self.now(now);
            self.since = now;
            self.count = 0;
        }
        self.count = self.count.saturating_add(1);
    }

    /// Requests per second, in this window or the one before: the higher rate of the two. A pause must not
    /// look like a slow rate.
    pub(super) fn rate(&self, now: Instant) -> f64 {
        self.now(now).max(self.before)
    }

    fn now(&self, now: Instant) -> f64 {
        let window = now.saturating_duration_since(self.since).max(MOMENT);
        f64::from(self.count) / window.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_last_seconds() {
        let mut now = Instant::now();
        let mut recent = RecentRate::new(now);
        assert!(recent.rate(now) < 1e-9);
        for _ in 0..2500 {
            now += Duration::from_millis(4);
            recent.note(now);
        }
        assert!((recent.rate(now) - 250.0).abs() < 20.0);
        for _ in 0..30 {
            now += Duration::from_millis(100);
            recent.note(now);
        }
        assert!((recent.rate(now) - 10.0).abs() < 2.0);
    }

    #[test]
    fn neither_two_requests_at_once_nor_a_pause_distort_the_rate() {
        let mut now = Instant::now();
        let mut recent = RecentRate::new(now);
        recent.note(now);
        assert!((recent.rate(now) - 10.0).abs() < 1e-9);
        for _ in 0..100 {
            now += Duration::from_millis(20);
            recent.note(now);
        }
        now += Duration::from_mins(1);
        assert!((recent.rate(now) - 50.0).abs() < 2.0);
    }
}
