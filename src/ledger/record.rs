//! From the engine's facts to rows: an event each, and the new state of the user.
//!
//! However many facts there are, they go to SQLite as a few statements with one JSON parameter each:
//! preparing and stepping a statement per row would cost many times as much as the rows.

mod aside;
mod chain;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub(super) use aside::set_aside;
pub use chain::Head;
pub(super) use chain::append_events;
pub(super) use event::EventRow;

use serde::Serialize;
use sqlx::SqliteConnection;

use crate::domain::{Entry, IdRule};
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
    ids: IdRule,
    entries: &[Entry],
) -> Result<(), LedgerError> {
    let events: Vec<_> = entries.iter().map(EventRow::of).collect();
    let hashes = append_events(connection, job, Some(run), &events).await?;
    let states = States::of(entries, &hashes, ids);
    for (rows, sql) in [
        (to_json(&states.looked_up), state::LOOK_UP),
        (to_json(&states.renewed), state::RENEW),
        (to_json(&states.named), state::NAME),
        (to_json(&states.claimed), state::CLAIM),
        (to_json(&states.settled), state::SETTLE),
        (to_json(&states.released), state::RELEASE),
        (to_json(&states.verified), state::VERIFY),
        (to_json(&states.sent), state::SEND),
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

/// The rows as one parameter; `None` if there are none.
fn to_json<T: Serialize>(rows: &[T]) -> Option<String> {
    (!rows.is_empty()).then(|| serde_json::to_string(rows).expect("rows of plain values are JSON"))
}
