//! Stretches of a run in which no user made progress, and what the provider answered meanwhile.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::FromRow;

use crate::domain::Timestamp;
use crate::ledger::sql::{Count, Sql, SqlConnection, query, twin};
use crate::ledger::store::timeline::answer_in::answer_in;
use crate::ledger::{Job, LedgerError, Reader};

/// A stretch of one run in which no user made progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// When a user last made progress, or the run began.
    pub from: Timestamp,
    /// When the next user made progress, or the run ended.
    pub until: Timestamp,
    /// What came back in between, by the word of its verdict.
    pub verdicts: BTreeMap<String, u64>,
}

/// Two events of one run that follow one another, and between which no user made progress.
#[derive(FromRow)]
struct ProgressGap {
    number: i64,
    at_ms: Timestamp,
    number_before: i64,
    at_before_ms: Timestamp,
}

// In the order of the index, so that nothing is sorted but what is long enough.
const GAPS: &str = "
    SELECT number, at_ms, number_before, at_before_ms FROM (
       SELECT number, at_ms, run, lag(number) OVER earlier AS number_before,
           lag(at_ms) OVER earlier AS at_before_ms, lag(run) OVER earlier AS run_before
       FROM events WHERE job = ? AND run IS NOT NULL
       AND kind IN ('run_started', 'looked_up', 'settled', 'verified', 'run_ended')
       WINDOW earlier AS (ORDER BY number)) AS steps
    WHERE run = run_before AND at_ms - at_before_ms >= ?
    ORDER BY at_ms - at_before_ms DESC LIMIT ?";

// The event that ends the gap may have the answer that came at its end.
macro_rules! verdicts {
    ($database:ident) => {
        concat!(
            "SELECT coalesce(answer ->> 'verdict', '') AS verdict, count(*) AS answers
             FROM (SELECT ",
            answer_in!($database),
            " AS answer FROM events WHERE job = ? AND number > ? AND number <= ?) AS answers
             WHERE answer IS NOT NULL GROUP BY 1"
        )
    };
}

const VERDICTS: Sql = twin!(verdicts);

impl Reader {
    /// The longest waits of a job, at least `shortest` long, at most `limit`, in order of time.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn waits(
        &mut self,
        job: &Job,
        shortest: Duration,
        limit: u32,
    ) -> Result<Vec<Wait>, LedgerError> {
        let gaps: Vec<ProgressGap> = query(GAPS)
            .bind(job.number)
            .bind(Count::millis(shortest))
            .bind(limit)
            .fetch_all(&mut self.connection)
            .await?;
        let mut waits = Vec::with_capacity(gaps.len());
        for gap in gaps {
            waits.push(Wait {
                from: gap.at_before_ms,
                until: gap.at_ms,
                verdicts: verdicts(&mut self.connection, job, &gap).await?,
            });
        }
        waits.sort_by_key(|wait| wait.from);
        Ok(waits)
    }
}

/// What came back between two events of a job.
async fn verdicts(
    connection: &mut SqlConnection,
    job: &Job,
    gap: &ProgressGap,
) -> Result<BTreeMap<String, u64>, LedgerError> {
    let verdicts: Vec<(String, Count)> = query(VERDICTS)
        .bind(job.number)
        .bind(gap.number_before)
        .bind(gap.number)
        .fetch_all(connection)
        .await?;
    let verdicts = verdicts.into_iter();
    Ok(verdicts
        .map(|(verdict, Count(answers))| (verdict, answers))
        .collect())
}
