//! From the engine's facts to rows: an event each, and the new state of the user.
//!
//! However many facts there are, they go to SQLite as one text of a few statements, with one JSON parameter for
//! the rows of each: a trip to SQLite's thread for each statement, and preparing and stepping a statement for
//! each row, would cost many times as much as the rows.

use serde::Serialize;
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::domain::{Entry, IdRule};
use crate::ledger::LedgerError;
use crate::ledger::record::{FactEvents, NewEvent};
use crate::ledger::sqlite::events::chain_end::{APPEND, ChainEnd};
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
    if entries.is_empty() {
        return Ok(());
    }
    let end = ChainEnd::find(connection, job, Some(run)).await?;
    store(connection, (job, run, ids), entries, end, "").await
}

/// Stores facts about the users of a job in a transaction of its own. They are durable when this returns.
///
/// It takes two trips to SQLite's thread: one begins the transaction and reads where the chain ends, the
/// other one stores and commits.
///
/// # Errors
/// Nothing is stored: the run has ended, because another process has begun one of this job; or the ledger
/// cannot be written.
pub(in crate::ledger) async fn commit(
    connection: &mut SqliteConnection,
    job: i64,
    run: i64,
    ids: IdRule,
    entries: &[Entry],
) -> Result<(), LedgerError> {
    let stored = try_to_commit(connection, job, run, ids, entries).await;
    if stored.is_err() {
        // SQLite may have rolled back by itself: then there is no transaction any more, and this fails.
        let _ = sqlx::query("ROLLBACK").execute(connection).await;
    }
    stored
}

async fn try_to_commit(
    connection: &mut SqliteConnection,
    job: i64,
    run: i64,
    ids: IdRule,
    entries: &[Entry],
) -> Result<(), LedgerError> {
    let end = ChainEnd::begin(connection, job, run).await?;
    // The lock keeps other processes out unless its file was removed. A process that then began a run of
    // this job has put our claims in doubt and reads those users again: our run must not go on beside it.
    if !end.is_open {
        return Err(LedgerError::TakenOver);
    }
    store(connection, (job, run, ids), entries, end, "COMMIT").await
}

/// Stores facts behind the end of the chain, and does `last` in the same trip.
async fn store(
    connection: &mut SqliteConnection,
    (job, run, ids): (i64, i64, IdRule),
    entries: &[Entry],
    mut end: ChainEnd,
    last: &str,
) -> Result<(), LedgerError> {
    let FactEvents { events, places } = NewEvent::of(entries);
    if let Some(first) = events.first() {
        end.begin_chain(connection, job, Some(run), first).await?;
    }
    let rows: Vec<_> = events.iter().map(|event| end.link(event)).collect();
    let facts = entries.iter().zip(places.iter().map(|place| &rows[*place]));
    let states = UserStates::of(facts, ids);
    let statements = [
        (APPEND, to_json(&rows)),
        (user_states::LOOK_UP, to_json(&states.looked_up)),
        (user_states::RENEW, to_json(&states.renewed)),
        (user_states::NAME, to_json(&states.named)),
        (user_states::CLAIM, to_json(&states.claimed)),
        (user_states::SETTLE, to_json(&states.settled)),
        (user_states::RELEASE, to_json(&states.released)),
        (user_states::VERIFY, to_json(&states.verified)),
        (user_states::SEND, to_json(&states.sent)),
    ];
    let needed = statements.iter().filter(|(_, rows)| rows.is_some());
    let texts = needed.map(|(sql, _)| *sql).chain([last]);
    // Nothing but constants of this crate is in the text.
    let sql = AssertSqlSafe(texts.collect::<Vec<_>>().join(";"));
    let mut query = sqlx::query(sql).bind(job).bind(run);
    for (_, rows) in statements {
        query = query.bind(rows);
    }
    query.execute(connection).await?;
    Ok(())
}

/// The rows as one parameter; `None` if there are none.
pub(in crate::ledger::sqlite) fn to_json<T: Serialize>(rows: &[T]) -> Option<String> {
    (!rows.is_empty()).then(|| serde_json::to_string(rows).expect("rows of plain values are JSON"))
}
