//! The breaker: it distinguishes an outage of the target from the failures of single users (P5).
//!
//! Failures in a row, of several users, with no answer of any other kind between, are an outage. During
//! an outage one user at a time is worked on, as a probe, and the waits between probes grow. The first
//! answer ends the outage; then the number of users at work grows by one with each answer. The breaker is a
//! pure rule: time and failures come in as arguments, and the dispatcher acts.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::Line;

/// Failures in a row that open the breaker, at least.
const FAILURES: usize = 12;
/// The same for each slot: all users at work may well fail once or twice at the same time.
const FAILURES_PER_SLOT: usize = 4;
/// Requests in a row that never left and open the breaker: the network or the host name fails for all users.
const UNSENT: usize = 3;
/// The first wait before a probe, and the longest.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_PROBE_WAIT: Duration = Duration::from_mins(1);

/// How a request failed because of the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TargetFailure {
    /// It never left.
    Unsent,
    /// It was answered with a server error, or not at all.
    Unanswered,
}

/// What a failure has done to the breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BreakerChange {
    /// Nothing.
    None,
    /// The breaker has opened: an outage begins.
    OutageBegins,
    /// The probe failed, and the breaker is open again: the outage goes on.
    ProbeFailed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// There is no outage.
    Closed,
    /// No user is worked on until the next probe.
    Open { next: Instant },
    /// One user is worked on.
    Probing,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Breaker {
    concurrency: usize,
    state: State,
    /// Failures in a row.
    failures: usize,
    /// Of these, the last ones that never left.
    unsent: usize,
    /// The users that they were for.
    failing: HashSet<Line>,
    /// When the first of them happened.
    since: Option<Instant>,
    /// The words of the last of them.
    why: String,
    probes: u32,
    /// Users worked on at once after an outage; grows with each answer.
    ramp: Option<usize>,
}

impl Breaker {
    pub(super) fn new(concurrency: usize) -> Self {
        Self {
            concurrency,
            state: State::Closed,
            failures: 0,
            unsent: 0,
            failing: HashSet::new(),
            since: None,
            why: String::new(),
            probes: 0,
            ramp: None,
        }
    }

    /// Takes note of a failed request. `left` is the number of users without an outcome.
    ///
    /// Where all users that are left fail, it may be that these users alone fail. Then the breaker stays
    /// closed, and before a user is given up its unit asks the target about another one
    /// ([`Breaker::target_out`]).
    pub(super) fn failed(
        &mut self,
        line: Line,
        failure: TargetFailure,
        why: &str,
        left: u64,
        now: Instant,
    ) -> BreakerChange {
        self.failures += 1;
        self.unsent = match failure {
            TargetFailure::Unsent => self.unsent + 1,
            TargetFailure::Unanswered => 0,
        };
        self.note_failing(line, why, now);
        let others = left > self.failing.len() as u64;
        let is_enough = self.unsent >= UNSENT
            || (others && self.failures >= FAILURES.max(FAILURES_PER_SLOT * self.concurrency));
        if self.state == State::Closed && !is_enough {
            return BreakerChange::None;
        }
        self.open(now)
    }

    /// The target did not answer a question about a user that does not fail: it is out, however few users
    /// are left.
    pub(super) fn target_out(&mut self, line: Line, why: &str, now: Instant) -> BreakerChange {
        self.note_failing(line, why, now);
        self.open(now)
    }

    fn note_failing(&mut self, line: Line, why: &str, now: Instant) {
        self.failing.insert(line);
        self.since.get_or_insert(now);
        why.clone_into(&mut self.why);
    }

    /// Opens the breaker until the next probe, unless it is open already.
    fn open(&mut self, now: Instant) -> BreakerChange {
        let change = match self.state {
            State::Closed => BreakerChange::OutageBegins,
            State::Probing => BreakerChange::ProbeFailed,
            State::Open { .. } => return BreakerChange::None,
        };
        let wait = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(self.probes));
        let next = now + wait.min(LONGEST_PROBE_WAIT);
        self.probes += 1;
        self.state = State::Open { next };
        change
    }

    /// Takes note of an answer of any other kind: the target works. Returns whether this ends an outage.
    pub(super) fn answered(&mut self) -> bool {
        self.failures = 0;
        self.unsent = 0;
        self.failing.clear();
        self.since = None;
        self.probes = 0;
        if let Some(ramp) = self.ramp {
            self.ramp = Some(ramp + 1).filter(|ramp| *ramp < self.concurrency);
        }
        let ends = self.state != State::Closed;
        if ends {
            self.state = State::Closed;
            self.ramp = Some(1).filter(|ramp| *ramp < self.concurrency);
        }
        ends
    }

    /// Begins the probe that was due.
    pub(super) fn probe(&mut self) {
        self.state = State::Probing;
    }

    /// The number of probes in this outage, the one that is due or under way included.
    pub(super) fn probes(&self) -> u32 {
        self.probes
    }

    /// Requests that may be in flight now.
    pub(super) fn allowance(&self) -> usize {
        match self.state {
            State::Closed => self.ramp.unwrap_or(self.concurrency),
            State::Probing => 1,
            State::Open { .. } => 0,
        }
    }

    /// When the next probe is due, if one is.
    pub(super) fn next_probe(&self) -> Option<Instant> {
        match self.state {
            State::Open { next } => Some(next),
            State::Closed | State::Probing => None,
        }
    }

    /// When the outage began, and the last words of the target; `None` without an outage.
    pub(super) fn outage(&self) -> Option<(Instant, &str)> {
        match (self.state, self.since) {
            (State::Open { .. } | State::Probing, Some(since)) => Some((since, &self.why)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server error for a user. Returns whether it opened the breaker.
    fn fail(breaker: &mut Breaker, line: u64, left: u64) -> bool {
        let failure = TargetFailure::Unanswered;
        breaker.failed(Line(line), failure, "503", left, Instant::now()) != BreakerChange::None
    }

    #[tokio::test(start_paused = true)]
    async fn failures_of_several_users_in_a_row_are_an_outage() {
        let mut breaker = Breaker::new(2);
        assert!((0..11).all(|line| !fail(&mut breaker, line, 100)));
        assert_eq!(breaker.allowance(), 2);
        assert!(fail(&mut breaker, 11, 100));
        assert_eq!((breaker.allowance(), breaker.outage().is_some()), (0, true));
    }

    #[tokio::test(start_paused = true)]
    async fn failures_with_an_answer_between_them_are_the_users_own() {
        let mut breaker = Breaker::new(2);
        for line in 0..100 {
            assert!(!fail(&mut breaker, line, 100));
            if line % 11 == 10 {
                assert!(!breaker.answered());
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn failures_of_all_users_that_are_left_are_no_outage() {
        let mut breaker = Breaker::new(2);
        assert!((0..100).all(|turn| !fail(&mut breaker, turn % 3, 3)));
    }

    #[tokio::test(start_paused = true)]
    async fn three_requests_that_never_leave_are_an_outage_even_for_one_user() {
        let mut breaker = Breaker::new(64);
        let now = Instant::now();
        let mut unsent = || breaker.failed(Line(2), TargetFailure::Unsent, "refused", 1, now);
        let changes = [unsent(), unsent(), unsent(), unsent()];
        let (none, begins) = (BreakerChange::None, BreakerChange::OutageBegins);
        assert_eq!(changes, [none, none, begins, none]);
    }

    #[tokio::test(start_paused = true)]
    async fn waits_between_probes_grow_and_concurrency_comes_back_step_by_step() {
        let mut breaker = Breaker::new(3);
        for line in 0..12 {
            fail(&mut breaker, line, 100);
        }
        let mut waits = Vec::new();
        for _ in 0..8 {
            let next = breaker.next_probe().unwrap();
            waits.push(next.duration_since(Instant::now()).as_secs());
            tokio::time::sleep_until(next).await;
            breaker.probe();
            assert_eq!((breaker.allowance(), breaker.next_probe()), (1, None));
            assert!(fail(&mut breaker, 0, 100));
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        breaker.probe();
        assert!(breaker.answered());
        let mut allowances = Vec::new();
        for _ in 0..3 {
            allowances.push(breaker.allowance());
            breaker.answered();
        }
        assert_eq!(allowances, [1, 2, 3]);
        assert_eq!(breaker.outage(), None);
    }
}
