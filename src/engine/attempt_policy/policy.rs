//! The state of one user as far as it decides about the next step, and the step after a write.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::domain::{Confirmation, Effect, Outcome, Reason, RequestKind, Verdict};
use crate::engine::attempt_policy::step::{Delivery, Step};
use crate::port::Subject;
use crate::sending::{CredentialStanding, Renewal, renewal_after};

/// After so many reads that show no effect of a write, which was answered with success, one last read decides.
/// The waits after these reads are 1, 2, 4 and 8 s.
const MOST_UNAPPLIED: u32 = 4;

/// After the read of this number the write is sent again.
const WRITE_AGAIN: u32 = 1;

/// What the job wants of the user, as far as a 404 is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Aim {
    /// The user is to be changed: a 404 is a problem.
    Change,
    /// The user is to be deleted: a 404 may be the wanted state.
    Delete,
}

/// What has happened to one user so far, as far as it decides about the next step.
#[derive(Debug)]
pub(in crate::engine) struct AttemptPolicy {
    pub(super) max_attempts: u32,
    /// Writes begun, in all runs.
    pub(super) writes: u32,
    /// Reads in a row that showed no user.
    pub(super) blind_reads: u32,
    /// Writes in a row that were answered with a server error, or not at all.
    failures: u32,
    /// What the writes of all runs may have done.
    effect: Effect,
    /// Whether an earlier run left a write in doubt: it may never have left.
    inherits_doubt: bool,
    /// Writes of this run that left and were not turned away, or may have left.
    sent: u32,
    /// Refusals of the credential in a row.
    refusals: u32,
    /// Reads that showed that a write, which was answered with success, has had no effect.
    unapplied: u32,
    /// Conflicts answered so far.
    conflicts: u32,
    /// Questions about the account's role that were not answered.
    unanswered: u32,
    /// The reason of the failure, if the wanted state turns out not to be there.
    pub(super) cause: Option<Reason>,
    /// Whether no write is to follow: the next read decides.
    pub(super) is_last_read: bool,
    /// What a 404 means for this user.
    pub(super) not_found: NotFoundMeans,
    /// The fewest operations that were left to do after a write that did its part.
    least_left: usize,
}

/// What a 404 means for a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotFoundMeans {
    /// The user is missing: it should exist.
    Missing,
    /// The user is to be deleted, and was never shown: perhaps the id was wrong from the beginning.
    Unproven,
    /// The user is to be deleted, and was shown at least once, or a write may have deleted it.
    Deleted,
}

impl NotFoundMeans {
    /// The user was shown, so that it did exist.
    pub(super) fn prove(&mut self) {
        if *self == Self::Unproven {
            *self = Self::Deleted;
        }
    }
}

impl AttemptPolicy {
    /// The policy for a user for whom `writes` were begun in earlier runs, with this effect.
    pub(in crate::engine) fn new(
        max_attempts: NonZeroU32,
        writes: u32,
        effect: Effect,
        aim: Aim,
    ) -> Self {
        Self {
            max_attempts: max_attempts.get(),
            writes,
            blind_reads: 0,
            failures: 0,
            effect,
            inherits_doubt: effect == Effect::Maybe,
            sent: 0,
            refusals: 0,
            unapplied: 0,
            conflicts: 0,
            unanswered: 0,
            cause: None,
            is_last_read: false,
            not_found: match (aim, effect) {
                (Aim::Change, _) => NotFoundMeans::Missing,
                (Aim::Delete, Effect::None) => NotFoundMeans::Unproven,
                (Aim::Delete, _) => NotFoundMeans::Deleted,
            },
            least_left: usize::MAX,
        }
    }

    /// The policy for a user as the journal hands it out.
    pub(in crate::engine) fn of(max_attempts: NonZeroU32, subject: &Subject) -> Self {
        let aim = if subject.goal.gone {
            Aim::Delete
        } else {
            Aim::Change
        };
        let mut policy = Self::new(max_attempts, subject.attempts, subject.effect, aim);
        if subject.before.is_some() {
            policy.not_found.prove();
        }
        policy
    }

    /// The first step: a user that an earlier write may have changed is read before being written, and
    /// one that has no attempt left is only read.
    pub(in crate::engine) fn first(&self) -> Step {
        if self.may_have_worked() || self.writes >= self.max_attempts {
            Step::Read
        } else {
            Step::Write
        }
    }

    /// A write is about to be begun. Returns its number.
    pub(in crate::engine) fn begin_write(&mut self) -> u32 {
        self.writes += 1;
        self.writes
    }

    /// A write that was begun was never sent: it does not count.
    pub(in crate::engine) fn take_back_write(&mut self) {
        self.writes = self.writes.saturating_sub(1);
    }

    /// Gives back the writes that an outage has cost (P5).
    pub(in crate::engine) fn give_back_failures(&mut self) {
        self.writes = self
            .writes
            .saturating_sub(std::mem::take(&mut self.failures));
    }

    /// Writes begun so far.
    pub(in crate::engine) fn writes(&self) -> u32 {
        self.writes
    }

    /// What the writes so far may have done. A write that was refused has done nothing.
    pub(in crate::engine) fn effect(&self) -> Effect {
        self.effect
    }

    /// The effect that is recorded for a later run. A user that a write of this run was sent for counts as
    /// written, even if the write was refused, so that the recorded state before the job stays.
    pub(in crate::engine) fn effect_to_record(&self) -> Effect {
        match self.effect {
            Effect::None if self.has_written() => Effect::Part,
            effect => effect,
        }
    }

    /// Whether a write of this run left and was not turned away, or may have left.
    pub(in crate::engine) fn has_written(&self) -> bool {
        self.sent > 0
    }

    /// The reason that a failure would have, as far as is known.
    pub(in crate::engine) fn cause(&self) -> Option<Reason> {
        self.cause
    }

    /// Whether a write of any run may have changed the user.
    pub(super) fn may_have_worked(&self) -> bool {
        self.effect != Effect::None
    }

    /// A write was abandoned without an answer.
    pub(in crate::engine) fn abandon_write(&mut self) {
        self.effect = Effect::Maybe;
        self.sent += 1;
    }

    /// A question about the account's role was not answered. Returns whether it may be asked again.
    pub(in crate::engine) fn may_ask_again(&mut self) -> bool {
        self.unanswered += 1;
        self.unanswered < self.max_attempts
    }

    /// A write did its part, and `left` operations are left to do. Returns whether that is fewer than ever
    /// before: then the next part may follow at once, and costs no attempt. If another administrator gives the
    /// user back what was taken, again and again, there is no progress.
    pub(in crate::engine) fn makes_progress(&mut self, left: usize) -> bool {
        let is_progress = left < self.least_left;
        if is_progress {
            self.least_left = left;
            self.take_back_write();
        }
        is_progress
    }

    /// The step after a read that was made to compute the next write, and has shown what is to be written.
    pub(in crate::engine) fn after_read_for_write(&mut self) -> Step {
        self.blind_reads = 0;
        self.refusals = 0;
        self.resolve_doubt();
        Step::Write
    }

    /// The user was read, and is not as wanted: the writes so far have done a part at most. A write that an
    /// earlier run left in doubt may never have left, so it costs no attempt. Otherwise a few kills would
    /// use up the attempts of users that were never written.
    pub(super) fn resolve_doubt(&mut self) {
        if std::mem::take(&mut self.inherits_doubt) {
            self.take_back_write();
        }
        if self.effect == Effect::Maybe {
            self.effect = Effect::Part;
        }
    }

    /// The step after a request of this kind that ended with `verdict`. `credential` says what is known of the
    /// credential that it was signed with; it counts only if that was refused.
    pub(in crate::engine) fn after(
        &mut self,
        kind: RequestKind,
        verdict: Verdict,
        delivery: Delivery,
        credential: CredentialStanding,
    ) -> Step {
        if delivery == Delivery::NotSent {
            // Costs no attempt: whether the target can be reached says nothing about this user (P5).
            return Step::BackOff(kind, None);
        }
        if verdict == Verdict::Unauthorized {
            return self.after_refused_credential(kind, credential);
        }
        if matches!(verdict, Verdict::Throttled(_)) {
            // Costs no attempt, and does not count as a served request: if it did, 401 and 429 in turn would
            // renew the credential for ever.
            return Step::Hold(kind);
        }
        self.refusals = 0;
        match kind {
            RequestKind::Write => self.after_write(verdict, delivery),
            RequestKind::Read | RequestKind::List => self.after_read(verdict, delivery),
        }
    }

    fn after_refused_credential(
        &mut self,
        kind: RequestKind,
        credential: CredentialStanding,
    ) -> Step {
        self.refusals += 1;
        match renewal_after(self.refusals, credential) {
            Renewal::Again => Step::Renew(kind),
            Renewal::Wrong => Step::Rejected,
            // The provider refuses this user, and answers 401 where 403 is meant.
            Renewal::RefusedForThisRequest => {
                Step::Settle(self.outcome_if_unreadable(Reason::Forbidden))
            }
        }
    }

    fn after_write(&mut self, verdict: Verdict, delivery: Delivery) -> Step {
        let failed = matches!(verdict, Verdict::Transient(_)) || delivery == Delivery::NoAnswer;
        self.failures = if failed { self.failures + 1 } else { 0 };
        self.sent += u32::from(verdict != Verdict::Refused(Reason::Unsendable));
        match verdict {
            Verdict::Applied => Step::Settle(Outcome::Removed(Confirmation::Body)),
            Verdict::Advanced => self.after_part(),
            Verdict::Partial => self.read_after_write(Reason::NotApplied),
            Verdict::Unshown => self.read_after_write(Reason::Unconfirmed),
            // The status is a success, whatever the body is.
            Verdict::Uncertain if delivery == Delivery::Answered => {
                self.read_after_write(Reason::NotApplied)
            }
            Verdict::Uncertain => self.read_after_write(Reason::NoAnswer),
            Verdict::Transient(wait) => {
                // Some servers store the change and then fail.
                self.effect = Effect::Maybe;
                self.cause = Some(Reason::ServerError);
                if self.writes < self.max_attempts {
                    Step::BackOff(RequestKind::Write, wait)
                } else {
                    self.is_last_read = true;
                    Step::BackOff(RequestKind::Read, wait)
                }
            }
            Verdict::Refused(reason) => self.after_refusal(reason),
            Verdict::Throttled(_) | Verdict::Unauthorized | Verdict::Unreadable => {
                unreachable!("handled for both kinds of request")
            }
        }
    }

    /// The write may have taken effect: only a read of the user can show whether it did.
    fn read_after_write(&mut self, cause: Reason) -> Step {
        self.effect = Effect::Maybe;
        self.cause = Some(cause);
        Step::Read
    }

    /// One of several writes has done its part.
    pub(super) fn after_part(&mut self) -> Step {
        self.effect = Effect::Part;
        self.inherits_doubt = false;
        self.cause = None;
        self.unapplied = 0;
        self.blind_reads = 0;
        if self.writes < self.max_attempts {
            Step::Write
        } else {
            Step::Settle(Outcome::Failed(Reason::NotApplied))
        }
    }

    /// The outcome of a user that a read has shown as wanted; or a 404, if the user is to be deleted.
    pub(super) fn outcome_as_wanted(&self) -> Outcome {
        if self.may_have_worked() {
            Outcome::Removed(Confirmation::Reread)
        } else {
            Outcome::Already
        }
    }

    fn after_refusal(&mut self, reason: Reason) -> Step {
        match reason {
            // Nothing is left to remove, or another administrator was quicker: the present state decides. After
            // the read one more write may follow, for what is left to do.
            Reason::Conflict | Reason::Changed | Reason::NoTarget if self.conflicts == 0 => {
                self.conflicts = 1;
                self.cause = Some(reason);
                Step::Read
            }
            // The user was seen before the write, so that a 404 to the write alone proves nothing. A 403 may mean
            // that the account lost its role: if the user may still be read, only this write is refused.
            Reason::NotFound | Reason::NoTarget | Reason::Forbidden => {
                self.read_for_the_last_time(reason)
            }
            // The status was a success: only a read shows what was done.
            Reason::NotApplied => {
                self.effect = Effect::Maybe;
                self.read_for_the_last_time(reason)
            }
            _ if self.may_have_worked() => self.read_for_the_last_time(reason),
            _ => Step::Settle(Outcome::Failed(reason)),
        }
    }

    /// The write was answered with success, and the user is as before. Some servers show a write late, so the
    /// user is read again after growing waits. In between the write is sent a second time, but not a third: a
    /// server that answers with success and does nothing will always do so.
    pub(super) fn after_unapplied(&mut self) -> Step {
        self.cause = Some(Reason::NotApplied);
        let wait = Duration::from_secs(1 << self.unapplied);
        self.unapplied += 1;
        let next = if self.unapplied == WRITE_AGAIN && self.writes < self.max_attempts {
            RequestKind::Write
        } else {
            RequestKind::Read
        };
        self.is_last_read = self.unapplied == MOST_UNAPPLIED;
        Step::BackOff(next, Some(wait))
    }

    /// The outcome of a user that cannot be read. It is a doubt and no failure if the wanted state may be there:
    /// a write may have taken effect, or was refused as if another administrator had made the change.
    pub(super) fn outcome_if_unreadable(&self, reason: Reason) -> Outcome {
        let perhaps = matches!(
            self.cause,
            Some(Reason::NoTarget | Reason::Conflict | Reason::Changed)
        );
        if self.effect == Effect::Maybe || perhaps {
            Outcome::InDoubt(reason)
        } else {
            Outcome::Failed(reason)
        }
    }

    fn read_for_the_last_time(&mut self, reason: Reason) -> Step {
        self.cause = Some(reason);
        self.is_last_read = true;
        Step::Read
    }
}
