//! The tenant's request allowance: a token bucket.
//!
//! Pure arithmetic; the caller passes in the time. It must not know which client asks or what an HTTP
//! answer looks like; it only returns how many seconds to wait.

use std::time::Duration;

use tokio::time::Instant;

/// How many requests the service lets through before it answers 429.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RequestAllowance {
    /// Requests that may come at once when the bucket is full.
    pub capacity: u32,
    /// Permits per second that are added.
    pub per_second: f64,
}

impl Default for RequestAllowance {
    /// The documented allowance: 600 at once, 10 per second.
    fn default() -> Self {
        Self {
            capacity: 600,
            per_second: 10.0,
        }
    }
}

/// The number of permits in the bucket now.
#[derive(Debug)]
pub(crate) struct AllowanceLevel {
    limits: RequestAllowance,
    permits: f64,
    at: Instant,
}

impl AllowanceLevel {
    /// A full bucket.
    pub(crate) fn full(limits: RequestAllowance, now: Instant) -> Self {
        Self {
            limits,
            permits: f64::from(limits.capacity),
            at: now,
        }
    }

    /// Takes one permit, or returns after how many whole seconds there will be one (at least 1).
    pub(crate) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let grown = now.saturating_duration_since(self.at).as_secs_f64() * self.limits.per_second;
        self.permits = (self.permits + grown).min(f64::from(self.limits.capacity));
        self.at = now;
        if self.permits >= 1.0 {
            self.permits -= 1.0;
            return Ok(());
        }
        let wait = (1.0 - self.permits) / self.limits.per_second;
        // A bucket that is never refilled must name a time too.
        let seconds = wait.ceil().clamp(1.0, 3_600.0);
        Err(Duration::from_secs_f64(seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empties_and_refills() {
        let start = Instant::now();
        let mut level = AllowanceLevel::full(
            RequestAllowance {
                capacity: 3,
                per_second: 10.0,
            },
            start,
        );
        assert!((0..3).all(|_| level.take(start).is_ok()));
        assert_eq!(level.take(start), Err(Duration::from_secs(1)));
        let later = start + Duration::from_millis(101);
        assert_eq!(level.take(later), Ok(()));
        assert_eq!(level.take(later), Err(Duration::from_secs(1)));
        let much_later = start + Duration::from_mins(1);
        assert_eq!((0..9).filter(|_| level.take(much_later).is_ok()).count(), 3);
    }

    #[test]
    fn slow_buckets_name_longer_waits() {
        let start = Instant::now();
        let mut level = AllowanceLevel::full(
            RequestAllowance {
                capacity: 1,
                per_second: 0.25,
            },
            start,
        );
        assert_eq!(level.take(start), Ok(()));
        assert_eq!(level.take(start), Err(Duration::from_secs(4)));
    }
}
