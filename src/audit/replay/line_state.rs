//! The state of one roster line, replayed from its events alone.

use crate::audit::replay::ReplayEvent;
use crate::domain::{Effect, Finding, IdRule, Status};
use crate::ledger::{EventBody, RequestEnd};

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

/// What a verification has found of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::audit) struct LineVerification {
    pub(in crate::audit) at: String,
    pub(in crate::audit) finding: Finding,
    pub(in crate::audit) detail: String,
}

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
    /// Takes the next event of the line. `answer` is the status and the request id of the answer right
    /// before, if there was one.
    pub(in crate::audit) fn take(
        &mut self,
        event: &ReplayEvent,
        hash: Option<&str>,
        answer: Option<(String, String)>,
    ) {
        match &event.body {
            EventBody::LookedUp {
                id,
                active,
                workspaces,
            } => {
                self.is_seen = true;
                self.user_id = id.to_string();
                self.active_before = flag(*active);
                self.is_before_known = workspaces.is_some();
                self.workspaces_before = list(workspaces.as_deref());
            }
            EventBody::LookForgotten {} => {
                self.is_seen = false;
                self.is_before_known = false;
                self.user_id.clear();
                self.active_before.clear();
                self.workspaces_before.clear();
                return;
            }
            EventBody::Begun { .. } => {
                self.status = Status::Claimed;
                self.effect = Effect::Maybe;
                if self.first_attempt_at.is_empty() {
                    self.first_attempt_at.clone_from(&event.at);
                }
            }
            EventBody::Released {
                in_doubt,
                effect,
                unanswered,
                why,
                ..
            } => {
                self.status = if *in_doubt {
                    Status::InDoubt
                } else {
                    Status::Pending
                };
                self.effect = match effect {
                    Some(effect) => *effect,
                    // Earlier versions did not record whether one of several writes was taken in part.
                    None if *in_doubt => Effect::Maybe,
                    None if self.first_attempt_at.is_empty() => Effect::None,
                    None => Effect::Part,
                };
                self.sent += u64::from(*unanswered || *in_doubt && is_unanswered(why));
                self.reason.clear();
                self.detail = why.to_string();
            }
            EventBody::Ended(end) => {
                self.sent += u64::from(end.is_sent_write());
                return;
            }
            EventBody::SetAside {
                detail,
                outcome,
                reason,
            } => {
                self.status = *outcome;
                self.reason = text(reason.as_deref());
                self.detail = text(detail.as_deref());
            }
            body @ EventBody::Settled { .. } => self.settle(body, &event.at, answer),
            EventBody::Verified {
                finding, detail, ..
            } => {
                self.verified = Some(LineVerification {
                    at: event.at.clone(),
                    finding: *finding,
                    detail: text(detail.as_deref()),
                });
                return;
            }
            EventBody::JobLoaded { .. }
            | EventBody::ChainBegun { .. }
            | EventBody::RunStarted { .. }
            | EventBody::RunEnded { .. }
            | EventBody::VerificationEnded(_)
            | EventBody::Planned { .. }
            | EventBody::PlanDiscarded { .. }
            | EventBody::CanaryPassed { .. }
            | EventBody::RetryConfirmed { .. }
            | EventBody::Undone { .. }
            | EventBody::Sampled { .. }
            | EventBody::Unknown => return,
        }
        if !matches!(event.body, EventBody::LookedUp { .. }) {
            self.has_state = true;
            hash.unwrap_or_default().clone_into(&mut self.event_hash);
            self.event = event.seq;
        }
        if !matches!(event.body, EventBody::SetAside { .. }) {
            self.run = event.run.clone().unwrap_or_default();
        }
    }

    /// The user has an outcome. `answer` is that of the last request.
    fn settle(&mut self, body: &EventBody<'_>, at: &str, answer: Option<(String, String)>) {
        let EventBody::Settled {
            outcome,
            reason,
            confirmed_by,
            active,
            workspaces,
            detail,
            http_status,
            request_id,
            answer: decisive,
        } = body
        else {
            return;
        };
        let is_sent = decisive.as_ref().is_some_and(RequestEnd::is_sent_write);
        self.sent += u64::from(is_sent);
        self.status = *outcome;
        self.reason = text(reason.as_deref());
        self.detail = text(detail.as_deref());
        self.effect = match (outcome, self.effect) {
            (Status::InDoubt, _) => Effect::Maybe,
            (_, Effect::None) => Effect::None,
            (_, Effect::Maybe | Effect::Part) => Effect::Part,
        };
        at.clone_into(&mut self.done_at);
        let (by, confirmed_at) = match confirmed_by {
            Some(by) => (by.as_str(), at),
            None => ("", ""),
        };
        by.clone_into(&mut self.confirmed_by);
        confirmed_at.clone_into(&mut self.confirmed_at);
        self.active_after = flag(*active);
        self.is_after_known = workspaces.is_some();
        self.workspaces_after = list(workspaces.as_deref());
        // The answer that decided may be another one than the last.
        let decided = http_status.map(|status| status.to_string());
        let id = text(request_id.as_deref());
        self.answer = decided.map(|status| (status, id)).or(answer);
    }

    /// The plan was discarded: each user that was not written is to be looked up again.
    pub(in crate::audit) fn discard(&mut self) {
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
        self.effect != Effect::None && self.is_seen && !(is_shown && same)
    }
}

/// Earlier versions recorded that a write had no answer only in the words of `why`.
fn is_unanswered(why: &str) -> bool {
    const WORDS: [&str; 2] = [
        "the run that was writing this user died before an answer was recorded",
        "the run was stopped while a request was under way",
    ];
    WORDS.contains(&why)
}

/// A text that may not be there, as tables show it.
fn text(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}

/// A truth, as tables show it.
fn flag(flag: Option<bool>) -> String {
    flag.map(|flag| flag.to_string()).unwrap_or_default()
}

/// A list of ids, as tables show it.
fn list(ids: Option<&[String]>) -> String {
    ids.map(|ids| ids.join(" ")).unwrap_or_default()
}
