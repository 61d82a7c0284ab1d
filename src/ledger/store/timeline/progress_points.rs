//! How many users had their final outcome by when.

use std::time::Duration;

use sqlx::FromRow;

use crate::domain::Timestamp;
use crate::ledger::sql::{Count, query};
use crate::ledger::{Job, LedgerError, Reader};

/// Users that got their final outcome within one stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct ProgressPoint {
    /// When the last of them got it.
    #[sqlx(rename = "at_ms")]
    pub at: Timestamp,
    /// How many they are.
    #[sqlx(try_from = "Count")]
    pub users: u64,
    /// How many of them failed or are in doubt.
    #[sqlx(try_from = "Count")]
    pub failed: u64,
}

const PROGRESS: &str = "
    SELECT max(done_at_ms) AS at_ms, count(*) AS users,
       count(*) FILTER (WHERE status IN ('failed', 'in_doubt')) AS failed
    FROM users WHERE job = ?1 AND done_at_ms IS NOT NULL
    AND status NOT IN ('pending', 'claimed')
    GROUP BY done_at_ms / ?2 ORDER BY 1";

impl Reader {
    /// The progress of a job, in stretches of `width` (at least a millisecond). There are at most as
    /// many as the time at work holds, and two for each run: while no run was at work there are none.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn progress(
        &mut self,
        job: &Job,
        width: Duration,
    ) -> Result<Vec<ProgressPoint>, LedgerError> {
        let points = query(PROGRESS)
            .bind(job.number)
            .bind(Count::millis(width.max(Duration::from_millis(1))))
            .fetch_all(&mut self.connection)
            .await?;
        Ok(points)
    }
}
