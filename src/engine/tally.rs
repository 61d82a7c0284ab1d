//! How many users stand where, as the progress line and the end of a run tell it.

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
            panics: 0,
        }
    }

    /// One more user has an outcome.
    pub(super) fn settled(&mut self, outcome: Outcome) {
        self.done_now += 1;
        self.trouble_now += u64::from(outcome.status().is_trouble());
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
