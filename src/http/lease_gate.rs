//! The gate that a lease is: a request is sent only while the lease lasts long enough.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::domain::{Clock, LeaseTerm, Silence};

/// Lets a request through if the lease outlasts the time that the request may take. So no request of a process that has
/// lost its lease, or that was stopped for some time, is under way beside those of the next holder.
#[derive(Debug)]
pub(crate) struct LeaseGate {
    term: watch::Receiver<LeaseTerm>,
    is_lifted: AtomicBool,
}

impl LeaseGate {
    /// A gate for the lease whose term this is, from moment to moment.
    pub(crate) fn new(term: watch::Receiver<LeaseTerm>) -> Self {
        Self {
            term,
            is_lifted: false.into(),
        }
    }

    /// The work is over, and the lease was given back. From here on only the request that gives a token back is
    /// sent, and it changes no user.
    pub(crate) fn lift(&self) {
        self.is_lifted.store(true, Ordering::Relaxed);
    }

    /// Lets one request through that may take this time.
    pub(super) fn check(&self, time: Duration) -> Result<(), Silence> {
        let term = *self.term.borrow();
        let (now, today) = (Instant::now().into_std(), Clock::System.now());
        if self.is_lifted.load(Ordering::Relaxed) || term.outlasts(now, today, time) {
            return Ok(());
        }
        let why = "the lease of this target ends too soon, and the ledger has not renewed it";
        Err(Silence::NotSent(why.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn p6_nothing_is_sent_without_a_lease_that_outlasts_the_request() {
        let (long, short) = (Duration::from_mins(1), Duration::from_secs(30));
        let asked = |length| {
            let today = Clock::System.now();
            LeaseTerm::asked_at(Instant::now().into_std(), today, length)
        };
        let (term, watched) = watch::channel(asked(long));
        let gate = LeaseGate::new(watched);
        gate.check(short).unwrap();
        tokio::time::advance(short + Duration::from_millis(1)).await;
        let refused = gate.check(short).unwrap_err();
        assert!(matches!(refused, Silence::NotSent(_)), "{refused:?}");
        term.send_replace(asked(long));
        gate.check(short).unwrap();
        term.send_replace(LeaseTerm::LOST);
        gate.check(Duration::ZERO).unwrap_err();
        // Neither does it help that the one who renews it is gone.
        drop(term);
        gate.check(Duration::ZERO).unwrap_err();
        gate.lift();
        gate.check(short).unwrap();
    }
}
