//! The state of one roster line, replayed from its events alone.

use crate::audit::event::Event;
use crate::domain::{Effect, IdRule, Status};

/// The cells of a line that follow from its events. What no event says is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "what is known of a line")]
pub(super) struct LineState {
    pub(super) status: Status,
    /// The id that the provider gave.
    pub(super) user_id: String,
    pub(super) reason: String,
    pub(super) detail: String,
    pub(super) active_before: String,
    pub(super) workspaces_before: String,
    pub(super) active_after: String,
    pub(super) workspaces_after: String,
    /// Writes that left, or may have.
    pub(super) sent: u64,
    effect: Effect,
    pub(super) answer: Option<(String, String)>,
    pub(super) first_attempt_at: String,
    pub(super) done_at: String,
    pub(super) confirmed_at: String,
    pub(super) confirmed_by: String,
    pub(super) run: String,
    pub(super) event_hash: String,
    /// The place of that event in the chain.
    pub(super) event: Option<u64>,
    pub(super) verified: [String; 3],
    /// Whether what the user had before is known.
    pub(super) is_seen: bool,
    /// Whether the workspaces that the user had before, and those that the user had last, are known.
    is_before_known: bool,
    is_after_known: bool,
    /// Whether any event says where the line stands.
    pub(super) is_told: bool,
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
            verified: Default::default(),
            is_seen: false,
            is_before_known: false,
            is_after_known: false,
            is_told: false,
        }
    }
}

impl LineState {
    /// Takes the next event of the line. `answer` is the status and the request id of the answer right
    /// before, if there was one. Returns what is wrong with the event.
    pub(super) fn take(
        &mut self,
        event: &Event,
        hash: Option<&str>,
        answer: Option<(String, String)>,
    ) -> Option<String> {
        let text = |member| event.text(member).unwrap_or_default().to_owned();
        match event.kind.as_str() {
            "looked_up" => {
                self.is_seen = true;
                self.user_id = text("id");
                self.active_before = flag(event, "active");
                self.is_before_known = event.ids("workspaces").is_some();
                self.workspaces_before = event.ids("workspaces").unwrap_or_default();
            }
            "look_forgotten" => {
                self.is_seen = false;
                self.is_before_known = false;
                self.user_id.clear();
                self.active_before.clear();
                self.workspaces_before.clear();
                return None;
            }
            "begun" => {
                self.status = Status::Claimed;
                self.effect = Effect::Maybe;
                if self.first_attempt_at.is_empty() {
                    self.first_attempt_at.clone_from(&event.at);
                }
            }
            "released" => {
                let doubt = event.flag("in_doubt").unwrap_or_default();
                self.status = if doubt {
                    Status::InDoubt
                } else {
                    Status::Pending
                };
                self.effect = match event.text("effect").and_then(Effect::parse) {
                    Some(effect) => effect,
                    // Earlier versions did not tell whether one of several writes was taken in part.
                    None if doubt => Effect::Maybe,
                    None if self.first_attempt_at.is_empty() => Effect::None,
                    None => Effect::Part,
                };
                let unanswered = event.flag("unanswered").unwrap_or_default();
                self.sent += u64::from(unanswered || doubt && is_unanswered(event));
                self.reason.clear();
                self.detail = text("why");
            }
            "ended" => {
                self.sent += u64::from(is_sent(event));
                return None;
            }
            "settled" | "set_aside" => {
                let outcome = text("outcome");
                let Some(status) = Status::parse(&outcome) else {
                    return Some(format!("there is no outcome `{outcome}`"));
                };
                self.status = status;
                self.reason = text("reason");
                self.detail = text("detail");
                if event.kind == "settled" {
                    self.settle(event, answer);
                }
            }
            "verified" => {
                self.verified = [event.at.clone(), text("finding"), text("detail")];
                return None;
            }
            _ => return None,
        }
        if event.kind != "looked_up" {
            self.is_told = true;
            hash.unwrap_or_default().clone_into(&mut self.event_hash);
            self.event = event.seq;
        }
        if event.kind != "set_aside" {
            self.run = event.run.clone().unwrap_or_default();
        }
        None
    }

    fn settle(&mut self, event: &Event, answer: Option<(String, String)>) {
        self.effect = match (self.status, self.effect) {
            (Status::InDoubt, _) => Effect::Maybe,
            (_, Effect::None) => Effect::None,
            (_, Effect::Maybe | Effect::Part) => Effect::Part,
        };
        self.done_at.clone_from(&event.at);
        let confirmed_by = event.text("confirmed_by").unwrap_or_default();
        confirmed_by.clone_into(&mut self.confirmed_by);
        self.confirmed_at = if self.confirmed_by.is_empty() {
            String::new()
        } else {
            event.at.clone()
        };
        self.active_after = flag(event, "active");
        self.is_after_known = event.ids("workspaces").is_some();
        self.workspaces_after = event.ids("workspaces").unwrap_or_default();
        // The answer that decided may be another one than the last.
        let decided = event.number("http_status").map(|status| status.to_string());
        let id = event.text("request_id").unwrap_or_default().to_owned();
        self.answer = decided.map(|status| (status, id)).or(answer);
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
            verified: std::mem::take(&mut self.verified),
            is_told: true,
            ..Self::default()
        };
    }

    /// The workspaces that the user had and has no longer; nothing unless both were seen.
    pub(super) fn workspaces_removed(&self, ids: IdRule) -> String {
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
    pub(super) fn may_be_changed(&self, ids: IdRule) -> bool {
        let list = |text: &str| {
            let ids = text.split(' ').filter(|id| !id.is_empty());
            ids.map(str::to_owned).collect::<Vec<_>>()
        };
        let is_shown = !self.status.is_open() && !self.active_after.is_empty();
        let (had, has) = (list(&self.workspaces_before), list(&self.workspaces_after));
        let same = self.active_before == self.active_after
            && self.is_after_known == self.is_before_known
            && ids.is_same_set(&had, &has);
        self.effect != Effect::None && self.is_seen && !(is_shown && same)
    }
}

/// Whether an answer, or silence, is about a write that left. One that was turned away before it was looked
/// at (401, 429) is repeated, and counts once.
fn is_sent(event: &Event) -> bool {
    event.text("kind") == Some("write")
        && match event.text("verdict") {
            Some("throttled" | "unauthorized") => false,
            Some("uncertain") => true,
            _ => event.number("status").is_some(),
        }
}

/// Earlier versions recorded that a write had no answer only in the words of `why`.
fn is_unanswered(event: &Event) -> bool {
    const WORDS: [&str; 2] = [
        "the run that was writing this user died before an answer was recorded",
        "the run was stopped while a request was under way",
    ];
    event.text("why").is_some_and(|why| WORDS.contains(&why))
}

fn flag(event: &Event, member: &str) -> String {
    event
        .flag(member)
        .map(|flag| flag.to_string())
        .unwrap_or_default()
}
