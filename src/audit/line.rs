//! Where one roster line stands, told again from its events alone.

use crate::audit::event::Event;
use crate::domain::Status;

/// The cells of a line that follow from its events. What no event says is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    pub(super) attempts: u64,
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
    /// Whether the workspaces that the user had last are known.
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
            attempts: 0,
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
                self.workspaces_before = event.ids("workspaces").unwrap_or_default();
            }
            "begun" => {
                self.status = Status::Claimed;
                self.attempts = event.number("attempt").unwrap_or_default();
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
                self.attempts = event.number("attempts").unwrap_or_default();
                self.reason.clear();
                self.detail = text("why");
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
        self.answer = answer;
    }

    /// The plan was thrown away: whoever was not written is to be looked up again.
    pub(super) fn discard(&mut self) {
        let set_aside = matches!(self.status, Status::Invalid | Status::Duplicate);
        if self.attempts > 0 || set_aside && !self.is_seen {
            return;
        }
        *self = Self {
            first_attempt_at: std::mem::take(&mut self.first_attempt_at),
            run: std::mem::take(&mut self.run),
            verified: std::mem::take(&mut self.verified),
            is_told: true,
            ..Self::default()
        };
    }

    /// The workspaces that the user had and has no longer; nothing unless both were seen.
    pub(super) fn workspaces_removed(&self) -> String {
        if self.workspaces_before.is_empty() || !self.is_after_known {
            return String::new();
        }
        let kept = self.workspaces_after.to_ascii_lowercase();
        let gone: Vec<_> = self
            .workspaces_before
            .split(' ')
            .filter(|id| !kept.split(' ').any(|kept| kept.eq_ignore_ascii_case(id)))
            .collect();
        gone.join(" ")
    }

    /// Whether a write may have taken effect.
    pub(super) fn may_be_changed(&self) -> bool {
        let reached = matches!(
            self.status,
            Status::Removed | Status::Restored | Status::InDoubt | Status::Claimed
        );
        reached && self.attempts > 0 && self.is_seen
    }
}

fn flag(event: &Event, member: &str) -> String {
    event
        .flag(member)
        .map(|flag| flag.to_string())
        .unwrap_or_default()
}
