//! What comes next for one user: a pure rule from the verdicts so far to one step.
//!
//! In short: a write that was confirmed by its own answer settles the user. A write that may have
//! taken effect is asked about before anything else is sent (P4), and nobody is called failed
//! before it is known that the wanted state is not there (P2).

mod step;

use std::num::NonZeroU32;
use std::time::Duration;

use crate::domain::{Confirmation, Outcome, Reason, RequestKind, Verdict};

pub(super) use step::{Fate, Step};

/// Renewals of the credential for one request, at most.
const MOST_RENEWALS: u32 = 3;

/// Whether a write may have taken effect without anybody here knowing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    /// None has.
    Nothing,
    /// One that an earlier run began, which died or was aborted: it may never have left.
    Inherited,
    /// One of this run.
    Own,
}

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
    /// Whether a write of this job may have taken effect.
    doubt: Doubt,
    /// Refusals of the credential in a row.
    refusals: u32,
    /// Reads that showed a write, called a success, without effect.
    unapplied: u32,
    /// Conflicts answered so far.
    conflicts: u32,
    /// What to call the failure if the wanted state turns out not to be there.
    blame: Option<Reason>,
    /// No write is to follow: what a read shows now decides.
    last_look: bool,
    /// What the user has is known well enough to be written.
    is_seen: bool,
    /// The user is to be gone, so that not to be found is what is wanted.
    is_to_go: bool,
    /// The fewest operations that were left after a write that did its part.
    least_left: usize,
}

impl Course {
    /// The course of a user for whom `writes` were begun in earlier runs; `is_seen` says whether it
    /// is known well enough what the user has, `is_to_go` whether nobody is to be found in the end.
    pub(super) fn new(
        max_attempts: NonZeroU32,
        writes: u32,
        in_doubt: bool,
        is_seen: bool,
        is_to_go: bool,
    ) -> Self {
        Self {
            max_attempts: max_attempts.get(),
            writes,
            blind_reads: 0,
            failures: 0,
            doubt: if in_doubt {
                Doubt::Inherited
            } else {
                Doubt::Nothing
            },
            refusals: 0,
            unapplied: 0,
            conflicts: 0,
            blame: None,
            last_look: false,
            is_seen,
            is_to_go,
            least_left: usize::MAX,
        }
    }

    /// The first step: whoever is in doubt, or was never seen, is read before being written, and
    /// whoever has no attempt left is only read.
    pub(super) fn first(&self) -> Step {
        if self.is_touched() || !self.is_seen || self.writes >= self.max_attempts {
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

    /// Whether a write may have taken effect, so that a later run must read first.
    pub(super) fn is_touched(&self) -> bool {
        self.doubt != Doubt::Nothing
    }

    /// Takes note that a write was abandoned without an answer.
    pub(super) fn abandon_write(&mut self) {
        self.doubt = Doubt::Own;
    }

    /// Takes note that a write did its part, and that so many operations are left. Says whether that is
    /// fewer than ever: then the next part may follow at once, and costs no attempt. Whoever is given
    /// back what was taken, again and again, comes no closer.
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
        self.resolve_inherited_doubt();
        Step::Write
    }

    /// The write that an earlier run left in doubt took no effect. It may never have left, so it
    /// costs no attempt: or else a few kills would use up the attempts of users whom nobody wrote. In
    /// the journal the user stays in doubt until the next intent, which has the same number.
    fn resolve_inherited_doubt(&mut self) {
        if self.doubt == Doubt::Inherited {
            self.doubt = Doubt::Nothing;
            self.take_back_write();
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
            RequestKind::Read | RequestKind::List => self.after_read(verdict),
        }
    }

    /// A fresh credential that is refused is wrong. One that others were served with has ended, and is
    /// renewed again; but if that goes on, it is this user who is refused, in odd words.
    fn after_refused_credential(&mut self, kind: RequestKind, ended: bool) -> Step {
        self.refusals += 1;
        match (self.refusals, ended) {
            (1, _) | (2..=MOST_RENEWALS, true) => Step::Renew(kind),
            (_, false) => Step::Rejected,
            (_, true) if self.is_touched() => Step::Settle(Outcome::InDoubt(Reason::Forbidden)),
            (_, true) => Step::Settle(Outcome::Failed(Reason::Forbidden)),
        }
    }

    fn after_write(&mut self, verdict: Verdict, fate: Fate) -> Step {
        let failed = matches!(verdict, Verdict::Transient(_)) || fate == Fate::NoAnswer;
        self.failures = if failed { self.failures + 1 } else { 0 };
        match verdict {
            Verdict::Applied => Step::Settle(Outcome::Removed(Confirmation::Body)),
            Verdict::Advanced => self.after_part(),
            Verdict::Partial | Verdict::Unshown => {
                self.doubt = Doubt::Own;
                self.blame = Some(Reason::NotApplied);
                Step::Read
            }
            Verdict::Uncertain => {
                self.doubt = Doubt::Own;
                // The server said yes, in whatever words.
                self.blame = Some(if fate == Fate::Answered {
                    Reason::NotApplied
                } else {
                    Reason::NoAnswer
                });
                Step::Read
            }
            Verdict::Transient(wait) => {
                // Some servers store the change and then fail.
                self.doubt = Doubt::Own;
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

    /// One of several requests has done its part.
    fn after_part(&mut self) -> Step {
        self.doubt = Doubt::Own;
        self.blame = None;
        self.unapplied = 0;
        self.blind_reads = 0;
        if self.writes < self.max_attempts {
            Step::Write
        } else {
            Step::Settle(Outcome::Failed(Reason::NotApplied))
        }
    }

    /// Nobody is there any more, and nobody should be.
    fn gone(&self) -> Outcome {
        if self.is_touched() {
            Outcome::Removed(Confirmation::Reread)
        } else {
            Outcome::Already
        }
    }

    fn after_refusal(&mut self, reason: Reason) -> Step {
        match reason {
            Reason::NotFound if self.is_to_go => Step::Settle(self.gone()),
            Reason::NotFound => Step::Settle(Outcome::NotFound),
            // Nothing left to remove, or somebody else was quicker: the present state decides.
            // One more write: by then it is known what is left to do, and only that is asked for.
            Reason::Conflict | Reason::Changed | Reason::NoTarget if self.conflicts == 0 => {
                self.conflicts = 1;
                self.blame = Some(reason);
                Step::Read
            }
            // And perhaps a role was taken away: whoever may still be read is refused for their own
            // sake.
            Reason::NoTarget | Reason::Forbidden => self.look_for_the_last_time(reason),
            _ if self.is_touched() => self.look_for_the_last_time(reason),
            _ => Step::Settle(Outcome::Failed(reason)),
        }
    }

    /// The server said yes, and the user is as before. Some servers show a write late: each wait is
    /// longer than the last, and the very last look comes after one too.
    fn after_unapplied(&mut self) -> Step {
        let wait = Duration::from_secs(1 << self.unapplied.min(4));
        self.unapplied += 1;
        let next = if self.writes < self.max_attempts {
            RequestKind::Write
        } else {
            self.last_look = true;
            RequestKind::Read
        };
        Step::BackOff(next, Some(wait))
    }

    /// The user cannot be seen. Whoever was written may be in the wanted state: that is no failure,
    /// but a doubt.
    fn unseen(&self, reason: Reason) -> Outcome {
        if self.writes == 0 && !self.is_touched() {
            Outcome::Failed(reason)
        } else {
            Outcome::InDoubt(reason)
        }
    }

    fn look_for_the_last_time(&mut self, reason: Reason) -> Step {
        self.blame = Some(reason);
        self.last_look = true;
        Step::Read
    }

    fn after_read(&mut self, verdict: Verdict) -> Step {
        match verdict {
            Verdict::Applied if self.is_touched() => {
                Step::Settle(Outcome::Removed(Confirmation::Reread))
            }
            Verdict::Applied => Step::Settle(Outcome::Already),
            Verdict::Advanced => self.after_part(),
            Verdict::Partial | Verdict::Unshown => {
                self.blind_reads = 0;
                self.resolve_inherited_doubt();
                if self.blame == Some(Reason::NotApplied) && !self.last_look {
                    return self.after_unapplied();
                }
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
            Verdict::Refused(Reason::NotFound) if self.is_to_go => Step::Settle(self.gone()),
            Verdict::Refused(Reason::NotFound) => Step::Settle(Outcome::NotFound),
            Verdict::Refused(Reason::Forbidden) => {
                let refused = self.blame == Some(Reason::Forbidden) && !self.is_touched();
                Step::AskRole(if refused {
                    Outcome::Failed(Reason::Forbidden)
                } else {
                    self.unseen(Reason::Forbidden)
                })
            }
            Verdict::Refused(reason) => Step::Settle(self.unseen(reason)),
            Verdict::Transient(_) | Verdict::Unreadable => {
                let wait = match verdict {
                    Verdict::Transient(wait) => wait,
                    _ => None,
                };
                self.blind_reads += 1;
                if self.blind_reads < self.max_attempts {
                    Step::BackOff(RequestKind::Read, wait)
                } else {
                    let reason = match self.blame {
                        None | Some(Reason::NotApplied) => Reason::Unreadable,
                        Some(reason) => reason,
                    };
                    Step::Settle(self.unseen(reason))
                }
            }
            Verdict::Uncertain | Verdict::Throttled(_) | Verdict::Unauthorized => {
                unreachable!("no verdict on a read, or handled for both kinds of request")
            }
        }
    }
}
