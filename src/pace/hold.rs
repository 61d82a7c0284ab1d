//! The gate that holds all requests when the server asks to wait.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A time during which no request is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// When it ends.
    pub until: Instant,
    /// The reason, for the progress line.
    pub why: &'static str,
}

/// The instant after `wait`. An instant that the clock cannot represent becomes one in the far future.
pub(super) fn instant_after(now: Instant, wait: Duration) -> Instant {
    let far = Duration::from_hours(365 * 24);
    now.checked_add(wait).unwrap_or(now + far)
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Gate {
    hold: Mutex<Option<Hold>>,
}

impl Gate {
    /// Holds all requests for `wait`. A longer hold is never shortened. Returns whether this one is the longest.
    pub(super) fn hold(&self, wait: Duration, why: &'static str) -> bool {
        let until = instant_after(Instant::now(), wait);
        let mut hold = self.lock();
        let is_longest = hold.is_none_or(|present| present.until < until);
        if is_longest {
            *hold = Some(Hold { until, why });
        }
        is_longest
    }

    /// The hold in force, if any.
    pub(super) fn held(&self) -> Option<Hold> {
        let now = Instant::now();
        self.lock().filter(|hold| hold.until > now)
    }

    /// Waits until no hold is in force. A hold may be prolonged meanwhile.
    pub(super) async fn open(&self) {
        while let Some(hold) = self.held() {
            tokio::time::sleep_until(hold.until).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Hold>> {
        // The value is a plain copy: a panic elsewhere cannot leave it half written.
        self.hold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
