//! From the engine's facts to rows: an event each, and the new state of the user.
//!
//! However many facts there are, they go to SQLite as one text of a few statements, with one JSON parameter for
//! the rows of each: a trip to SQLite's thread for each statement, and preparing and stepping a statement for
//! each row, would cost many times as much as the rows.

use serde::Serialize;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, SqliteConnection};

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
    last: &'static str,
) -> Result<(), LedgerError> {
    let FactEvents { events, places } = NewEvent::of(entries);
    if let Some(first) = events.first() {
        end.begin_chain(connection, job, Some(run), first).await?;
    }
    let rows: Vec<_> = events.iter().map(|event| end.link(event)).collect();
    let facts = entries.iter().zip(places.iter().map(|place| &rows[*place]));
    let states = UserStates::of(facts, ids);
    let mut batch = Batch::default();
    if let Some(rows) = to_json(&rows) {
        batch.push(
            APPEND,
            [Place::Number(job), Place::Number(run), Place::Rows(rows)],
        )?;
    }
    for (sql, rows) in [
        (user_states::LOOK_UP, to_json(&states.looked_up)),
        (user_states::RENEW, to_json(&states.renewed)),
        (user_states::CLAIM, to_json(&states.claimed)),
        (user_states::SETTLE, to_json(&states.settled)),
        (user_states::RELEASE, to_json(&states.released)),
        (user_states::VERIFY, to_json(&states.verified)),
        (user_states::SEND, to_json(&states.sent)),
    ] {
        if let Some(rows) = rows {
            batch.push(
                sql,
                [Place::Number(run), Place::Rows(rows), Place::Number(job)],
            )?;
        }
    }
    if let Some(rows) = to_json(&states.named) {
        batch.push(user_states::NAME, [Place::Rows(rows), Place::Number(job)])?;
    }
    batch.texts.push(last);
    // Nothing but constants of this crate is in the text.
    let sql = batch.texts.join(";");
    debug_assert_eq!(
        sql.matches('?').count(),
        batch.arguments.len(),
        "a value for each place"
    );
    let sql = AssertSqlSafe(sql);
    let query = sqlx::query_with(sql, batch.arguments);
    query.execute(connection).await?;
    Ok(())
}

/// Statements that are sent as one text.
#[derive(Default)]
struct Batch {
    texts: Vec<&'static str>,
    arguments: SqliteArguments,
}

/// What is bound to a place of a statement.
enum Place {
    Number(i64),
    Rows(String),
}

impl Batch {
    fn push<const N: usize>(
        &mut self,
        sql: &'static str,
        places: [Place; N],
    ) -> Result<(), LedgerError> {
        self.texts.push(sql);
        for place in places {
            let bound = match place {
                Place::Number(number) => self.arguments.add(number),
                Place::Rows(rows) => self.arguments.add(rows),
            };
            bound.map_err(sqlx::Error::Encode)?;
        }
        Ok(())
    }
}

/// The rows as one parameter; `None` if there are none.
pub(in crate::ledger::sqlite) fn to_json<T: Serialize>(rows: &[T]) -> Option<String> {
    (!rows.is_empty()).then(|| serde_json::to_string(rows).expect("rows of plain values are JSON"))
}
