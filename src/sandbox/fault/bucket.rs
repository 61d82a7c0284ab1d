//! The tenant's request allowance: a bucket of permits that fills up again at a steady rate.
//!
//! Pure arithmetic over the instant that the caller passes in. It must not know who asks nor what
//! an HTTP answer looks like; it only says how many seconds to wait.

use std::time::Duration;

use tokio::time::Instant;

/// How many requests the service lets through before it answers 429.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// Requests that may come at once when the bucket is full.
    pub capacity: u32,
    /// Requests per second that flow back in.
    pub per_second: f64,
}

impl Default for Bucket {
    /// The documented allowance: 600 at once, 10 per second.
    fn default() -> Self {
        Self {
            capacity: 600,
            per_second: 10.0,
        }
    }
}

/// The level of one bucket.
#[derive(Debug)]
pub(crate) struct Level {
    bucket: Bucket,
    permits: f64,
    at: Instant,
}

impl Level {
    /// A full bucket.
    pub(crate) fn full(bucket: Bucket, now: Instant) -> Self {
        Self {
            bucket,
            permits: f64::from(bucket.capacity),
            at: now,
        }
    }

    /// Takes one permit, or says after how many whole seconds there will be one (at least 1).
    pub(crate) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let grown = now.saturating_duration_since(self.at).as_secs_f64() * self.bucket.per_second;
        self.permits = (self.permits + grown).min(f64::from(self.bucket.capacity));
        self.at = now;
        if self.permits >= 1.0 {
            self.permits -= 1.0;
            return Ok(());
        }
        let wait = (1.0 - self.permits) / self.bucket.per_second;
        // A bucket that never refills still has to name a time.
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
        let mut level = Level::full(
            Bucket {
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
        let mut level = Level::full(
            Bucket {
                capacity: 1,
                per_second: 0.25,
            },
            start,
        );
        assert_eq!(level.take(start), Ok(()));
        assert_eq!(level.take(start), Err(Duration::from_secs(4)));
    }
}
