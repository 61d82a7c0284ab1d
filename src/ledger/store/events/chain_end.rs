//! Appending events to a chain, each linked to the one before (see [`crate::domain::link`]).

use std::borrow::Cow;

use sqlx::FromRow;

use crate::domain::{EventParts, IdRule, NO_HASH, link};
use crate::ledger::LedgerError;
use crate::ledger::record::{EventBody, NewEvent};
use crate::ledger::sql::{BoundValues, Count, RowsSql, Sql, SqlConnection, query};

/// Seq, line, time, kind, body, hash: an event as [`APPEND`] stores it.
#[derive(Debug)]
pub(super) struct AppendedEvent<'a>(u64, Option<u64>, i64, &'a str, &'a str, String);

impl AppendedEvent<'_> {
    pub(super) fn hash(&self) -> &str {
        &self.5
    }
}

/// The places are the job and the run.
const APPEND: RowsSql = RowsSql {
    before: "
    INSERT INTO events (job, run, seq, line, at_ms, kind, body, hash)
    SELECT ?, ?, column1, column2, column3, column4, column5, column6 FROM",
    columns: 6,
    after: Sql::same("WHERE column1 IS NOT NULL"),
};

/// Stores events, in order, and returns the hash of each.
///
/// However many they are, it takes few statements: one finds the end of the chain, the others store.
pub(in crate::ledger) async fn append_events(
    connection: &mut SqlConnection,
    job: i64,
    run: Option<i64>,
    events: &[NewEvent],
) -> Result<Vec<String>, LedgerError> {
    let Some(first) = events.first() else {
        return Ok(Vec::new());
    };
    let mut end = ChainEnd::find(connection, job, run).await?;
    end.begin_chain(connection, job, run, first).await?;
    let rows: Vec<_> = events.iter().map(|event| end.link(event)).collect();
    append(connection, job, run, &rows).await?;
    Ok(rows.into_iter().map(|row| row.5).collect())
}

pub(super) async fn append(
    connection: &mut SqlConnection,
    job: i64,
    run: Option<i64>,
    rows: &[AppendedEvent<'_>],
) -> Result<(), LedgerError> {
    let bind = |values: &mut BoundValues, event: &AppendedEvent<'_>| {
        let AppendedEvent(seq, line, at, kind, body, hash) = event;
        values.push(Count(*seq));
        values.push(line.map(Count));
        values.push(*at);
        values.text(kind);
        values.text(body);
        values.text(hash);
    };
    let before = [Some(job), run];
    APPEND.execute(connection, &before, rows, bind, &[]).await
}

/// The end of a chain, after which events are appended.
#[derive(FromRow)]
pub(super) struct ChainEnd {
    #[sqlx(try_from = "Count")]
    seq: u64,
    hash: Option<String>,
    /// The id of the run that appends.
    run: Option<String>,
    /// Whether that run has not ended.
    pub(super) is_open: bool,
}

impl ChainEnd {
    pub(super) const FIND: &'static str = "
        SELECT coalesce(seq, 0) AS seq, hash, runs.id AS run,
               runs.number IS NOT NULL AND ended_at_ms IS NULL AS is_open
        FROM (SELECT 1 AS one) AS here
             LEFT JOIN (SELECT seq, hash FROM events WHERE job = ?1 ORDER BY number DESC LIMIT 1) AS last
                       ON one = 1
             LEFT JOIN runs ON runs.number = ?2";

    /// Finds the end of the chain of a job, for events of `run`.
    pub(super) async fn find(
        connection: &mut SqlConnection,
        job: i64,
        run: Option<i64>,
    ) -> Result<Self, LedgerError> {
        let end = query(Self::FIND).bind(job).bind(run);
        Ok(end.fetch_one(connection).await?)
    }

    /// If there is no event yet and `first` may not be the first one, stores one that says which job this is.
    pub(super) async fn begin_chain(
        &mut self,
        connection: &mut SqlConnection,
        job: i64,
        run: Option<i64>,
        first: &NewEvent,
    ) -> Result<(), LedgerError> {
        if self.hash.is_some() || first.begins_chain {
            return Ok(());
        }
        let begun = chain_begun(connection, job, first).await?;
        let row = self.link(&begun);
        append(connection, job, run, &[row]).await
    }

    /// The row of an event behind the end, which is the new end.
    pub(super) fn link<'a>(&mut self, event: &'a NewEvent) -> AppendedEvent<'a> {
        self.seq += 1;
        let (kind, body) = (event.kind(), event.body());
        let parts = EventParts {
            seq: Some(self.seq),
            at: event.at,
            run: self.run.as_deref(),
            line: event.line,
            kind,
            body,
        };
        let hash = link(self.hash.as_deref().unwrap_or(NO_HASH), &parts.text());
        self.hash = Some(hash.clone());
        AppendedEvent(self.seq, event.line, event.at.as_millis(), kind, body, hash)
    }
}

/// What the first event says of the chain of a job that was loaded before there were chains.
#[derive(FromRow)]
struct UnchainedJob {
    id: String,
    target: String,
    change: String,
    roster_digest: String,
    #[sqlx(try_from = "Count")]
    lines: u64,
    #[sqlx(try_from = "Count")]
    users: u64,
    ids: Option<IdRule>,
    #[sqlx(try_from = "Count")]
    earlier: u64,
}

const UNCHAINED_JOB: &str = "
    SELECT id, target, change, roster_digest, lines, users, ids,
           (SELECT count(*) FROM events WHERE job = ?1) AS earlier
    FROM jobs WHERE number = ?1";

/// The first event of the chain of a job that was loaded before there were chains: it says which job
/// this is, and how many events are not in the chain.
async fn chain_begun(
    connection: &mut SqlConnection,
    job: i64,
    first: &NewEvent,
) -> Result<NewEvent, LedgerError> {
    let job: UnchainedJob = query(UNCHAINED_JOB).bind(job).fetch_one(connection).await?;
    let body = EventBody::ChainBegun {
        change: Cow::Owned(job.change),
        events_before: job.earlier,
        ids: job.ids,
        job: Cow::Owned(job.id),
        lines: job.lines,
        roster_digest: Cow::Owned(job.roster_digest),
        target: Cow::Owned(job.target),
        users: job.users,
        version: Cow::Borrowed(env!("CARGO_PKG_VERSION")),
    };
    Ok(NewEvent::new(None, first.at, &body))
}
