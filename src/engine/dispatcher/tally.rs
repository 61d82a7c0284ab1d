//! The counts of a run: how many users have an outcome, and how many have failed. The progress line and the
//! end of a run show them.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{Line, Outcome};
use crate::engine::notice::Snapshot;
use crate::engine::run_settings::Work;
use crate::engine::unit::Sighting;

/// Requests that one user needs, before any user has an outcome: a write and a read.
const REQUESTS_EACH: u64 = 2;

/// Requests that the users at work may still need.
const AT_WORK: u64 = 32;

/// The counts of one run. Only the dispatcher changes them.
#[derive(Debug)]
pub(super) struct Tally {
    started: Instant,
    users: u64,
    done_before: u64,
    done_now: u64,
    trouble_now: u64,
    failed_now: u64,
    /// Lines of this run that are in doubt: they may be claimed again, and count once.
    doubtful: HashSet<Line>,
    panics: u64,
}

impl Tally {
    pub(super) fn new(work: &Work) -> Self {
        Self {
            started: Instant::now(),
            users: work.users,
            done_before: work.done,
            done_now: 0,
            trouble_now: 0,
            failed_now: 0,
            doubtful: HashSet::new(),
            panics: 0,
        }
    }

    /// A user has an outcome. That the provider does not find a user is a failure only if the user was shown
    /// before.
    pub(super) fn settled(&mut self, line: Line, outcome: Outcome, sighting: Sighting) {
        if self.doubtful.remove(&line) {
            self.done_now -= 1;
            self.trouble_now -= 1;
            self.failed_now -= 1;
        }
        if matches!(outcome, Outcome::InDoubt(_)) {
            self.doubtful.insert(line);
        }
        self.done_now += 1;
        let is_trouble = matches!(outcome, Outcome::Failed(_) | Outcome::InDoubt(_));
        self.trouble_now += u64::from(is_trouble);
        let failed = match outcome {
            Outcome::Failed(_) | Outcome::InDoubt(_) => true,
            Outcome::NotFound => sighting == Sighting::Shown,
            _ => false,
        };
        self.failed_now += u64::from(failed);
    }

    /// A unit panicked.
    pub(super) fn panicked(&mut self) {
        self.panics += 1;
    }

    /// Users whose unit panicked.
    pub(super) fn panics(&self) -> u64 {
        self.panics
    }

    /// Users of this run that failed or are in doubt, and users of this run with an outcome.
    pub(super) fn failed(&self) -> (u64, u64) {
        (self.failed_now, self.done_now)
    }

    /// Users without an outcome.
    pub(super) fn left(&self) -> u64 {
        self.users.saturating_sub(self.done_before + self.done_now)
    }

    /// An estimate of the requests that the users without an outcome will need: as many each as the users
    /// before them, where `sent` were sent so far. A tenth is added, and some for the users at work.
    pub(super) fn requests_left(&self, sent: u64) -> u64 {
        let each = match self.done_now {
            0 => REQUESTS_EACH,
            done => sent.div_ceil(done).max(1),
        };
        let needed = self.left().saturating_mul(each);
        needed.saturating_add(needed / 10).saturating_add(AT_WORK)
    }

    /// How long the run has been going on.
    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The counts of this moment. Fields that only the dispatcher knows are left empty.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Confirmation, Reason};

    #[tokio::test(start_paused = true)]
    async fn a_user_in_doubt_that_is_claimed_again_counts_once() {
        let mut tally = Tally::new(&Work {
            restores: false,
            done: 0,
            users: 2,
            known: None,
            write_at_most: None,
        });
        let doubt = Outcome::InDoubt(Reason::Unconfirmed);
        for outcome in [doubt, doubt, doubt] {
            tally.settled(Line(2), outcome, Sighting::Shown);
            let counts = (tally.snapshot().done, tally.snapshot().trouble_now);
            assert_eq!((counts, tally.failed(), tally.left()), ((1, 1), (1, 1), 1));
        }
        assert_eq!([tally.requests_left(0), tally.requests_left(30)], [33, 65]);
        tally.settled(Line(3), Outcome::NotFound, Sighting::Shown);
        assert_eq!(tally.failed(), (2, 2));
        tally.settled(
            Line(2),
            Outcome::Removed(Confirmation::Reread),
            Sighting::Shown,
        );
        let counts = (tally.snapshot().done, tally.snapshot().trouble_now);
        assert_eq!((counts, tally.failed(), tally.left()), ((2, 0), (1, 2), 0));
    }
}
