//! The step after a read.

use std::time::Duration;

use crate::domain::{Outcome, Reason, RequestKind, Verdict};
use crate::engine::attempt_policy::policy::{AttemptPolicy, NotFoundMeans};
use crate::engine::attempt_policy::step::{Delivery, Step};

impl AttemptPolicy {
    /// The step after a read that ended with `verdict`.
    pub(super) fn after_read(&mut self, verdict: Verdict, delivery: Delivery) -> Step {
        let is_shown = matches!(
            verdict,
            Verdict::Applied | Verdict::Advanced | Verdict::Partial | Verdict::Unshown
        );
        if is_shown {
            self.not_found.prove();
        }
        match verdict {
            Verdict::Applied => Step::Settle(self.outcome_as_wanted()),
            Verdict::Advanced => self.after_part(),
            // A write may have done it, and no read shows it: it can be neither claimed nor tried again.
            Verdict::Unshown if self.may_have_worked() => {
                Step::Settle(Outcome::InDoubt(Reason::Unconfirmed))
            }
            Verdict::Partial | Verdict::Unshown => self.after_unmet(),
            Verdict::Refused(Reason::NotFound) if self.not_found == NotFoundMeans::Deleted => {
                Step::Settle(self.outcome_as_wanted())
            }
            Verdict::Refused(Reason::NotFound) => Step::Settle(Outcome::NotFound),
            Verdict::Refused(Reason::Forbidden) => {
                Step::AskRole(self.outcome_if_unreadable(Reason::Forbidden))
            }
            Verdict::Refused(reason) => Step::Settle(self.outcome_if_unreadable(reason)),
            Verdict::Transient(wait) => {
                let reason = match delivery {
                    Delivery::Answered => Reason::ServerError,
                    Delivery::NoAnswer | Delivery::NotSent => Reason::NoAnswer,
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
        let unapplied = matches!(self.cause, Some(Reason::NotApplied | Reason::Unconfirmed));
        if unapplied && !self.is_last_read {
            return self.after_unapplied();
        }
        if self.is_last_read || self.writes >= self.max_attempts {
            let reason = self.cause.unwrap_or(Reason::NoAnswer);
            Step::Settle(Outcome::Failed(reason))
        } else if self.cause.is_none() {
            // The first read, or the first after a doubt of an earlier run: it has shown what is to be written.
            Step::Write
        } else {
            Step::BackOff(RequestKind::Write, None)
        }
    }

    /// A read showed no user. Before the user is given up, the target is asked about another user.
    fn after_blind_read(&mut self, reason: Reason, wait: Option<Duration>) -> Step {
        self.blind_reads += 1;
        if self.blind_reads < self.max_attempts {
            return Step::BackOff(RequestKind::Read, wait);
        }
        let reason = match self.cause {
            None | Some(Reason::NotApplied | Reason::Unconfirmed) => reason,
            Some(cause) => cause,
        };
        Step::AskTarget(self.outcome_if_unreadable(reason))
    }
}
