//! The event that a fact of the engine is.

use std::borrow::Cow;

use crate::domain::{Effect, Entry, Fact, UserState, Verdict};
use crate::ledger::record::{EventBody, RequestEnd};

impl<'a> EventBody<'a> {
    /// The event that the first facts of a batch are, and how many facts it takes; `None` if there is none.
    ///
    /// An answer that gives its user an outcome at once is a part of that outcome: one event instead of two
    /// for nearly every user.
    pub(in crate::ledger) fn of_first(entries: &'a [Entry]) -> Option<(Self, usize)> {
        let (first, rest) = entries.split_first()?;
        let mut next = rest.first().map(|next| Self::of(&next.fact));
        let is_of_the_same = |next: &Entry| (next.line, next.at) == (first.line, first.at);
        match (Self::of(&first.fact), &mut next) {
            (Self::Ended(end), Some(Self::Settled { answer, .. }))
                if rest.first().is_some_and(is_of_the_same) =>
            {
                *answer = Some(end);
                next.map(|settled| (settled, 2))
            }
            (body, _) => Some((body, 1)),
        }
    }

    /// The event that a fact is.
    pub(in crate::ledger) fn of(fact: &'a Fact) -> Self {
        match fact {
            // The audit replays both as the look that counts so far.
            Fact::LookedUp(state) | Fact::Renewed(state) => Self::LookedUp {
                id: text(&state.id),
                active: state.active,
                workspaces: workspaces(state),
            },
            Fact::Sampled(state) => Self::Sampled {
                id: text(&state.id),
                active: state.active,
                workspaces: workspaces(state),
            },
            Fact::Begun { attempt, request } => Self::Begun {
                attempt: *attempt,
                request: text(request),
            },
            Fact::Ended {
                kind,
                attempt,
                verdict,
                status,
                request_id,
                detail,
                elapsed,
            } => Self::Ended(RequestEnd {
                attempt: *attempt,
                kind: *kind,
                verdict: text(verdict.as_str()),
                reason: match verdict {
                    Verdict::Refused(reason) => Some(text(reason.as_str())),
                    _ => None,
                },
                status: *status,
                request_id: optional(request_id),
                detail: optional(detail),
                elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            }),
            Fact::Settled(settlement) => {
                let after = settlement.after.as_ref();
                let decided_by = settlement.decided_by.as_ref();
                Self::Settled {
                    outcome: settlement.outcome.status(),
                    reason: settlement
                        .outcome
                        .reason()
                        .map(|reason| text(reason.as_str())),
                    confirmed_by: settlement.outcome.confirmation(),
                    active: after.and_then(|state| state.active),
                    workspaces: after.and_then(workspaces),
                    detail: optional(&settlement.detail),
                    http_status: decided_by.map(|by| by.status),
                    request_id: decided_by.and_then(|by| optional(&by.request_id)),
                    answer: None,
                }
            }
            Fact::Verified {
                finding,
                shown,
                detail,
            } => Self::Verified {
                finding: *finding,
                active: shown.as_ref().and_then(|state| state.active),
                workspaces: shown.as_ref().and_then(workspaces),
                detail: optional(detail),
            },
            Fact::Released {
                attempts,
                effect,
                unanswered,
                why,
            } => Self::Released {
                attempts: *attempts,
                in_doubt: *effect == Effect::Maybe,
                effect: Some(*effect),
                unanswered: *unanswered,
                why: text(why),
            },
        }
    }
}

fn text(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text)
}

#[expect(clippy::ref_option, reason = "it is given fields")]
fn optional(text: &Option<String>) -> Option<Cow<'_, str>> {
    text.as_deref().map(Cow::Borrowed)
}

fn workspaces(state: &UserState) -> Option<Cow<'_, [String]>> {
    state.workspaces.as_deref().map(Cow::Borrowed)
}
