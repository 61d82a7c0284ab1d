//! The events of a job, page by page, with the texts that their hashes were made from.

use sqlx::{Row, SqliteConnection};

use crate::domain::{EventParts, Timestamp};
use crate::ledger::record::Head;
use crate::ledger::{Job, Ledger, LedgerError, Reader};

/// One stored event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its place in the ledger: events of a job have growing ones.
    pub number: i64,
    /// Its place in the chain; `None` for what was stored before there were chains.
    pub seq: Option<u64>,
    /// Its hash; `None` for what was stored before there were chains.
    pub hash: Option<String>,
    /// When it happened.
    pub at: Timestamp,
    /// The id of the run.
    pub run: Option<String>,
    /// The roster line.
    pub line: Option<u64>,
    /// What happened, in one word.
    pub kind: String,
    /// The stored text.
    pub body: String,
}

impl StoredEvent {
    /// The text that is hashed.
    pub fn text(&self) -> String {
        EventParts {
            seq: self.seq,
            at: self.at,
            run: self.run.as_deref(),
            line: self.line,
            kind: &self.kind,
            body: &self.body,
        }
        .text()
    }
}

impl Ledger {
    /// Where the chain of a job ends; `None` if it has not begun.
    pub async fn head(&mut self, job: &Job) -> Result<Option<Head>, LedgerError> {
        head(&mut self.connection, job).await
    }
}

impl Reader {
    /// Where the chain of a job ends; `None` if it has not begun.
    pub async fn head(&mut self, job: &Job) -> Result<Option<Head>, LedgerError> {
        head(&mut self.connection, job).await
    }

    /// The next `limit` events of a job after the one with this number (0 for the first).
    pub async fn events(
        &mut self,
        job: &Job,
        after: i64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, LedgerError> {
        let rows = sqlx::query(
            "SELECT events.number, seq, hash, at_ms, runs.id AS run_id, line, events.kind, body
             FROM events LEFT JOIN runs ON runs.number = events.run
             WHERE events.job = ? AND events.number > ? ORDER BY events.number LIMIT ?",
        )
        .bind(job.number)
        .bind(after)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter()
            .map(|row| {
                let count = |column: &'static str| -> Result<Option<u64>, LedgerError> {
                    let count: Option<i64> = row.try_get(column)?;
                    let read = |count: i64| {
                        u64::try_from(count)
                            .map_err(|_| LedgerError::value(column, count.to_string()))
                    };
                    count.map(read).transpose()
                };
                Ok(StoredEvent {
                    number: row.try_get("number")?,
                    seq: count("seq")?,
                    hash: row.try_get("hash")?,
                    at: Timestamp::from_millis(row.try_get("at_ms")?),
                    run: row.try_get("run_id")?,
                    line: count("line")?,
                    kind: row.try_get("kind")?,
                    body: row.try_get("body")?,
                })
            })
            .collect()
    }
}

async fn head(connection: &mut SqliteConnection, job: &Job) -> Result<Option<Head>, LedgerError> {
    let row: Option<(i64, String)> = sqlx::query_as(
        "SELECT seq, hash FROM (
             SELECT seq, hash FROM events WHERE job = ? ORDER BY number DESC LIMIT 1)
         WHERE hash IS NOT NULL",
    )
    .bind(job.number)
    .fetch_optional(connection)
    .await?;
    row.map(|(seq, hash)| {
        let events = u64::try_from(seq).map_err(|_| LedgerError::value("seq", seq.to_string()))?;
        Ok(Head { events, hash })
    })
    .transpose()
}
