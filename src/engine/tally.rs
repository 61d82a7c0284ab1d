//! How many users stand where, as the progress line and the end of a run tell it.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::Outcome;
use crate::engine::event::Snapshot;
use crate::engine::settings::Work;

/// The counts of one run. Only the dispatcher changes them.
#[derive(Debug)]
pub(super) struct Tally {
    started: Instant,
    users: u64,
    done_before: u64,
    done_now: u64,
    trouble_now: u64,
    failed_now: u64,
    /// Users whose unit panicked.
    pub(super) panics: u64,
}

impl Tally {
    pub(super) fn new(work: Work) -> Self {
        Self {
            started: Instant::now(),
            users: work.users,
            done_before: work.done,
            done_now: 0,
            trouble_now: 0,
            failed_now: 0,
            panics: 0,
        }
    }

    /// One more user has an outcome.
    pub(super) fn settled(&mut self, outcome: Outcome) {
        self.done_now += 1;
        self.trouble_now += u64::from(outcome.status().is_trouble());
        let failed = matches!(outcome, Outcome::Failed(_) | Outcome::InDoubt(_));
        self.failed_now += u64::from(failed);
    }

    /// Users of this run who failed or are in doubt, and users of this run with an outcome.
    pub(super) fn failed(&self) -> (u64, u64) {
        (self.failed_now, self.done_now)
    }

    /// Users without an outcome.
    pub(super) fn left(&self) -> u64 {
        self.users.saturating_sub(self.done_before + self.done_now)
    }

    /// How long the run has been going on.
    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The counts of this moment; what the run itself knows is left empty.
    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot {
            users: self.users,
            done: self.done_before + self.done_now,
            done_now: self.done_now,
            trouble_now: self.trouble_now,
            elapsed: self.started.elapsed(),
            ..Snapshot::default()
        }
    }
}
