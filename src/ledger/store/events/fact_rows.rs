//! From the engine's facts to rows: an event each, and the new state of the user.
//!
//! However many facts there are, they go to the database as a few statements with many rows each: a trip to SQLite's
//! thread or to a server, and preparing and stepping a statement, for each row would cost many times as much as the row.

use crate::domain::{Effect, Entry, Fact, IdRule};
use crate::ledger::record::{FactEvents, NewEvent};
use crate::ledger::sql::{BoundValues, RowsSql, SqlConnection, Transaction, query};
use crate::ledger::store::events::chain_end::{ChainEnd, append};
use crate::ledger::store::events::shown_users::{LOOKED_UP, RENEWED};
use crate::ledger::store::events::user_states::{
    CLAIM, CLAIMED_TO, NAME, RELEASE, SEND, SETTLE, Update, UserStates, VERIFY,
};
use crate::ledger::{Ledger, LedgerError};

/// Stores facts about the users of a job: events and states, in the caller's transaction.
///
/// At most one fact in a batch may give a user a new state: the engine waits until one is durable
/// before it comes to the next.
pub(in crate::ledger) async fn record(
    connection: &mut SqlConnection,
    job: i64,
    run: i64,
    ids: IdRule,
    entries: &[Entry],
) -> Result<(), LedgerError> {
    if entries.is_empty() {
        return Ok(());
    }
    let end = ChainEnd::find(connection, job, Some(run)).await?;
    note_claims(connection, job, entries).await?;
    store(connection, job, run, ids, entries, end).await
}

/// Stores facts about the users of a job in a transaction of its own. They are durable when this returns.
///
/// # Errors
/// Nothing is stored: the run has ended, because another process has begun one of this job; or the ledger
/// cannot be written.
pub(in crate::ledger) async fn commit(
    ledger: &mut Ledger,
    job: i64,
    run: i64,
    ids: IdRule,
    entries: &[Entry],
) -> Result<(), LedgerError> {
    let (mut transaction, end) = begin(ledger, job, run, entries).await?;
    // The lock keeps other processes out unless its file was removed. A process that then began a run of
    // this job has put our claims in doubt and reads those users again: our run must not go on beside it.
    if !end.is_open {
        return Err(LedgerError::TakenOver);
    }
    store(&mut transaction, job, run, ids, entries, end).await?;
    transaction.commit().await?;
    Ok(())
}

/// Begins the transaction that stores facts, and finds the end of the chain.
async fn begin<'l>(
    ledger: &'l mut Ledger,
    job: i64,
    run: i64,
    entries: &[Entry],
) -> Result<(Transaction<'l>, ChainEnd), LedgerError> {
    if ledger.connection.is_postgres() {
        let mut first = ledger.lock(job).planned_once();
        if let Some(last) = last_claim(entries) {
            first = first.then_writing(CLAIMED_TO, &[last, job]);
        }
        let first = first.then_reading(ChainEnd::FIND, &[job, run]);
        let begun = ledger.connection.begin_with(first).await?;
        return begun.ok_or(LedgerError::TakenOver);
    }
    let mut transaction = ledger.begin(job).await?;
    let end = ChainEnd::find(&mut transaction, job, Some(run)).await?;
    note_claims(&mut transaction, job, entries).await?;
    Ok((transaction, end))
}

/// Notes how far the claims of the job have come.
async fn note_claims(
    connection: &mut SqlConnection,
    job: i64,
    entries: &[Entry],
) -> Result<(), LedgerError> {
    if let Some(last) = last_claim(entries) {
        let noted = query(CLAIMED_TO).bind(last).bind(job);
        noted.execute(connection).await?;
    }
    Ok(())
}

/// The greatest line that is in flight or in doubt after these facts.
fn last_claim(entries: &[Entry]) -> Option<i64> {
    let claims = entries.iter().filter(|entry| is_claim(&entry.fact));
    let last = claims.map(|claim| claim.line.0).max()?;
    // Lines are counted, and stay far below the greatest number.
    i64::try_from(last).ok()
}

/// Stores facts behind the end of the chain.
async fn store(
    connection: &mut SqlConnection,
    job: i64,
    run: i64,
    ids: IdRule,
    entries: &[Entry],
    mut end: ChainEnd,
) -> Result<(), LedgerError> {
    let FactEvents { events, places } = NewEvent::of(entries);
    if let Some(first) = events.first() {
        end.begin_chain(connection, job, Some(run), first).await?;
    }
    let rows: Vec<_> = events.iter().map(|event| end.link(event)).collect();
    let facts = entries.iter().zip(places.iter().map(|place| &rows[*place]));
    let states = UserStates::of(facts);
    append(connection, job, Some(run), &rows).await?;
    for (rule, users) in [(LOOKED_UP, &states.looked_up), (RENEWED, &states.renewed)] {
        rule.store(connection, job, run, ids, users).await?;
    }
    let (job, run) = ([Some(job)], [Some(run)]);
    update(connection, NAME, &[], &states.named, &job).await?;
    update(connection, CLAIM, &run, &states.claimed, &job).await?;
    update(connection, SETTLE, &run, &states.settled, &job).await?;
    update(connection, RELEASE, &run, &states.released, &job).await?;
    update(connection, VERIFY, &run, &states.verified, &job).await?;
    update(connection, SEND, &run, &states.sent, &job).await?;
    Ok(())
}

/// Whether a user is in flight or in doubt after this.
fn is_claim(fact: &Fact) -> bool {
    match fact {
        Fact::Begun { .. } => true,
        Fact::Settled(settlement) => settlement.outcome.status().is_open(),
        Fact::Released { effect, .. } => *effect == Effect::Maybe,
        _ => false,
    }
}

/// Stores the new states of users; `before` and `after` are the values before and after the rows.
async fn update(
    connection: &mut SqlConnection,
    sql: RowsSql,
    before: &[Option<i64>],
    rows: &[impl Update],
    after: &[Option<i64>],
) -> Result<(), LedgerError> {
    let bind = |values: &mut BoundValues, row: &_| Update::bind(row, values);
    sql.execute(connection, before, rows, bind, after).await
}
