//! What comes next for one user: a pure rule from the verdicts so far to one step.
//!
//! In short: a write that was confirmed by its own answer settles the user. A write that may have
//! taken effect is asked about before anything else is sent (P4), and nobody is called failed
//! before it is known that the wanted state is not there (P2).

use std::num::NonZeroU32;
use std::time::Duration;

use crate::domain::{Confirmation, Outcome, Reason, RequestKind, Verdict};

/// What to do next for a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Send the next write.
    Write,
    /// Read the user.
    Read,
    /// Back off, at least as long as the server asks, then go on with the given kind.
    BackOff(RequestKind, Option<Duration>),
    /// Let everybody wait as long as the server asks, then repeat the same request.
    Hold(RequestKind, Option<Duration>),
    /// Renew the credential, then repeat the same request.
    Renew(RequestKind),
    /// The user has an outcome.
    Settle(Outcome),
    /// The provider cannot be reached at all: the user goes back, untouched by this.
    Unreachable,
    /// A fresh credential was refused too: the user goes back, untouched by this.
    Rejected,
}

/// What has happened to one user so far, as far as it matters for what comes next.
#[derive(Debug)]
pub(super) struct Course {
    max_attempts: u32,
    /// Writes begun, in all runs.
    writes: u32,
    /// Reads in a row that showed nothing.
    blind_reads: u32,
    /// Requests in a row that never left.
    unsent: u32,
    /// A write of this job may have taken effect.
    touched: bool,
    /// The credential was renewed because of this user's request, and nothing else came since.
    renewed: bool,
    /// Conflicts answered so far.
    conflicts: u32,
    /// What to call the failure if the wanted state turns out not to be there.
    blame: Option<Reason>,
    /// No write is to follow: what a read shows now decides.
    last_look: bool,
}

impl Course {
    /// The course of a user for whom `writes` were begun in earlier runs.
    pub(super) fn new(max_attempts: NonZeroU32, writes: u32, in_doubt: bool) -> Self {
        Self {
            max_attempts: max_attempts.get(),
            writes,
            blind_reads: 0,
            unsent: 0,
            touched: in_doubt,
            renewed: false,
            conflicts: 0,
            blame: None,
            last_look: false,
        }
    }

    /// The first step: whoever is in doubt is read before being written.
    pub(super) fn first(&self) -> Step {
        if self.touched {
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

    /// Writes begun so far.
    pub(super) fn writes(&self) -> u32 {
        self.writes
    }

    /// Whether a write may have taken effect, so that a later run must read first.
    pub(super) fn is_touched(&self) -> bool {
        self.touched
    }

    /// Takes note that a write was abandoned without an answer.
    pub(super) fn abandon_write(&mut self) {
        self.touched = true;
    }

    /// The step after `verdict`. `sent` is false if the request provably never left.
    pub(super) fn after(&mut self, kind: RequestKind, verdict: Verdict, sent: bool) -> Step {
        if !sent {
            return self.not_sent(kind);
        }
        self.unsent = 0;
        if verdict == Verdict::Unauthorized {
            return if std::mem::replace(&mut self.renewed, true) {
                Step::Rejected
            } else {
                Step::Renew(kind)
            };
        }
        self.renewed = false;
        match (kind, verdict) {
            (_, Verdict::Throttled(wait)) => Step::Hold(kind, wait),
            (RequestKind::Write, verdict) => self.after_write(verdict),
            (RequestKind::Read, verdict) => self.after_read(verdict),
        }
    }

    fn not_sent(&mut self, kind: RequestKind) -> Step {
        self.unsent += 1;
        if self.unsent >= self.max_attempts {
            return Step::Unreachable;
        }
        Step::BackOff(kind, None)
    }

    fn after_write(&mut self, verdict: Verdict) -> Step {
        match verdict {
            Verdict::Applied => Step::Settle(Outcome::Removed(Confirmation::Body)),
            Verdict::Partial => {
                self.touched = true;
                self.blame = Some(Reason::NotApplied);
                Step::Read
            }
            Verdict::Uncertain => {
                self.touched = true;
                self.blame = Some(Reason::NoAnswer);
                Step::Read
            }
            Verdict::Transient(wait) => {
                // Some servers store the change and then fail.
                self.touched = true;
                self.blame = Some(Reason::ServerError);
                if self.writes < self.max_attempts {
                    Step::BackOff(RequestKind::Write, wait)
                } else {
                    self.last_look = true;
                    Step::BackOff(RequestKind::Read, wait)
                }
            }
            Verdict::Refused(reason) => self.after_refusal(reason),
            Verdict::Throttled(_) | Verdict::Unauthorized => {
                unreachable!("handled for both kinds of request")
            }
        }
    }

    fn after_refusal(&mut self, reason: Reason) -> Step {
        match reason {
            Reason::NotFound => Step::Settle(Outcome::NotFound),
            // Nothing left to remove, or somebody else was quicker: the present state decides, and
            // a conflict is worth one more write.
            Reason::NoTarget => self.look_for_the_last_time(reason),
            Reason::Conflict | Reason::Changed if self.conflicts == 0 => {
                self.conflicts = 1;
                self.blame = Some(reason);
                Step::Read
            }
            _ if self.touched => self.look_for_the_last_time(reason),
            _ => Step::Settle(Outcome::Failed(reason)),
        }
    }

    fn look_for_the_last_time(&mut self, reason: Reason) -> Step {
        self.blame = Some(reason);
        self.last_look = true;
        Step::Read
    }

    fn after_read(&mut self, verdict: Verdict) -> Step {
        match verdict {
            Verdict::Applied if self.touched => {
                Step::Settle(Outcome::Removed(Confirmation::Reread))
            }
            Verdict::Applied => Step::Settle(Outcome::Already),
            Verdict::Partial => {
                self.blind_reads = 0;
                if self.last_look || self.writes >= self.max_attempts {
                    let reason = self.blame.unwrap_or(Reason::NoAnswer);
                    Step::Settle(Outcome::Failed(reason))
                } else if self.blame.is_none() {
                    // In doubt since an earlier run, and now known not to be done.
                    Step::Write
                } else {
                    Step::BackOff(RequestKind::Write, None)
                }
            }
            Verdict::Refused(Reason::NotFound) => Step::Settle(Outcome::NotFound),
            Verdict::Refused(reason) => Step::Settle(self.give_up(reason)),
            Verdict::Transient(wait) => {
                self.blind_reads += 1;
                if self.blind_reads < self.max_attempts {
                    Step::BackOff(RequestKind::Read, wait)
                } else {
                    Step::Settle(self.give_up(self.blame.unwrap_or(Reason::Unreadable)))
                }
            }
            Verdict::Uncertain | Verdict::Throttled(_) | Verdict::Unauthorized => {
                unreachable!("no verdict on a read, or handled for both kinds of request")
            }
        }
    }

    /// The user could not be read: whoever may have been changed stays in doubt.
    fn give_up(&self, reason: Reason) -> Outcome {
        if self.touched {
            Outcome::InDoubt(reason)
        } else {
            Outcome::Failed(reason)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use RequestKind::{Read, Write};

    const MAX: NonZeroU32 = NonZeroU32::new(3).unwrap();

    /// Plays verdicts against a fresh user and returns the last step.
    fn play(in_doubt: bool, verdicts: &[(RequestKind, Verdict)]) -> Step {
        let mut course = Course::new(MAX, 0, in_doubt);
        let mut step = course.first();
        for (kind, verdict) in verdicts {
            let expected = match step {
                Step::Write => Write,
                Step::Read => Read,
                Step::BackOff(kind, _) | Step::Hold(kind, _) | Step::Renew(kind) => kind,
                over => panic!("{over:?} before {verdict:?}"),
            };
            assert_eq!(*kind, expected, "asked for {step:?}");
            let again = matches!(step, Step::Hold(..) | Step::Renew(_));
            if *kind == Write && !again {
                course.begin_write();
            }
            step = course.after(*kind, *verdict, true);
        }
        step
    }

    const FAIL: (RequestKind, Verdict) = (Write, Verdict::Transient(None));

    #[test]
    fn a_confirmed_write_settles() {
        let step = play(false, &[(Write, Verdict::Applied)]);
        assert_eq!(step, Step::Settle(Outcome::Removed(Confirmation::Body)));
    }

    #[test]
    fn p4_a_lost_answer_is_asked_about_before_anything_is_sent_again() {
        let lost = (Write, Verdict::Uncertain);
        assert_eq!(play(false, &[lost]), Step::Read);
        assert_eq!(
            play(false, &[lost, (Read, Verdict::Applied)]),
            Step::Settle(Outcome::Removed(Confirmation::Reread))
        );
        assert_eq!(
            play(false, &[lost, (Read, Verdict::Partial)]),
            Step::BackOff(Write, None)
        );
        assert_eq!(play(true, &[]), Step::Read);
        assert_eq!(play(true, &[(Read, Verdict::Partial)]), Step::Write);
    }

    #[test]
    fn p2_a_success_that_changed_nothing_is_tried_again_and_fails() {
        let ignored = [(Write, Verdict::Partial), (Read, Verdict::Partial)];
        let thrice: Vec<_> = ignored.iter().copied().cycle().take(6).collect();
        assert_eq!(
            play(false, &thrice),
            Step::Settle(Outcome::Failed(Reason::NotApplied))
        );
    }

    #[test]
    fn a_server_that_fails_every_time_is_read_before_the_user_is_called_failed() {
        assert_eq!(play(false, &[FAIL, FAIL]), Step::BackOff(Write, None));
        assert_eq!(play(false, &[FAIL, FAIL, FAIL]), Step::BackOff(Read, None));
        let read = |verdict| play(false, &[FAIL, FAIL, FAIL, (Read, verdict)]);
        assert_eq!(
            read(Verdict::Partial),
            Step::Settle(Outcome::Failed(Reason::ServerError))
        );
        assert_eq!(
            read(Verdict::Applied),
            Step::Settle(Outcome::Removed(Confirmation::Reread))
        );
        let blind = [(Read, Verdict::Transient(None)); 3];
        let all: Vec<_> = [FAIL; 3].into_iter().chain(blind).collect();
        assert_eq!(
            play(false, &all),
            Step::Settle(Outcome::InDoubt(Reason::ServerError))
        );
    }

    #[test]
    fn throttling_costs_no_attempt() {
        let wait = Some(Duration::from_secs(9));
        let throttled = [(Write, Verdict::Throttled(wait)); 50];
        assert_eq!(play(false, &throttled), Step::Hold(Write, wait));
    }

    #[test]
    fn a_second_refusal_of_the_credential_ends_the_run_and_not_the_user() {
        let refused = (Write, Verdict::Unauthorized);
        assert_eq!(play(false, &[refused]), Step::Renew(Write));
        assert_eq!(play(false, &[refused, refused]), Step::Rejected);
        assert_eq!(play(false, &[refused, FAIL, refused]), Step::Renew(Write));
    }

    #[test]
    fn final_answers_settle() {
        for (reason, expected) in [
            (Reason::NotFound, Step::Settle(Outcome::NotFound)),
            (
                Reason::Forbidden,
                Step::Settle(Outcome::Failed(Reason::Forbidden)),
            ),
            (
                Reason::BadRequest,
                Step::Settle(Outcome::Failed(Reason::BadRequest)),
            ),
            (Reason::NoTarget, Step::Read),
            (Reason::Conflict, Step::Read),
        ] {
            assert_eq!(play(false, &[(Write, Verdict::Refused(reason))]), expected);
        }
        let gone = (Write, Verdict::Refused(Reason::NoTarget));
        assert_eq!(
            play(false, &[gone, (Read, Verdict::Applied)]),
            Step::Settle(Outcome::Already)
        );
        // A refusal after a write that may have been applied proves nothing about that write.
        let refused = (Write, Verdict::Refused(Reason::Forbidden));
        assert_eq!(play(false, &[FAIL, refused]), Step::Read);
    }

    #[test]
    fn a_conflict_is_worth_one_more_write() {
        let conflict = (Write, Verdict::Refused(Reason::Conflict));
        let unchanged = (Read, Verdict::Partial);
        assert_eq!(
            play(false, &[conflict, unchanged]),
            Step::BackOff(Write, None)
        );
        assert_eq!(
            play(false, &[conflict, unchanged, conflict]),
            Step::Settle(Outcome::Failed(Reason::Conflict))
        );
    }

    #[test]
    fn what_never_left_costs_no_attempt() {
        let mut course = Course::new(MAX, 0, false);
        for step in [
            Step::BackOff(Write, None),
            Step::BackOff(Write, None),
            Step::Unreachable,
        ] {
            course.begin_write();
            assert_eq!(course.after(Write, Verdict::Transient(None), false), step);
            course.take_back_write();
        }
        assert_eq!(course.writes(), 0);
        assert!(!course.is_touched());
    }
}
