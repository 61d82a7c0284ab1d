//! From the engine's facts to rows: one event each, and the columns of the user's state that change.
//!
//! Both go to SQLite as one JSON parameter and one statement, however many they are: preparing and
//! stepping a statement per row would cost many times as much as the rows.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};
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
    pub(super) body: Value,
}

/// Stores facts about the users of a job: events and states, in the caller's transaction.
pub(super) async fn record(
    connection: &mut SqliteConnection,
    job: i64,
    run: i64,
    entries: &[Entry],
) -> Result<(), LedgerError> {
    let events: Vec<_> = entries.iter().map(event).collect();
    append_events(connection, job, Some(run), &events).await?;
    update_users(connection, job, run, entries).await
}

/// Stores events, in order.
pub(super) async fn append_events(
    connection: &mut SqliteConnection,
    job: i64,
    run: Option<i64>,
    events: &[EventRow],
) -> Result<(), LedgerError> {
    #[derive(Serialize)]
    struct Row<'a>(Option<u64>, i64, &'a str, String);
    let rows: Vec<_> = events
        .iter()
        .map(|event| {
            Row(
                event.line,
                event.at.as_millis(),
                event.kind,
                event.body.to_string(),
            )
        })
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

fn event(entry: &Entry) -> EventRow {
    let (kind, body) = match &entry.fact {
        Fact::Begun { attempt, request } => {
            ("begun", json!({ "attempt": attempt, "request": request }))
        }
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
            sparse([
                ("attempt", json!(attempt)),
                ("kind", json!(kind_word(*kind))),
                ("verdict", json!(verdict.as_str())),
                ("reason", json!(reason_of(*verdict))),
                ("status", json!(status)),
                ("request_id", json!(request_id)),
                ("detail", json!(detail)),
                ("elapsed_ms", json!(u64::try_from(elapsed.as_millis()).ok())),
            ]),
        ),
        Fact::Settled(settlement) => ("settled", settled_body(settlement)),
        Fact::Released {
            attempts,
            in_doubt,
            why,
        } => (
            "released",
            json!({ "attempts": attempts, "in_doubt": in_doubt, "why": why }),
        ),
    };
    EventRow {
        line: Some(entry.line.0),
        at: entry.at,
        kind,
        body,
    }
}

fn settled_body(settlement: &Settlement) -> Value {
    let after = settlement.after.as_ref();
    sparse([
        ("outcome", json!(settlement.outcome.status().as_str())),
        (
            "reason",
            json!(settlement.outcome.reason().map(Reason::as_str)),
        ),
        (
            "confirmed_by",
            json!(confirmation(settlement.outcome).map(Confirmation::as_str)),
        ),
        ("active", json!(after.and_then(|state| state.active))),
        ("workspaces", json!(after.map(|state| &state.workspaces))),
        ("detail", json!(settlement.detail)),
    ])
}

/// An object without its empty members.
fn sparse<const N: usize>(members: [(&str, Value); N]) -> Value {
    members
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.to_owned(), value))
        .collect::<Map<_, _>>()
        .into()
}

fn kind_word(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Write => "write",
        RequestKind::Read => "read",
    }
}

fn reason_of(verdict: Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::Refused(reason) => Some(reason.as_str()),
        _ => None,
    }
}

fn confirmation(outcome: Outcome) -> Option<Confirmation> {
    match outcome {
        Outcome::Removed(by) => Some(by),
        Outcome::Already => Some(Confirmation::Reread),
        Outcome::NotFound | Outcome::Failed(_) | Outcome::InDoubt(_) => None,
    }
}

/// Columns of one user that change. A column that is not named keeps its value.
type Patch = Map<String, Value>;

/// Lays patches over users. The patches are MATERIALIZED so that SQLite goes through them and looks up
/// each user; left to itself it goes through all users of the job, and through the patches for each.
/// `json_type` tells a column that becomes NULL from one that is not named.
const UPDATE: &str = "\
    WITH patch AS MATERIALIZED (
        SELECT value ->> 0 AS at_line, value -> 1 AS p FROM json_each(?3))
    UPDATE users SET
        run = ?2,
        status = coalesce(p ->> 'status', status),
        attempts = coalesce(p ->> 'attempts', attempts),
        first_attempt_at_ms = coalesce(first_attempt_at_ms, p ->> 'begun'),
        http_status = coalesce(p ->> 'http_status', http_status),
        request_id = coalesce(p ->> 'request_id', request_id),
        user_name = coalesce(p ->> 'user_name', user_name),
        display_name = coalesce(p ->> 'display_name', display_name),
        reason = iif(json_type(p, '$.reason') IS NULL, reason, p ->> 'reason'),
        detail = iif(json_type(p, '$.detail') IS NULL, detail, p ->> 'detail'),
        active_after = iif(json_type(p, '$.active') IS NULL, active_after, p ->> 'active'),
        workspaces_after =
            iif(json_type(p, '$.workspaces') IS NULL, workspaces_after, p ->> 'workspaces'),
        done_at_ms = iif(json_type(p, '$.done') IS NULL, done_at_ms, p ->> 'done'),
        confirmed_at_ms =
            iif(json_type(p, '$.confirmed') IS NULL, confirmed_at_ms, p ->> 'confirmed'),
        confirmed_by =
            iif(json_type(p, '$.confirmed_by') IS NULL, confirmed_by, p ->> 'confirmed_by')
     FROM patch WHERE job = ?1 AND line = at_line";

async fn update_users(
    connection: &mut SqliteConnection,
    job: i64,
    run: i64,
    entries: &[Entry],
) -> Result<(), LedgerError> {
    // A user may occur more than once in a batch, and an UPDATE sees each row once: merge, in order.
    let mut patches: BTreeMap<u64, Patch> = BTreeMap::new();
    for entry in entries {
        apply(patches.entry(entry.line.0).or_default(), entry);
    }
    let rows: Vec<_> = patches
        .into_iter()
        .map(|(line, patch)| (line, Value::from(patch)))
        .collect();
    sqlx::query(UPDATE)
        .bind(job)
        .bind(run)
        .bind(to_json(&rows))
        .execute(connection)
        .await?;
    Ok(())
}

fn apply(patch: &mut Patch, entry: &Entry) {
    let mut set = |name: &str, value: Value| {
        patch.insert(name.to_owned(), value);
    };
    match &entry.fact {
        Fact::Begun { attempt, .. } => {
            set("status", json!("claimed"));
            set("attempts", json!(attempt));
            set("begun", json!(entry.at.as_millis()));
        }
        Fact::Ended {
            status, request_id, ..
        } => {
            if status.is_some() {
                set("http_status", json!(status));
            }
            if request_id.is_some() {
                set("request_id", json!(request_id));
            }
        }
        Fact::Settled(settlement) => settle(set, entry.at, settlement),
        Fact::Released {
            attempts,
            in_doubt,
            why,
        } => {
            let status = if *in_doubt { "in_doubt" } else { "pending" };
            set("status", json!(status));
            set("attempts", json!(attempts));
            set("detail", json!(why));
        }
    }
}

fn settle(mut set: impl FnMut(&str, Value), at: Timestamp, settlement: &Settlement) {
    let outcome = settlement.outcome;
    let confirmed_by = confirmation(outcome);
    set("status", json!(outcome.status().as_str()));
    set("reason", json!(outcome.reason().map(Reason::as_str)));
    set("detail", json!(settlement.detail));
    set("done", json!(at.as_millis()));
    set("confirmed", json!(confirmed_by.map(|_| at.as_millis())));
    set(
        "confirmed_by",
        json!(confirmed_by.map(Confirmation::as_str)),
    );
    if let Some(after) = &settlement.after {
        set("active", json!(after.active.map(i64::from)));
        set("workspaces", json!(json!(after.workspaces).to_string()));
        if let Some(name) = &after.user_name {
            set("user_name", json!(name));
        }
        if let Some(name) = &after.display_name {
            set("display_name", json!(name));
        }
    }
}

fn to_json(rows: &impl Serialize) -> String {
    serde_json::to_string(rows).expect("rows of plain values are JSON")
}

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, Row};

    use crate::domain::Clock;
    use crate::ledger::Ledger;

    #[tokio::test]
    async fn the_cost_of_an_update_does_not_grow_with_the_job() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger.db");
        let mut ledger = Ledger::open(&path, Clock::System).await.unwrap();
        let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", super::UPDATE));
        let plan: Vec<String> = sqlx::query(explain)
            .bind(1)
            .bind(1)
            .bind(r#"[[2,{"status":"claimed"}]]"#)
            .fetch_all(&mut ledger.connection)
            .await
            .unwrap()
            .iter()
            .map(|row| row.get("detail"))
            .collect();
        let lookup = "SEARCH users USING INDEX users_by_line (job=? AND line=?)";
        assert_eq!(plan[plan.len() - 2..], ["SCAN patch", lookup], "{plan:?}");
    }
}
