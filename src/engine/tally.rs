//! How many users stand where, as the progress line and the end of a run tell it.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{Line, Outcome};
use crate::engine::event::Snapshot;
use crate::engine::settings::Work;

/// Requests that a user needs as far as nothing is known: a write and a read.
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
    /// Users whose unit panicked.
    pub(super) panics: u64,
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

    /// A user has an outcome. `was_seen` says whether the user was ever shown: only then it is a failure
    /// that the provider does not find it.
    pub(super) fn settled(&mut self, line: Line, outcome: Outcome, was_seen: bool) {
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
            Outcome::NotFound => was_seen,
            _ => false,
        };
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

    /// About how many requests the users that are left will need, as those before them did; `sent` were
    /// sent so far. A tenth is added, and some for the users at work.
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
            tally.settled(Line(2), outcome, true);
            let counts = (tally.snapshot().done, tally.snapshot().trouble_now);
            assert_eq!((counts, tally.failed(), tally.left()), ((1, 1), (1, 1), 1));
        }
        assert_eq!([tally.requests_left(0), tally.requests_left(30)], [33, 65]);
        tally.settled(Line(3), Outcome::NotFound, true);
        assert_eq!(tally.failed(), (2, 2));
        tally.settled(Line(2), Outcome::Removed(Confirmation::Reread), true);
        let counts = (tally.snapshot().done, tally.snapshot().trouble_now);
        assert_eq!((counts, tally.failed(), tally.left()), ((2, 0), (1, 2), 0));
    }
}
