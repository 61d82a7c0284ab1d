//! What follows from a read.

use std::time::Duration;

use crate::domain::{Outcome, Reason, RequestKind, Verdict};
use crate::engine::course::{Absence, Course, Fate, Step};

impl Course {
    pub(super) fn after_read(&mut self, verdict: Verdict, fate: Fate) -> Step {
        let is_shown = matches!(
            verdict,
            Verdict::Applied | Verdict::Advanced | Verdict::Partial | Verdict::Unshown
        );
        if is_shown {
            self.absence.prove();
        }
        match verdict {
            Verdict::Applied => Step::Settle(self.met()),
            Verdict::Advanced => self.after_part(),
            // What a write may have done, and is not shown, can be neither claimed nor tried again.
            Verdict::Unshown if self.may_have_worked() => {
                Step::Settle(Outcome::InDoubt(Reason::Unconfirmed))
            }
            Verdict::Partial | Verdict::Unshown => self.after_unmet(),
            Verdict::Refused(Reason::NotFound) if self.absence == Absence::Deleted => {
                Step::Settle(self.met())
            }
            Verdict::Refused(Reason::NotFound) => Step::Settle(Outcome::NotFound),
            Verdict::Refused(Reason::Forbidden) => Step::AskRole(self.unseen(Reason::Forbidden)),
            Verdict::Refused(reason) => Step::Settle(self.unseen(reason)),
            Verdict::Transient(wait) => {
                let reason = match fate {
                    Fate::Answered => Reason::ServerError,
                    Fate::NoAnswer | Fate::NotSent => Reason::NoAnswer,
                };
                self.after_blind_read(reason, wait)
            }
            Verdict::Unreadable => self.after_blind_read(Reason::Unreadable, None),
            Verdict::Uncertain | Verdict::Throttled(_) | Verdict::Unauthorized => {
                unreachable!("no verdict on a read, or handled for both kinds of request")
            }
        }
    }

    /// The user was shown, and is not as wanted.
    fn after_unmet(&mut self) -> Step {
        self.blind_reads = 0;
        self.resolve_doubt();
        let unapplied = matches!(self.blame, Some(Reason::NotApplied | Reason::Unconfirmed));
        if unapplied && !self.last_look {
            return self.after_unapplied();
        }
        if self.last_look || self.writes >= self.max_attempts {
            let reason = self.blame.unwrap_or(Reason::NoAnswer);
            Step::Settle(Outcome::Failed(reason))
        } else if self.blame.is_none() {
            // Never read before, or in doubt since an earlier run, and now known not to be done.
            Step::Write
        } else {
            Step::BackOff(RequestKind::Write, None)
        }
    }

    /// A read showed no user. Before the user is given up for it, the target is asked about another one.
    fn after_blind_read(&mut self, reason: Reason, wait: Option<Duration>) -> Step {
        self.blind_reads += 1;
        if self.blind_reads < self.max_attempts {
            return Step::BackOff(RequestKind::Read, wait);
        }
        let reason = match self.blame {
            None | Some(Reason::NotApplied | Reason::Unconfirmed) => reason,
            Some(blame) => blame,
        };
        Step::AskTarget(self.unseen(reason))
    }
}
