//! What an event says: the stored text of one fact.

use serde::Serialize;

use crate::domain::{
    Confirmation, Effect, Entry, Fact, Reason, RequestKind, Timestamp, UserState, Verdict,
};

/// One event on its way into the ledger.
#[derive(Debug)]
pub(in crate::ledger) struct EventRow {
    pub(in crate::ledger) line: Option<u64>,
    pub(in crate::ledger) at: Timestamp,
    pub(in crate::ledger) kind: &'static str,
    /// A JSON object, as it is stored.
    pub(in crate::ledger) body: String,
}

/// What an event says. Members may be added, none is ever renamed.
#[derive(Serialize)]
#[serde(untagged)]
enum Body<'a> {
    Begun {
        attempt: u32,
        request: &'a str,
    },
    Ended {
        attempt: u32,
        kind: &'static str,
        verdict: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<&'a str>,
        elapsed_ms: u64,
    },
    Settled {
        outcome: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        confirmed_by: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        active: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        workspaces: Option<&'a [String]>,
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<&'a str>,
        /// The answer that decided, where it is not the last one.
        #[serde(skip_serializing_if = "Option::is_none")]
        http_status: Option<u16>,
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<&'a str>,
    },
    LookedUp {
        id: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        active: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        workspaces: Option<&'a [String]>,
    },
    Verified {
        finding: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        active: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        workspaces: Option<&'a [String]>,
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<&'a str>,
    },
    Released {
        attempts: u32,
        in_doubt: bool,
        effect: &'static str,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        unanswered: bool,
        why: &'a str,
    },
}

impl<'a> Body<'a> {
    fn of_look(state: &'a UserState) -> Self {
        Self::LookedUp {
            id: &state.id,
            active: state.active,
            workspaces: state.workspaces.as_deref(),
        }
    }
}

impl EventRow {
    /// The event that a fact is.
    pub(in crate::ledger) fn of(entry: &Entry) -> Self {
        let (kind, body) = match &entry.fact {
            // The audit replays both as the look that counts so far.
            Fact::LookedUp(state) | Fact::Renewed(state) => ("looked_up", Body::of_look(state)),
            Fact::Sampled(state) => ("sampled", Body::of_look(state)),
            Fact::Begun { attempt, request } => (
                "begun",
                Body::Begun {
                    attempt: *attempt,
                    request,
                },
            ),
            Fact::Ended {
                kind,
                attempt,
                verdict,
                status,
                request_id,
                detail,
                elapsed,
            } => (
                "ended",
                Body::Ended {
                    attempt: *attempt,
                    kind: match kind {
                        RequestKind::Write => "write",
                        RequestKind::Read => "read",
                        RequestKind::List => "list",
                    },
                    verdict: verdict.as_str(),
                    reason: match verdict {
                        Verdict::Refused(reason) => Some(reason.as_str()),
                        _ => None,
                    },
                    status: *status,
                    request_id: request_id.as_deref(),
                    detail: detail.as_deref(),
                    elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
                },
            ),
            Fact::Settled(settlement) => {
                let after = settlement.after.as_ref();
                let body = Body::Settled {
                    outcome: settlement.outcome.status().as_str(),
                    reason: settlement.outcome.reason().map(Reason::as_str),
                    confirmed_by: settlement.outcome.confirmation().map(Confirmation::as_str),
                    active: after.and_then(|state| state.active),
                    workspaces: after.and_then(|state| state.workspaces.as_deref()),
                    detail: settlement.detail.as_deref(),
                    http_status: settlement.decided_by.as_ref().map(|by| by.status),
                    request_id: (settlement.decided_by.as_ref())
                        .and_then(|by| by.request_id.as_deref()),
                };
                ("settled", body)
            }
            Fact::Verified {
                finding,
                shown,
                detail,
            } => (
                "verified",
                Body::Verified {
                    finding: finding.as_str(),
                    active: shown.as_ref().and_then(|state| state.active),
                    workspaces: shown.as_ref().and_then(|state| state.workspaces.as_deref()),
                    detail: detail.as_deref(),
                },
            ),
            Fact::Released {
                attempts,
                effect,
                unanswered,
                why,
            } => (
                "released",
                Body::Released {
                    attempts: *attempts,
                    in_doubt: *effect == Effect::Maybe,
                    effect: effect.as_str(),
                    unanswered: *unanswered,
                    why,
                },
            ),
        };
        Self {
            line: Some(entry.line.0),
            at: entry.at,
            kind,
            body: serde_json::to_string(&body).expect("a body of plain values is JSON"),
        }
    }
}
