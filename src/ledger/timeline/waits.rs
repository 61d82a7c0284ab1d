//! Stretches of a run in which no user made progress, and what the provider answered meanwhile.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::{Row, SqliteConnection};

use crate::domain::Timestamp;
use crate::ledger::job::unsigned;
use crate::ledger::{Job, LedgerError, Reader};

/// A stretch of one run in which no user got on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// When a user last made progress, or the run began.
    pub from: Timestamp,
    /// When the next one got on, or the run ended.
    pub until: Timestamp,
    /// What came back in between, by the word of its verdict.
    pub verdicts: BTreeMap<String, u64>,
}

impl Reader {
    /// The longest waits of a job, at least `shortest` long, at most `limit`, in order of time.
    pub async fn waits(
        &mut self,
        job: &Job,
        shortest: Duration,
        limit: u32,
    ) -> Result<Vec<Wait>, LedgerError> {
        // In the order of the index, so that nothing is sorted but what is long enough.
        let rows = sqlx::query(
            "SELECT number, at_ms, number_before, at_before_ms FROM (
                SELECT number, at_ms, run, lag(number) OVER earlier AS number_before,
                    lag(at_ms) OVER earlier AS at_before_ms, lag(run) OVER earlier AS run_before
                FROM events WHERE job = ? AND run IS NOT NULL
                AND kind IN ('run_started', 'looked_up', 'settled', 'verified', 'run_ended')
                WINDOW earlier AS (ORDER BY number))
             WHERE run = run_before AND at_ms - at_before_ms >= ?
             ORDER BY at_ms - at_before_ms DESC LIMIT ?",
        )
        .bind(job.number)
        .bind(i64::try_from(shortest.as_millis()).unwrap_or(i64::MAX))
        .bind(limit)
        .fetch_all(&mut self.connection)
        .await?;
        let mut waits = Vec::with_capacity(rows.len());
        for row in &rows {
            let (first, last) = (row.try_get("number_before")?, row.try_get("number")?);
            waits.push(Wait {
                from: Timestamp::from_millis(row.try_get("at_before_ms")?),
                until: Timestamp::from_millis(row.try_get("at_ms")?),
                verdicts: verdicts(&mut self.connection, job, first, last).await?,
            });
        }
        waits.sort_by_key(|wait| wait.from);
        Ok(waits)
    }
}

/// What came back between two events of a job.
async fn verdicts(
    connection: &mut SqliteConnection,
    job: &Job,
    first: i64,
    last: i64,
) -> Result<BTreeMap<String, u64>, LedgerError> {
    let rows = sqlx::query(
        "SELECT coalesce(body ->> 'verdict', '') AS verdict, count(*) AS answers FROM events
         WHERE job = ? AND number > ? AND number < ? AND kind = 'ended' GROUP BY 1",
    )
    .bind(job.number)
    .bind(first)
    .bind(last)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| Ok((row.try_get("verdict")?, unsigned(row, "answers")?)))
        .collect()
}
