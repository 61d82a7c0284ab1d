//! The state of one roster line, replayed from its events alone.

use crate::audit::replay::line_event::{EventSeal, LineChange, LineSettlement};
use crate::audit::replay::packed::packed;
use crate::domain::{Effect, Finding, IdRule, Status};

/// The cells of a line that follow from its events. What no event says is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "what is known of a line")]
pub(in crate::audit) struct LineState {
    pub(in crate::audit) status: Status,
    /// The id that the provider gave.
    pub(in crate::audit) user_id: String,
    pub(in crate::audit) reason: String,
    pub(in crate::audit) detail: String,
    pub(in crate::audit) active_before: String,
    pub(in crate::audit) workspaces_before: String,
    pub(in crate::audit) active_after: String,
    pub(in crate::audit) workspaces_after: String,
    /// Writes that left, or may have.
    pub(in crate::audit) sent: u64,
    effect: Effect,
    pub(in crate::audit) answer: Option<(String, String)>,
    pub(in crate::audit) first_attempt_at: String,
    pub(in crate::audit) done_at: String,
    pub(in crate::audit) confirmed_at: String,
    pub(in crate::audit) confirmed_by: String,
    pub(in crate::audit) run: String,
    pub(in crate::audit) event_hash: String,
    /// The place of that event in the chain.
    pub(in crate::audit) event: Option<u64>,
    pub(in crate::audit) verified: Option<LineVerification>,
    /// Whether what the user had before is known.
    pub(in crate::audit) is_seen: bool,
    /// Whether the workspaces that the user had before, and those that the user had last, are known.
    is_before_known: bool,
    is_after_known: bool,
    /// Whether any event gives the line a state.
    pub(in crate::audit) has_state: bool,
}

packed!(struct LineState {
    status, user_id, reason, detail, active_before, workspaces_before, active_after, workspaces_after, sent,
    effect, answer, first_attempt_at, done_at, confirmed_at, confirmed_by, run, event_hash, event, verified,
    is_seen, is_before_known, is_after_known, has_state,
});

/// What a verification has found of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::audit) struct LineVerification {
    pub(in crate::audit) at: String,
    pub(in crate::audit) finding: Finding,
    pub(in crate::audit) detail: String,
}

packed!(struct LineVerification { at, finding, detail });

impl Default for LineState {
    fn default() -> Self {
        let empty = String::new;
        Self {
            status: Status::Pending,
            user_id: empty(),
            reason: empty(),
            detail: empty(),
            active_before: empty(),
            workspaces_before: empty(),
            active_after: empty(),
            workspaces_after: empty(),
            sent: 0,
            effect: Effect::None,
            answer: None,
            first_attempt_at: empty(),
            done_at: empty(),
            confirmed_at: empty(),
            confirmed_by: empty(),
            run: empty(),
            event_hash: empty(),
            event: None,
            verified: None,
            is_seen: false,
            is_before_known: false,
            is_after_known: false,
            has_state: false,
        }
    }
}

impl LineState {
    /// Takes the next event of the line.
    pub(super) fn take(&mut self, change: LineChange) {
        match change {
            LineChange::Named {} => {}
            LineChange::LookedUp {
                run,
                id,
                active,
                workspaces,
            } => {
                self.is_seen = true;
                self.user_id = id;
                self.active_before = active;
                self.is_before_known = workspaces.is_some();
                self.workspaces_before = workspaces.unwrap_or_default();
                self.run = run;
            }
            LineChange::Forgotten {} => {
                self.is_seen = false;
                self.is_before_known = false;
                self.user_id.clear();
                self.active_before.clear();
                self.workspaces_before.clear();
            }
            LineChange::Begun { at, run, seal } => {
                self.status = Status::Claimed;
                self.effect = Effect::Maybe;
                if self.first_attempt_at.is_empty() {
                    self.first_attempt_at = at;
                }
                self.run = run;
                self.seal(seal);
            }
            LineChange::Sent {} => self.sent += 1,
            LineChange::Released {
                run,
                seal,
                in_doubt,
                effect,
                is_sent,
                why,
            } => {
                self.status = if in_doubt {
                    Status::InDoubt
                } else {
                    Status::Pending
                };
                self.effect = match effect {
                    Some(effect) => effect,
                    // Earlier versions did not record whether one of several writes was taken in part.
                    None if in_doubt => Effect::Maybe,
                    None if self.first_attempt_at.is_empty() => Effect::None,
                    None => Effect::Part,
                };
                self.sent += u64::from(is_sent);
                self.reason.clear();
                self.detail = why;
                self.run = run;
                self.seal(seal);
            }
            LineChange::SetAside {
                seal,
                outcome,
                reason,
                detail,
            } => {
                self.status = outcome;
                self.reason = reason;
                self.detail = detail;
                self.seal(seal);
            }
            LineChange::Settled { settlement } => self.settle(settlement),
            LineChange::Verified {
                at,
                finding,
                detail,
            } => {
                self.verified = Some(LineVerification {
                    at,
                    finding,
                    detail,
                });
            }
        }
    }

    /// The line has an outcome.
    fn settle(&mut self, settlement: LineSettlement) {
        let LineSettlement {
            at,
            run,
            seal,
            outcome,
            reason,
            detail,
            confirmed_by,
            active,
            workspaces,
            is_sent,
            answer,
        } = settlement;
        self.sent += u64::from(is_sent);
        self.status = outcome;
        self.reason = reason;
        self.detail = detail;
        self.effect = match (outcome, self.effect) {
            (Status::InDoubt, _) => Effect::Maybe,
            (_, Effect::None) => Effect::None,
            (_, Effect::Maybe | Effect::Part) => Effect::Part,
        };
        self.confirmed_at.clear();
        if !confirmed_by.is_empty() {
            self.confirmed_at.clone_from(&at);
        }
        self.done_at = at;
        self.confirmed_by = confirmed_by;
        self.active_after = active;
        self.is_after_known = workspaces.is_some();
        self.workspaces_after = workspaces.unwrap_or_default();
        self.answer = answer;
        self.run = run;
        self.seal(seal);
    }

    /// The event with this seal gives the line its state.
    fn seal(&mut self, seal: EventSeal) {
        self.has_state = true;
        self.event_hash = seal.hash;
        self.event = seal.seq;
    }

    /// The plan was discarded: each user that was not written is to be looked up again.
    pub(super) fn discard(&mut self) {
        let set_aside = matches!(self.status, Status::Invalid | Status::Duplicate);
        if self.effect != Effect::None || set_aside && !self.is_seen {
            return;
        }
        *self = Self {
            first_attempt_at: std::mem::take(&mut self.first_attempt_at),
            sent: self.sent,
            run: std::mem::take(&mut self.run),
            verified: self.verified.take(),
            has_state: true,
            ..Self::default()
        };
    }

    /// The workspaces that the user had and has no longer; nothing unless both were seen.
    pub(in crate::audit) fn workspaces_removed(&self, ids: IdRule) -> String {
        if self.workspaces_before.is_empty() || !self.is_after_known {
            return String::new();
        }
        let kept = &self.workspaces_after;
        let gone: Vec<_> = self
            .workspaces_before
            .split(' ')
            .filter(|id| !kept.split(' ').any(|kept| ids.is_same(kept, id)))
            .collect();
        gone.join(" ")
    }

    /// Whether a write may have changed the user: one has left, and the user was not shown since to have
    /// all that was there before.
    pub(in crate::audit) fn may_be_changed(&self, ids: IdRule) -> bool {
        if self.effect == Effect::None || !self.is_seen {
            return false;
        }
        let ids_in = |text: &str| {
            let ids = text.split(' ').filter(|id| !id.is_empty());
            ids.map(str::to_owned).collect::<Vec<_>>()
        };
        let is_shown = !self.status.is_open() && !self.active_after.is_empty();
        let (had, has) = (
            ids_in(&self.workspaces_before),
            ids_in(&self.workspaces_after),
        );
        let same = self.active_before == self.active_after
            && self.is_after_known == self.is_before_known
            && ids.is_same_set(&had, &has);
        !(is_shown && same)
    }
}
