//! The lines of a job by what became of them.

use crate::domain::{Line, Status};
use crate::ledger::view::read_user;
use crate::ledger::{Job, LedgerError, Reader, UserRow};

impl Reader {
    /// The next `limit` lines of a job after line `after` that have one of these statuses.
    pub async fn lines_among(
        &mut self,
        job: &Job,
        statuses: &[Status],
        after: Line,
        limit: usize,
    ) -> Result<Vec<UserRow>, LedgerError> {
        let names: Vec<_> = statuses.iter().map(|status| status.as_str()).collect();
        let rows = sqlx::query(
            "SELECT users.*, runs.id AS run_id FROM users LEFT JOIN runs ON runs.number = run
             WHERE users.job = ?1 AND line > ?2 AND status IN (SELECT value FROM json_each(?3))
             ORDER BY line LIMIT ?4",
        )
        .bind(job.number)
        .bind(i64::try_from(after.0).unwrap_or(i64::MAX))
        .bind(serde_json::json!(names).to_string())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter().map(read_user).collect()
    }
}
