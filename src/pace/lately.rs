//! How fast requests have left lately: what a limit is derived from where none is set.

use std::time::Duration;

use tokio::time::Instant;

/// Length of a window at least; also how old the estimate may be.
const WINDOW: Duration = Duration::from_secs(1);

/// Time below which nothing is counted as a rate: two requests at once are no infinite rate.
const MOMENT: Duration = Duration::from_millis(100);

/// Counts departures in the present window, and remembers the rate of the one before.
#[derive(Debug)]
pub(super) struct Lately {
    since: Instant,
    count: u32,
    before: f64,
}

impl Lately {
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

    /// Requests per second: in this window or the one before, whichever saw more. A pause must not
    /// look like a slow pace.
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
        let mut lately = Lately::new(now);
        assert!(lately.rate(now) < 1e-9);
        for _ in 0..2500 {
            now += Duration::from_millis(4);
            lately.note(now);
        }
        assert!((lately.rate(now) - 250.0).abs() < 20.0);
        for _ in 0..30 {
            now += Duration::from_millis(100);
            lately.note(now);
        }
        assert!((lately.rate(now) - 10.0).abs() < 2.0);
    }

    #[test]
    fn few_requests_at_once_are_no_sprint_and_a_pause_is_no_crawl() {
        let mut now = Instant::now();
        let mut lately = Lately::new(now);
        lately.note(now);
        assert!((lately.rate(now) - 10.0).abs() < 1e-9);
        for _ in 0..100 {
            now += Duration::from_millis(20);
            lately.note(now);
        }
        now += Duration::from_mins(1);
        assert!((lately.rate(now) - 50.0).abs() < 2.0);
    }
}
