//! The history of one user: the lines that name the user, and everything that happened, in order.

use sqlx::Row;

use crate::domain::{Line, Timestamp};
use crate::ledger::{Job, LedgerError, Reader, UserRow};

/// One event of a user, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRecord {
    /// When it happened.
    pub at: Timestamp,
    /// The run in which it happened.
    pub run_id: Option<String>,
    /// What kind of event it is.
    pub kind: String,
    /// What it says: a JSON object.
    pub body: String,
}

impl Reader {
    /// The lines of a job that name a user: by id, or by user name or address, in any case.
    pub async fn lines_of(&mut self, job: &Job, user: &str) -> Result<Vec<UserRow>, LedgerError> {
        let lines: Vec<u32> = sqlx::query_scalar(
            "SELECT line FROM users
             WHERE job = ?1 AND (user_key = ?2 OR name_key = ?3 OR lower(user_name) = ?2
                   OR EXISTS (SELECT 1 FROM json_each(cells) WHERE lower(trim(value)) = ?2))
             ORDER BY line",
        )
        .bind(job.number)
        .bind(user.trim().to_ascii_lowercase())
        .bind(user.trim().to_lowercase())
        .fetch_all(&mut self.connection)
        .await?;
        let lines: Vec<_> = lines.into_iter().map(u64::from).collect();
        self.lines_at(job, &lines).await
    }

    /// Everything that happened to the user of one line, in order.
    pub async fn events_of(
        &mut self,
        job: &Job,
        line: Line,
    ) -> Result<Vec<EventRecord>, LedgerError> {
        let rows = sqlx::query(
            "SELECT at_ms, runs.id AS run_id, events.kind, body FROM events
             LEFT JOIN runs ON runs.number = run
             WHERE events.job = ? AND line = ? ORDER BY events.number",
        )
        .bind(job.number)
        .bind(i64::try_from(line.0).unwrap_or(i64::MAX))
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(EventRecord {
                    at: Timestamp::from_millis(row.try_get("at_ms")?),
                    run_id: row.try_get("run_id")?,
                    kind: row.try_get("kind")?,
                    body: row.try_get("body")?,
                })
            })
            .collect()
    }
}
