//! The runs of a job: when each of them was really at work, and how far it came.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::domain::{RunId, Timestamp};
use crate::ledger::job::{time, unsigned};
use crate::ledger::{Job, LedgerError, Reader};

/// One run over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunStory {
    /// Its id.
    pub id: RunId,
    /// `plan`, `run` or `verify`.
    pub kind: String,
    /// Answers that asked for fewer requests.
    pub throttled: Option<u64>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended, if it has. Of a run that died this is when the next one found out.
    pub ended_at: Option<Timestamp>,
    /// How it ended, if it has.
    pub ending: Option<String>,
    /// Why it stopped early, in words.
    pub stopped: Option<String>,
    /// When it last recorded anything.
    pub last_event_at: Timestamp,
    /// When it last got on with a user, if ever.
    pub last_step_at: Option<Timestamp>,
    /// Users whom it gave an outcome.
    pub settled: u64,
    /// Answers and silences that it recorded.
    pub answers: u64,
}

impl RunStory {
    /// The last moment at which the run is known to have been at work.
    pub fn worked_until(&self) -> Timestamp {
        match self.ended_at {
            Some(ended) if self.ending.as_deref() != Some("died") => ended.max(self.started_at),
            _ => self.last_event_at.max(self.started_at),
        }
    }
}

impl Reader {
    /// The runs of a job, in order.
    pub async fn run_stories(&mut self, job: &Job) -> Result<Vec<RunStory>, LedgerError> {
        // The end of a run is no sign of life: of one that died, the next run writes it.
        let rows = sqlx::query(
            "WITH signs AS (
                SELECT run, max(at_ms) FILTER (WHERE kind <> 'run_ended') AS last_event_ms,
                    max(at_ms) FILTER (WHERE kind IN ('looked_up', 'settled', 'verified')) AS last_step_ms,
                    count(DISTINCT line) FILTER (WHERE kind = 'settled') AS settled,
                    count(*) FILTER (WHERE kind = 'ended') AS answers
                FROM events WHERE job = ?1 AND run IS NOT NULL GROUP BY run)
             SELECT runs.*, last_event_ms, last_step_ms, coalesce(settled, 0) AS settled,
                coalesce(answers, 0) AS answers
             FROM runs LEFT JOIN signs ON signs.run = runs.number
             WHERE runs.job = ?1 ORDER BY runs.number",
        )
        .bind(job.number)
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter().map(read_run).collect()
    }
}

fn read_run(row: &SqliteRow) -> Result<RunStory, LedgerError> {
    let started_at = Timestamp::from_millis(row.try_get("started_at_ms")?);
    Ok(RunStory {
        id: RunId::from_stored(row.try_get("id")?),
        kind: row.try_get("kind")?,
        throttled: count(row, "throttled")?,
        started_at,
        ended_at: time(row, "ended_at_ms")?,
        ending: row.try_get("ending")?,
        stopped: row.try_get("stopped")?,
        last_event_at: time(row, "last_event_ms")?.unwrap_or(started_at),
        last_step_at: time(row, "last_step_ms")?,
        settled: unsigned(row, "settled")?,
        answers: unsigned(row, "answers")?,
    })
}

fn count(row: &SqliteRow, column: &'static str) -> Result<Option<u64>, LedgerError> {
    let value: Option<i64> = row.try_get(column)?;
    value
        .map(|value| {
            u64::try_from(value).map_err(|_| LedgerError::value(column, value.to_string()))
        })
        .transpose()
}
