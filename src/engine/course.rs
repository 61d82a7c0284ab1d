//! What comes next for one user: a pure rule from the verdicts so far to one step.
//!
//! In short: a write that was confirmed by its own answer settles the user. After a write that may have
//! taken effect the user is read before anything else is sent (P4). No user is called failed before it
//! is known that the wanted state is not there (P2).

mod read;
mod step;

use std::num::NonZeroU32;
use std::time::Duration;

use crate::domain::{Confirmation, Effect, Outcome, Reason, RequestKind, Verdict};
use crate::port::Subject;

pub(super) use step::{Fate, Step};

/// Renewals of the credential for one request, at most.
const MOST_RENEWALS: u32 = 3;

/// Reads that show a write, called a success, without effect, before the user has failed. The waits after
/// them are 1, 2, 4 and 8 s.
const MOST_UNAPPLIED: u32 = 4;

/// After the read of this number the write is sent again.
const WRITE_AGAIN: u32 = 1;

/// What has happened to one user so far, as far as it matters for what comes next.
#[derive(Debug)]
pub(super) struct Course {
    max_attempts: u32,
    /// Writes begun, in all runs.
    writes: u32,
    /// Reads in a row that showed nothing.
    blind_reads: u32,
    /// Writes in a row that the server failed or never answered.
    failures: u32,
    /// What the writes of all runs may have done.
    effect: Effect,
    /// An earlier run left a write in doubt: it may never have left.
    inherits_doubt: bool,
    /// Writes of this run that left and were not turned away, or may have left.
    sent: u32,
    /// Refusals of the credential in a row.
    refusals: u32,
    /// Reads that showed a write, called a success, without effect.
    unapplied: u32,
    /// Conflicts answered so far.
    conflicts: u32,
    /// Questions about the account's role that were not answered.
    unanswered: u32,
    /// What to call the failure if the wanted state turns out not to be there.
    blame: Option<Reason>,
    /// No write is to follow: what a read shows now decides.
    last_look: bool,
    /// What it means that the user is not found.
    absence: Absence,
    /// The fewest operations that were left after a write that did its part.
    least_left: usize,
}

/// What it means that a user is not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Absence {
    /// The user is to be there.
    Missing,
    /// The user is to be deleted, and was never shown: the id may never have been one.
    Unproven,
    /// The user is to be deleted, and was shown at least once, or a write may have deleted it.
    Deleted,
}

impl Absence {
    /// Takes note that the user was there.
    fn prove(&mut self) {
        if *self == Self::Unproven {
            *self = Self::Deleted;
        }
    }
}

impl Course {
    /// The course of a user for whom `writes` were begun in earlier runs, with this effect.
    pub(super) fn new(
        max_attempts: NonZeroU32,
        writes: u32,
        effect: Effect,
        wants_deletion: bool,
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
            blame: None,
            last_look: false,
            absence: match (wants_deletion, effect) {
                (false, _) => Absence::Missing,
                (true, Effect::None) => Absence::Unproven,
                (true, _) => Absence::Deleted,
            },
            least_left: usize::MAX,
        }
    }

    /// The course of a user as the journal hands it out.
    pub(super) fn of(max_attempts: NonZeroU32, subject: &Subject) -> Self {
        let Subject {
            attempts,
            effect,
            goal,
            before,
            ..
        } = subject;
        let mut course = Self::new(max_attempts, *attempts, *effect, goal.gone);
        if before.is_some() {
            course.absence.prove();
        }
        course
    }

    /// The first step: a user that an earlier write may have changed is read before being written, and
    /// one that has no attempt left is only read.
    pub(super) fn first(&self) -> Step {
        if self.may_have_worked() || self.writes >= self.max_attempts {
            Step::Read
        } else {
            Step::Write
        }
    }

    /// Takes note that a write is about to be begun, and says which one it is.
    pub(super) fn begin_write(&mut self) -> u32 {
        self.writes += 1;
        self.writes
    }

    /// Takes back a write that was begun and never sent.
    pub(super) fn take_back_write(&mut self) {
        self.writes = self.writes.saturating_sub(1);
    }

    /// Gives back the writes that an outage has cost (P5).
    pub(super) fn give_back_failures(&mut self) {
        self.writes = self
            .writes
            .saturating_sub(std::mem::take(&mut self.failures));
    }

    /// Writes begun so far.
    pub(super) fn writes(&self) -> u32 {
        self.writes
    }

    /// What the writes so far may have done. A write that was refused has done nothing.
    pub(super) fn effect(&self) -> Effect {
        self.effect
    }

    /// What is recorded for a later run. A user that a write of this run was sent for counts as written,
    /// even if that was refused: the state before the job stays as it was seen before.
    pub(super) fn effect_left(&self) -> Effect {
        match self.effect {
            Effect::None if self.has_written() => Effect::Part,
            effect => effect,
        }
    }

    /// Whether a write of this run left and was not turned away, or may have left.
    pub(super) fn has_written(&self) -> bool {
        self.sent > 0
    }

    /// What a failure is blamed on so far.
    pub(super) fn blame(&self) -> Option<Reason> {
        self.blame
    }

    /// Whether a write of any run may have changed the user.
    fn may_have_worked(&self) -> bool {
        self.effect != Effect::None
    }

    /// Takes note that a write was abandoned without an answer.
    pub(super) fn abandon_write(&mut self) {
        self.effect = Effect::Maybe;
        self.sent += 1;
    }

    /// Takes note that a question about the account's role was not answered. Says whether it may be
    /// asked again.
    pub(super) fn may_ask_again(&mut self) -> bool {
        self.unanswered += 1;
        self.unanswered < self.max_attempts
    }

    /// Takes note that a write did its part, and that so many operations are left. Says whether that is
    /// fewer than ever: then the next part may follow at once, and costs no attempt. A user to whom
    /// another administrator gives back what was taken, again and again, comes no closer.
    pub(super) fn comes_closer(&mut self, left: usize) -> bool {
        let closer = left < self.least_left;
        if closer {
            self.least_left = left;
            self.take_back_write();
        }
        closer
    }

    /// The step after a read that was made for the sake of the next write, and has shown what is to be
    /// written.
    pub(super) fn after_read_for_write(&mut self) -> Step {
        self.blind_reads = 0;
        self.refusals = 0;
        self.resolve_doubt();
        Step::Write
    }

    /// The user was read, and is not as wanted: what writes did, they did in part at most. A write that an
    /// earlier run left in doubt may never have left, so it costs no attempt: or else a few kills would
    /// use up the attempts of users that were never written.
    fn resolve_doubt(&mut self) {
        if std::mem::take(&mut self.inherits_doubt) {
            self.take_back_write();
        }
        if self.effect == Effect::Maybe {
            self.effect = Effect::Part;
        }
    }

    /// The step after `verdict`. `ended` says of a credential that was refused that others had been
    /// served with it before.
    pub(super) fn after(
        &mut self,
        kind: RequestKind,
        verdict: Verdict,
        fate: Fate,
        ended: bool,
    ) -> Step {
        if fate == Fate::NotSent {
            // Costs no attempt: whether the target can be reached is nothing about this user (P5).
            return Step::BackOff(kind, None);
        }
        if verdict == Verdict::Unauthorized {
            return self.after_refused_credential(kind, ended);
        }
        if matches!(verdict, Verdict::Throttled(_)) {
            // Says nothing about the credential, and costs no attempt: were it to count as a change,
            // 401 and 429 in turn would renew for ever.
            return Step::Hold(kind);
        }
        self.refusals = 0;
        match kind {
            RequestKind::Write => self.after_write(verdict, fate),
            RequestKind::Read | RequestKind::List => self.after_read(verdict, fate),
        }
    }

    /// A fresh credential that is refused is wrong. One that others were served with has ended, and is
    /// renewed again; but if that goes on, it is this user who is refused, in odd words.
    fn after_refused_credential(&mut self, kind: RequestKind, ended: bool) -> Step {
        self.refusals += 1;
        match (self.refusals, ended) {
            (1, _) | (2..=MOST_RENEWALS, true) => Step::Renew(kind),
            (_, false) => Step::Rejected,
            (_, true) => Step::Settle(self.unseen(Reason::Forbidden)),
        }
    }

    fn after_write(&mut self, verdict: Verdict, fate: Fate) -> Step {
        let failed = matches!(verdict, Verdict::Transient(_)) || fate == Fate::NoAnswer;
        self.failures = if failed { self.failures + 1 } else { 0 };
        self.sent += u32::from(verdict != Verdict::Refused(Reason::Unsendable));
        match verdict {
            Verdict::Applied => Step::Settle(Outcome::Removed(Confirmation::Body)),
            Verdict::Advanced => self.after_part(),
            Verdict::Partial => self.doubt(Reason::NotApplied),
            Verdict::Unshown => self.doubt(Reason::Unconfirmed),
            // The server said yes, in whatever words.
            Verdict::Uncertain if fate == Fate::Answered => self.doubt(Reason::NotApplied),
            Verdict::Uncertain => self.doubt(Reason::NoAnswer),
            Verdict::Transient(wait) => {
                // Some servers store the change and then fail.
                self.effect = Effect::Maybe;
                self.blame = Some(Reason::ServerError);
                if self.writes < self.max_attempts {
                    Step::BackOff(RequestKind::Write, wait)
                } else {
                    self.last_look = true;
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
    fn doubt(&mut self, blame: Reason) -> Step {
        self.effect = Effect::Maybe;
        self.blame = Some(blame);
        Step::Read
    }

    /// One of several requests has done its part.
    fn after_part(&mut self) -> Step {
        self.effect = Effect::Part;
        self.inherits_doubt = false;
        self.blame = None;
        self.unapplied = 0;
        self.blind_reads = 0;
        if self.writes < self.max_attempts {
            Step::Write
        } else {
            Step::Settle(Outcome::Failed(Reason::NotApplied))
        }
    }

    /// The user is as wanted, and a read, or a 404 where that is wanted, has shown it.
    fn met(&self) -> Outcome {
        if self.may_have_worked() {
            Outcome::Removed(Confirmation::Reread)
        } else {
            Outcome::Already
        }
    }

    fn after_refusal(&mut self, reason: Reason) -> Step {
        match reason {
            // Nothing left to remove, or another administrator was quicker: the present state decides.
            // One more write: by then it is known what is left to do, and only that is asked for.
            Reason::Conflict | Reason::Changed | Reason::NoTarget if self.conflicts == 0 => {
                self.conflicts = 1;
                self.blame = Some(reason);
                Step::Read
            }
            // The user was seen before the write, so that a 404 to it alone proves nothing. And perhaps a
            // role was taken away: a user that may still be read is refused for its own sake.
            Reason::NotFound | Reason::NoTarget | Reason::Forbidden => {
                self.look_for_the_last_time(reason)
            }
            // The status said yes: what was done all the same, only a read shows.
            Reason::NotApplied => {
                self.effect = Effect::Maybe;
                self.look_for_the_last_time(reason)
            }
            _ if self.may_have_worked() => self.look_for_the_last_time(reason),
            _ => Step::Settle(Outcome::Failed(reason)),
        }
    }

    /// The server said yes, and the user is as before. Some servers show a write late, so the user is read
    /// again after waits that grow, the very last time too. In between the write is sent a second time, and
    /// not a third: a server that says yes and does nothing will do so for ever.
    fn after_unapplied(&mut self) -> Step {
        self.blame = Some(Reason::NotApplied);
        let wait = Duration::from_secs(1 << self.unapplied);
        self.unapplied += 1;
        let next = if self.unapplied == WRITE_AGAIN && self.writes < self.max_attempts {
            RequestKind::Write
        } else {
            RequestKind::Read
        };
        self.last_look = self.unapplied == MOST_UNAPPLIED;
        Step::BackOff(next, Some(wait))
    }

    /// How a user ends that cannot be seen. If a write may have taken effect, or was refused in words that
    /// another administrator's change explains too, the wanted state may be there: a doubt, not a failure.
    fn unseen(&self, reason: Reason) -> Outcome {
        let perhaps = matches!(
            self.blame,
            Some(Reason::NoTarget | Reason::Conflict | Reason::Changed)
        );
        if self.effect == Effect::Maybe || perhaps {
            Outcome::InDoubt(reason)
        } else {
            Outcome::Failed(reason)
        }
    }

    fn look_for_the_last_time(&mut self, reason: Reason) -> Step {
        self.blame = Some(reason);
        self.last_look = true;
        Step::Read
    }
}
