//! From the engine's facts to rows: an event each, and the new state of the user.
//!
//! However many facts there are, they go to SQLite as a few statements with one JSON parameter each:
//! preparing and stepping a statement per row would cost many times as much as the rows.

mod event;
mod state;

pub(super) use event::EventRow;

use serde::Serialize;
use sqlx::SqliteConnection;

use crate::domain::Entry;
use crate::ledger::LedgerError;
use state::States;

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
    let events: Vec<_> = entries.iter().map(EventRow::of).collect();
    append_events(connection, job, Some(run), &events).await?;
    let states = States::of(entries);
    for (rows, sql) in [
        (to_json(&states.looked_up), state::LOOK_UP),
        (to_json(&states.claimed), state::CLAIM),
        (to_json(&states.settled), state::SETTLE),
        (to_json(&states.released), state::RELEASE),
        (to_json(&states.verified), state::VERIFY),
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

/// The rows as one parameter; `None` if there are none.
fn to_json<T: Serialize>(rows: &[T]) -> Option<String> {
    (!rows.is_empty()).then(|| serde_json::to_string(rows).expect("rows of plain values are JSON"))
}
