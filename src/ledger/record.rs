//! From the engine's facts to rows: an event each, and the new state of the user.
//!
//! However many facts there are, they go to SQLite as a few statements with one JSON parameter each:
//! preparing and stepping a statement per row would cost many times as much as the rows.

use serde::Serialize;
use sqlx::SqliteConnection;

use crate::domain::{
    Confirmation, Entry, Fact, Outcome, Reason, RequestKind, Settlement, Timestamp, Verdict,
};
use crate::ledger::LedgerError;

/// One event on its way into the ledger.
#[derive(Debug)]
pub(super) struct EventRow {
    pub(super) line: Option<u64>,
    pub(super) at: Timestamp,
    pub(super) kind: &'static str,
    /// A JSON object, as it is stored.
    pub(super) body: String,
}

/// Stores facts about the users of a job: events and states, in the caller's transaction.
///
/// At most one fact in a batch may give a user a new state: the engine waits until one is durable
/// before it comes to the next.
pub(super) async fn record(
    connection: &mut SqliteConnection,
    job: i64,
    run: i64,
    entries: &[Entry],
) -> Result<(), LedgerError> {
    let events: Vec<_> = entries.iter().map(event).collect();
    append_events(connection, job, Some(run), &events).await?;
    let states = States::of(entries);
    for (rows, sql) in [
        (to_json(&states.claimed), CLAIM),
        (to_json(&states.settled), SETTLE),
        (to_json(&states.released), RELEASE),
    ] {
        if let Some(rows) = rows {
            sqlx::query(sql)
                .bind(job)
                .bind(run)
                .bind(rows)
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}

/// Stores events, in order.
pub(super) async fn append_events(
    connection: &mut SqliteConnection,
    job: i64,
    run: Option<i64>,
    events: &[EventRow],
) -> Result<(), LedgerError> {
    #[derive(Serialize)]
    struct Row<'a>(Option<u64>, i64, &'a str, &'a str);
    let rows: Vec<_> = events
        .iter()
        .map(|event| Row(event.line, event.at.as_millis(), event.kind, &event.body))
        .collect();
    sqlx::query(
        "INSERT INTO events (job, run, line, at_ms, kind, body)
         SELECT ?, ?, value ->> 0, value ->> 1, value ->> 2, value ->> 3
         FROM json_each(?) ORDER BY key",
    )
    .bind(job)
    .bind(run)
    .bind(to_json(&rows))
    .execute(connection)
    .await?;
    Ok(())
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
    },
    Released {
        attempts: u32,
        in_doubt: bool,
        why: &'a str,
    },
}

fn event(entry: &Entry) -> EventRow {
    let (kind, body) = match &entry.fact {
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
                confirmed_by: confirmation(settlement.outcome).map(Confirmation::as_str),
                active: after.and_then(|state| state.active),
                workspaces: after.map(|state| state.workspaces.as_slice()),
                detail: settlement.detail.as_deref(),
            };
            ("settled", body)
        }
        Fact::Released {
            attempts,
            in_doubt,
            why,
        } => (
            "released",
            Body::Released {
                attempts: *attempts,
                in_doubt: *in_doubt,
                why,
            },
        ),
    };
    EventRow {
        line: Some(entry.line.0),
        at: entry.at,
        kind,
        body: serde_json::to_string(&body).expect("a body of plain values is JSON"),
    }
}

fn confirmation(outcome: Outcome) -> Option<Confirmation> {
    match outcome {
        Outcome::Removed(by) => Some(by),
        Outcome::Already => Some(Confirmation::Reread),
        Outcome::NotFound | Outcome::Failed(_) | Outcome::InDoubt(_) => None,
    }
}

const CLAIM: &str = "
    UPDATE users SET run = ?2, status = 'claimed', attempts = value ->> 1,
        first_attempt_at_ms = coalesce(first_attempt_at_ms, value ->> 2)
    FROM json_each(?3) WHERE job = ?1 AND line = value ->> 0";

const RELEASE: &str = "
    UPDATE users SET run = ?2, attempts = value ->> 1, status = value ->> 2, detail = value ->> 3
    FROM json_each(?3) WHERE job = ?1 AND line = value ->> 0";

const SETTLE: &str = "
    UPDATE users SET run = ?2, status = value ->> 1, reason = value ->> 2, detail = value ->> 3,
        done_at_ms = value ->> 4, confirmed_at_ms = value ->> 5, confirmed_by = value ->> 6,
        active_after = value ->> 7, workspaces_after = value -> 8,
        user_name = coalesce(value ->> 9, user_name), display_name = value ->> 10,
        http_status = value ->> 11, request_id = value ->> 12
    FROM json_each(?3) WHERE job = ?1 AND line = value ->> 0";

#[derive(Serialize)]
struct Claimed(u64, u32, i64);

#[derive(Serialize)]
struct Released<'a>(u64, u32, &'static str, &'a str);

#[derive(Serialize)]
struct Settled<'a>(
    u64,
    &'static str,
    Option<&'static str>,
    Option<&'a str>,
    i64,
    Option<i64>,
    Option<&'static str>,
    Option<bool>,
    Option<&'a [String]>,
    Option<&'a str>,
    Option<&'a str>,
    Option<u16>,
    Option<&'a str>,
);

/// The new states of users, by what becomes of them.
#[derive(Default)]
struct States<'a> {
    claimed: Vec<Claimed>,
    released: Vec<Released<'a>>,
    settled: Vec<Settled<'a>>,
}

impl<'a> States<'a> {
    fn of(entries: &'a [Entry]) -> Self {
        let mut states = Self::default();
        let mut last_answer = None;
        for entry in entries {
            let line = entry.line.0;
            match &entry.fact {
                Fact::Begun { attempt, .. } => {
                    let at = entry.at.as_millis();
                    states.claimed.push(Claimed(line, *attempt, at));
                }
                Fact::Ended {
                    status, request_id, ..
                } => last_answer = Some((line, *status, request_id.as_deref())),
                Fact::Settled(settlement) => {
                    // The answer that settles a user is told right before.
                    let (_, http_status, id) = last_answer
                        .filter(|(of, ..)| *of == line)
                        .unwrap_or_default();
                    states
                        .settled
                        .push(settle(entry, settlement, http_status, id));
                }
                Fact::Released {
                    attempts,
                    in_doubt,
                    why,
                } => {
                    let becomes = if *in_doubt { "in_doubt" } else { "pending" };
                    states
                        .released
                        .push(Released(line, *attempts, becomes, why));
                }
            }
        }
        states
    }
}

fn settle<'a>(
    entry: &Entry,
    settlement: &'a Settlement,
    http_status: Option<u16>,
    request_id: Option<&'a str>,
) -> Settled<'a> {
    let at = entry.at.as_millis();
    let outcome = settlement.outcome;
    let confirmed_by = confirmation(outcome);
    let after = settlement.after.as_ref();
    Settled(
        entry.line.0,
        outcome.status().as_str(),
        outcome.reason().map(Reason::as_str),
        settlement.detail.as_deref(),
        at,
        confirmed_by.map(|_| at),
        confirmed_by.map(Confirmation::as_str),
        after.and_then(|state| state.active),
        after.map(|state| state.workspaces.as_slice()),
        after.and_then(|state| state.user_name.as_deref()),
        after.and_then(|state| state.display_name.as_deref()),
        http_status,
        request_id,
    )
}

/// The rows as one parameter; `None` if there are none.
fn to_json<T: Serialize>(rows: &[T]) -> Option<String> {
    (!rows.is_empty()).then(|| serde_json::to_string(rows).expect("rows of plain values are JSON"))
}
