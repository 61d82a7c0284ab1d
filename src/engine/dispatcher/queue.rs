//! The queue: which users are claimed next, and which claimed users wait for a unit.
//!
//! Users are claimed from the journal in the order of their lines. A user that a unit gives back (in an
//! outage) is claimed again: the queue remembers the first such line, and starts over from there. It also
//! keeps the number of users that this run may still write for the first time.

use std::collections::VecDeque;
use std::pin::Pin;

use crate::domain::Line;
use crate::engine::dispatcher::claim::{Claim, ClaimRequest, Claimed};
use crate::port::JournalError;

/// A claim that is under way.
pub(super) type Claiming = Pin<Box<dyn Future<Output = Result<Claimed, JournalError>> + Send>>;

/// Whether the journal may have another user for this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Supply {
    /// There may be more users.
    Open,
    /// The next user waits until it is known whether the users at work use up the limit of first writes.
    AtWriteLimit,
    /// There are no more users.
    Exhausted,
}

/// The user that a probe works on, seen from the user of the probe before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProbeUser {
    /// The first user that was given back in this outage.
    FirstGivenBack,
    /// The same user once more.
    Same,
    /// The next user.
    Next,
}

/// See the module.
pub(super) struct Queue {
    /// Claimed users that no unit works for yet, in the order of their lines.
    claimed: VecDeque<Claim>,
    claiming: Option<Claiming>,
    /// The last line that was claimed.
    cursor: Line,
    supply: Supply,
    /// The first line that was given back in an outage; claims start over from there.
    first_given_back: Option<Line>,
    /// Users that this run may write for the first time; `None` for all.
    write_at_most: Option<u64>,
    /// Users that this run has sent the first write for.
    written: u64,
}

impl Queue {
    /// A queue that begins with the first line.
    pub(super) fn new(write_at_most: Option<u64>) -> Self {
        Self {
            claimed: VecDeque::new(),
            claiming: None,
            cursor: Line(0),
            supply: Supply::Open,
            first_given_back: None,
            write_at_most,
            written: 0,
        }
    }

    /// Whether no claim is under way and no claimed user waits.
    pub(super) fn is_idle(&self) -> bool {
        self.claiming.is_none() && self.claimed.is_empty()
    }

    /// The next claimed user for a unit.
    pub(super) fn next_claimed(&mut self) -> Option<Claim> {
        self.claimed.pop_front()
    }

    /// The next claim to make, if fewer than `batch` claimed users wait. `unwritten_at_work` is the number of
    /// users at work that no write had been sent for: each of them may turn out to need one.
    pub(super) fn next_claim(
        &self,
        batch: usize,
        unwritten_at_work: impl FnOnce() -> usize,
    ) -> Option<ClaimRequest> {
        let may_claim = self.supply == Supply::Open && self.claiming.is_none();
        (may_claim && self.claimed.len() < batch).then(|| ClaimRequest {
            after: self.cursor,
            limit: batch,
            unwritten: self.unwritten_left(unwritten_at_work),
        })
    }

    fn unwritten_left(&self, at_work: impl FnOnce() -> usize) -> Option<u64> {
        let left = self.write_at_most?.saturating_sub(self.written);
        let waiting = self.claimed.iter().filter(|it| it.is_unwritten()).count();
        let claimed = u64::try_from(at_work() + waiting).unwrap_or(u64::MAX);
        Some(left.saturating_sub(claimed))
    }

    /// A claim begins.
    pub(super) fn begin_claim(&mut self, claiming: Claiming) {
        self.claiming = Some(claiming);
    }

    /// Waits for the claim under way; for ever if there is none. Dropping the future loses nothing.
    pub(super) async fn claim_made(&mut self) -> Result<Claimed, JournalError> {
        let Some(claiming) = &mut self.claiming else {
            return std::future::pending().await;
        };
        let claimed = claiming.await;
        self.claiming = None;
        claimed
    }

    /// Takes the users that a claim has brought. Returns whether the journal had no user after the cursor.
    pub(super) fn take(&mut self, claimed: Claimed) -> bool {
        self.supply = claimed.supply;
        let last = claimed.claims.last().map(|claim| claim.subject.line);
        self.cursor = last.unwrap_or(self.cursor);
        self.claimed.extend(claimed.claims);
        last.is_none() && self.supply != Supply::AtWriteLimit
    }

    /// A unit has ended, so that another user may be written for the first time.
    pub(super) fn note_unit_ended(&mut self) {
        if self.supply == Supply::AtWriteLimit {
            self.supply = Supply::Open;
        }
    }

    /// This run has sent the first write for a user.
    pub(super) fn note_first_write(&mut self) {
        self.written += 1;
    }

    /// Users that this run has sent the first write for.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// A user goes back: it is claimed again after the outage.
    pub(super) fn note_given_back(&mut self, line: Line) {
        let first = self.first_given_back.map_or(line, |first| first.min(line));
        self.first_given_back = Some(first);
    }

    /// Whether users were given back and not claimed again yet.
    pub(super) fn has_given_back(&self) -> bool {
        self.first_given_back.is_some()
    }

    /// Claims start over from the first user that was given back.
    pub(super) fn start_over(&mut self) {
        if let Some(first) = self.first_given_back.take() {
            self.cursor = Line(first.0 - 1);
            self.supply = Supply::Open;
        }
    }

    /// The next claim is for the user that a probe works on.
    pub(super) fn begin_probe(&mut self, user: ProbeUser) {
        match user {
            ProbeUser::FirstGivenBack => self.wrap_probes(),
            ProbeUser::Same => self.cursor = Line(self.cursor.0.saturating_sub(1)),
            ProbeUser::Next => {}
        }
        self.supply = Supply::Open;
    }

    /// During an outage: after the last user comes the first that was given back.
    pub(super) fn wrap_probes(&mut self) {
        if let Some(first) = self.first_given_back {
            if self.cursor >= first {
                self.supply = Supply::Open;
            }
            self.cursor = Line(first.0 - 1);
        }
    }

    /// Takes the claimed users that no unit works for out of the queue, to give them back.
    pub(super) fn take_claimed(&mut self) -> Vec<Claim> {
        self.claimed.drain(..).collect()
    }
}
