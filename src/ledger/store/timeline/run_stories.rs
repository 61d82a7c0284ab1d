//! The runs of a job: when each of them was really at work, and what it did.

use sqlx::FromRow;

use crate::domain::{RunId, Timestamp};
use crate::ledger::sql::{Count, Nullable, Sql, query, twin};
use crate::ledger::store::timeline::answer_in::answer_in;
use crate::ledger::{Job, LedgerError, Reader};

/// One run over time.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct RunStory {
    /// Its id.
    pub id: RunId,
    /// `plan`, `run` or `verify`.
    pub kind: String,
    /// Answers that asked for fewer requests.
    #[sqlx(try_from = "Nullable<Count>")]
    pub throttled: Option<u64>,
    /// When it began.
    #[sqlx(rename = "started_at_ms")]
    pub started_at: Timestamp,
    /// When it ended, if it has. Of a run that died this is when the next run began.
    #[sqlx(rename = "ended_at_ms")]
    pub ended_at: Option<Timestamp>,
    /// How it ended, if it has.
    pub ending: Option<String>,
    /// Why it stopped early, in words.
    pub stopped: Option<String>,
    /// When it last recorded anything.
    #[sqlx(rename = "last_event_ms")]
    pub last_event_at: Timestamp,
    /// When a user last made progress in it, if ever.
    #[sqlx(rename = "last_step_ms")]
    pub last_step_at: Option<Timestamp>,
    /// Users that it gave an outcome.
    #[sqlx(try_from = "Count")]
    pub settled: u64,
    /// Answers that it recorded, and requests without an answer.
    #[sqlx(try_from = "Count")]
    pub answers: u64,
}

// The end of a run is no sign of life: of one that died, the next run writes it.
macro_rules! run_stories {
    ($database:ident) => {
        concat!(
    "WITH signs AS (
       SELECT run, max(at_ms) FILTER (WHERE kind <> 'run_ended') AS last_event_ms,
           max(at_ms) FILTER (WHERE kind IN ('looked_up', 'settled', 'verified')) AS last_step_ms,
           count(DISTINCT line) FILTER (WHERE kind = 'settled') AS settled,
           count(",
    answer_in!($database),
    ") AS answers
       FROM events WHERE job = ?1 AND run IS NOT NULL GROUP BY run)
    SELECT runs.*, coalesce(last_event_ms, started_at_ms) AS last_event_ms, last_step_ms,
       coalesce(settled, 0) AS settled, coalesce(answers, 0) AS answers
    FROM runs LEFT JOIN signs ON signs.run = runs.number
    WHERE runs.job = ?1 ORDER BY runs.number"
        )
    };
}

const RUN_STORIES: Sql = twin!(run_stories);

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
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn run_stories(&mut self, job: &Job) -> Result<Vec<RunStory>, LedgerError> {
        let stories = query(RUN_STORIES)
            .bind(job.number)
            .fetch_all(&mut self.connection)
            .await?;
        Ok(stories)
    }
}
