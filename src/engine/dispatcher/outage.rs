//! An outage of the target as the run sees it: whether one is going on, which user the next probe works on,
//! and the token by which units give their users back.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::domain::Line;
use crate::engine::dispatcher::breaker::{Breaker, BreakerChange, TargetFailure};
use crate::engine::dispatcher::queue::ProbeUser;
use crate::engine::notice::Waiting;
use crate::engine::stop_reason::StopReason;

/// Probes with one user before the next user has its turn.
const PROBES_PER_USER: u32 = 4;

/// The breaker, and the token that it cancels.
#[derive(Debug)]
pub(super) struct Outage {
    breaker: Breaker,
    /// The parent of each `halt`: a stop cancels it.
    drain: CancellationToken,
    /// Cancelled when units are to give their users back: at a stop, or in an outage. Each probe gets a new
    /// one.
    halt: CancellationToken,
}

impl Outage {
    /// No outage yet. `drain` is cancelled when the run is to stop.
    pub(super) fn new(concurrency: usize, drain: CancellationToken) -> Self {
        Self {
            breaker: Breaker::new(concurrency),
            halt: drain.child_token(),
            drain,
        }
    }

    /// Whether an outage is going on.
    pub(super) fn is_on(&self) -> bool {
        self.breaker.outage().is_some()
    }

    /// The token that a new unit watches.
    pub(super) fn halt(&self) -> CancellationToken {
        self.halt.clone()
    }

    /// Whether units are to give their users back, so that no user may be claimed.
    pub(super) fn is_halted(&self) -> bool {
        self.halt.is_cancelled()
    }

    /// Requests that may be in flight now.
    pub(super) fn allowance(&self) -> usize {
        self.breaker.allowance()
    }

    /// When the next probe is due, if one is.
    pub(super) fn next_probe(&self) -> Option<Instant> {
        self.breaker.next_probe()
    }

    /// A request for a user failed. `left` is the number of users without an outcome.
    pub(super) fn note_failure(
        &mut self,
        line: Line,
        failure: TargetFailure,
        why: &str,
        left: u64,
    ) -> BreakerChange {
        let change = self
            .breaker
            .failed(line, failure, why, left, Instant::now());
        self.apply(change)
    }

    /// A unit asked the target about another user and had no answer: it is out, however few users are left.
    pub(super) fn note_target_out(&mut self, line: Line, why: &str) -> BreakerChange {
        let change = self.breaker.target_out(line, why, Instant::now());
        self.apply(change)
    }

    fn apply(&mut self, change: BreakerChange) -> BreakerChange {
        if change != BreakerChange::None {
            self.halt.cancel();
        }
        change
    }

    /// The target has answered a request. Returns how long the outage was that this ends, if it ends one.
    pub(super) fn note_answer(&mut self) -> Option<Duration> {
        let since = self.breaker.outage().map(|(since, _)| since);
        if !self.breaker.answered() {
            return None;
        }
        if self.halt.is_cancelled() {
            // The answer to a request of before the outage came before the first probe.
            self.halt = self.drain.child_token();
        }
        since.map(|since| since.elapsed())
    }

    /// Begins the probe that was due. Returns the user that it works on.
    pub(super) fn begin_probe(&mut self) -> ProbeUser {
        self.breaker.probe();
        self.halt = self.drain.child_token();
        match self.breaker.probes() {
            0 | 1 => ProbeUser::FirstGivenBack,
            // After an outage, the first answers may be the worst for any user.
            probes if probes % PROBES_PER_USER != 1 => ProbeUser::Same,
            // One user alone may fail for reasons of its own.
            _ => ProbeUser::Next,
        }
    }

    /// What all units wait for during an outage.
    pub(super) fn waiting(&self) -> Option<Waiting> {
        let (since, _) = self.breaker.outage()?;
        Some(Waiting {
            why: "the target",
            since: Some(since),
            until: self.breaker.next_probe(),
        })
    }

    /// The reason to stop, if the outage has gone on for `limit`.
    pub(super) fn longer_than(&self, limit: Duration) -> Option<StopReason> {
        let (since, why) = self.breaker.outage()?;
        (since.elapsed() >= limit).then(|| StopReason::Outage(why.to_owned()))
    }
}
