//! How many users had their final outcome by when.

use std::time::Duration;

use sqlx::Row;

use crate::domain::Timestamp;
use crate::ledger::job::unsigned;
use crate::ledger::{Job, LedgerError, Reader};

/// Users who got their final outcome within one stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// When the last of them got it.
    pub at: Timestamp,
    /// How many they are.
    pub users: u64,
    /// How many of them failed or are in doubt.
    pub failed: u64,
}

impl Reader {
    /// The progress of a job, in stretches of `width` (at least a millisecond). There are at most as
    /// many as the time at work holds, and two for each run: while no run was at work there are none.
    pub async fn progress(&mut self, job: &Job, width: Duration) -> Result<Vec<Step>, LedgerError> {
        let width = i64::try_from(width.as_millis()).unwrap_or(i64::MAX).max(1);
        let rows = sqlx::query(
            "SELECT max(done_at_ms) AS at_ms, count(*) AS users,
                count(*) FILTER (WHERE status IN ('failed', 'in_doubt')) AS failed
             FROM users WHERE job = ?1 AND done_at_ms IS NOT NULL
             AND status NOT IN ('pending', 'claimed')
             GROUP BY done_at_ms / ?2 ORDER BY 1",
        )
        .bind(job.number)
        .bind(width)
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Step {
                    at: Timestamp::from_millis(row.try_get("at_ms")?),
                    users: unsigned(row, "users")?,
                    failed: unsigned(row, "failed")?,
                })
            })
            .collect()
    }
}
