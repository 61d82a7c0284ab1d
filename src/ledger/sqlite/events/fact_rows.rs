//! From the engine's facts to rows: an event each, and the new state of the user.
//!
//! However many facts there are, they go to SQLite as a few statements with one JSON parameter each:
//! preparing and stepping a statement per row would cost many times as much as the rows.

use serde::Serialize;
use sqlx::SqliteConnection;

use crate::domain::{Entry, IdRule};
use crate::ledger::LedgerError;
use crate::ledger::record::NewEvent;
use crate::ledger::sqlite::events::append_events;
use crate::ledger::sqlite::events::user_states::{self, UserStates};

/// Stores facts about the users of a job: events and states, in the caller's transaction.
///
/// At most one fact in a batch may give a user a new state: the engine waits until one is durable
/// before it comes to the next.
pub(in crate::ledger) async fn record(
    connection: &mut SqliteConnection,
    job: i64,
    run: i64,
    ids: IdRule,
    entries: &[Entry],
) -> Result<(), LedgerError> {
    let events: Vec<_> = entries.iter().map(NewEvent::of).collect();
    let hashes = append_events(connection, job, Some(run), &events).await?;
    let states = UserStates::of(entries, &hashes, ids);
    for (rows, sql) in [
        (to_json(&states.looked_up), user_states::LOOK_UP),
        (to_json(&states.renewed), user_states::RENEW),
        (to_json(&states.named), user_states::NAME),
        (to_json(&states.claimed), user_states::CLAIM),
        (to_json(&states.settled), user_states::SETTLE),
        (to_json(&states.released), user_states::RELEASE),
        (to_json(&states.verified), user_states::VERIFY),
        (to_json(&states.sent), user_states::SEND),
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
pub(in crate::ledger::sqlite) fn to_json<T: Serialize>(rows: &[T]) -> Option<String> {
    (!rows.is_empty()).then(|| serde_json::to_string(rows).expect("rows of plain values are JSON"))
}
