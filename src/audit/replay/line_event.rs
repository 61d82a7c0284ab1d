//! What one event changes in the state of its line.

use std::borrow::Cow;

use crate::audit::replay::ReplayEvent;
use crate::audit::replay::packed::packed;
use crate::domain::{Effect, Finding, Status};
use crate::ledger::EventBody;

/// An event as its line needs it. An event of a kind that changes no state is kept too ([`LineChange::Named`]):
/// the line has events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LineEvent {
    /// How many plans of the job had been discarded before the event.
    pub(super) discards: u64,
    pub(super) change: LineChange,
}

packed!(struct LineEvent { discards, change });

/// What an event changes. Texts are those of table cells: what the event does not say is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LineChange {
    /// Nothing: the event names the line.
    Named {},
    /// The state before the job is this one.
    LookedUp {
        run: String,
        id: String,
        active: String,
        /// `None` if the workspaces were not shown.
        workspaces: Option<String>,
    },
    /// The state before the job is unknown again.
    Forgotten {},
    /// The line is claimed.
    Begun {
        at: String,
        run: String,
        seal: EventSeal,
    },
    /// One more write has left, or may have.
    Sent {},
    /// The line is given back.
    Released {
        run: String,
        seal: EventSeal,
        in_doubt: bool,
        /// `None` if the event does not say it.
        effect: Option<Effect>,
        /// Whether one more write has left, or may have.
        is_sent: bool,
        why: String,
    },
    /// The line is never sent.
    SetAside {
        seal: EventSeal,
        outcome: Status,
        reason: String,
        detail: String,
    },
    /// The line has an outcome.
    Settled { settlement: LineSettlement },
    /// A verification has read the user.
    Verified {
        at: String,
        finding: Finding,
        detail: String,
    },
}

packed!(enum LineChange {
    0 => Named {},
    1 => LookedUp { run, id, active, workspaces },
    2 => Forgotten {},
    3 => Begun { at, run, seal },
    4 => Sent {},
    5 => Released { run, seal, in_doubt, effect, is_sent, why },
    6 => SetAside { seal, outcome, reason, detail },
    7 => Settled { settlement },
    8 => Verified { at, finding, detail },
});

/// The outcome of a line, and what was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LineSettlement {
    pub(super) at: String,
    pub(super) run: String,
    pub(super) seal: EventSeal,
    pub(super) outcome: Status,
    pub(super) reason: String,
    pub(super) detail: String,
    pub(super) confirmed_by: String,
    pub(super) active: String,
    /// `None` if the workspaces were not shown.
    pub(super) workspaces: Option<String>,
    /// Whether the outcome is that of one more write that has left, or may have.
    pub(super) is_sent: bool,
    /// The status and the request id of the answer that decided.
    pub(super) answer: Option<(String, String)>,
}

packed!(struct LineSettlement {
    at, run, seal, outcome, reason, detail, confirmed_by, active, workspaces, is_sent, answer,
});

/// The place of an event in the chain, and its hash.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct EventSeal {
    pub(super) seq: Option<u64>,
    pub(super) hash: String,
}

packed!(struct EventSeal { seq, hash });

impl LineChange {
    /// What this event changes. `answer` is the status and the request id of the last answer up to this event, if
    /// that was one of the same line.
    pub(super) fn of(
        event: ReplayEvent,
        hash: Option<String>,
        answer: Option<(String, String)>,
    ) -> Self {
        let ReplayEvent {
            seq, at, run, body, ..
        } = event;
        let run = run.unwrap_or_default();
        let seal = EventSeal {
            seq,
            hash: hash.unwrap_or_default(),
        };
        match body {
            EventBody::LookedUp {
                id,
                active,
                workspaces,
            } => Self::LookedUp {
                run,
                id: id.into_owned(),
                active: flag(active),
                workspaces: workspaces.as_deref().map(list),
            },
            EventBody::LookForgotten {} => Self::Forgotten {},
            EventBody::Begun { .. } => Self::Begun { at, run, seal },
            EventBody::Released {
                in_doubt,
                effect,
                unanswered,
                why,
                ..
            } => Self::Released {
                run,
                seal,
                in_doubt,
                effect,
                is_sent: unanswered || in_doubt && is_unanswered(&why),
                why: why.into_owned(),
            },
            EventBody::Ended(end) if end.is_sent_write() => Self::Sent {},
            EventBody::SetAside {
                detail,
                outcome,
                reason,
            } => Self::SetAside {
                seal,
                outcome,
                reason: text(reason),
                detail: text(detail),
            },
            EventBody::Settled {
                outcome,
                reason,
                confirmed_by,
                active,
                workspaces,
                detail,
                http_status,
                request_id,
                answer: decisive,
            } => {
                // The answer that decided may be another one than the last.
                let decided = http_status.map(|status| (status.to_string(), text(request_id)));
                let settlement = LineSettlement {
                    at,
                    run,
                    seal,
                    outcome,
                    reason: text(reason),
                    detail: text(detail),
                    confirmed_by: confirmed_by.map_or("", |by| by.as_str()).to_owned(),
                    active: flag(active),
                    workspaces: workspaces.as_deref().map(list),
                    is_sent: decisive.is_some_and(|end| end.is_sent_write()),
                    answer: decided.or(answer),
                };
                Self::Settled { settlement }
            }
            EventBody::Verified {
                finding, detail, ..
            } => Self::Verified {
                at,
                finding,
                detail: text(detail),
            },
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
            | EventBody::Ended(_)
            | EventBody::Unknown => Self::Named {},
        }
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
fn text(text: Option<Cow<'_, str>>) -> String {
    text.unwrap_or_default().into_owned()
}

/// A truth, as tables show it.
fn flag(flag: Option<bool>) -> String {
    flag.map(|flag| flag.to_string()).unwrap_or_default()
}

/// A list of ids, as tables show it.
fn list(ids: &[String]) -> String {
    ids.join(" ")
}
