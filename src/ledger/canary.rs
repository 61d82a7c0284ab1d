//! The first users of a job, who are written before the others and looked at again; and those beyond
//! a cap.

use serde_json::json;
use sqlx::{Connection, Row};

use crate::domain::{Goal, Line, Status};
use crate::ledger::job::unsigned;
use crate::ledger::record::{EventRow, append_events};
use crate::ledger::{Job, Ledger, LedgerError, NewRun};

/// One of the first users of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanaryRow {
    /// The roster line.
    pub line: Line,
    /// The user.
    pub user_id: String,
    /// Where the line stands.
    pub status: Status,
    /// The code of a failure.
    pub reason: Option<String>,
    /// What the user is to have, where the change does not say.
    pub goal: Option<Goal>,
}

impl Ledger {
    /// The line of the last of the first `users` whom the plan writes; of the very last one, if there
    /// are fewer.
    pub async fn canary_line(
        &mut self,
        job: &Job,
        users: u64,
    ) -> Result<Option<Line>, LedgerError> {
        let line: Option<i64> = sqlx::query_scalar(
            "SELECT max(line) FROM (
                 SELECT line FROM users
                 WHERE job = ? AND (status IN ('pending', 'claimed', 'in_doubt') OR attempts > 0)
                 ORDER BY line LIMIT ?)",
        )
        .bind(job.number)
        .bind(i64::try_from(users).unwrap_or(i64::MAX))
        .fetch_one(&mut self.connection)
        .await?;
        Ok(line.and_then(|line| u64::try_from(line).ok()).map(Line))
    }

    /// The users up to a line whom the plan writes, as they stand.
    pub async fn canary(
        &mut self,
        job: &Job,
        through: Line,
    ) -> Result<Vec<CanaryRow>, LedgerError> {
        let rows = sqlx::query(
            "SELECT line, user_id, status, reason, goal FROM users
             WHERE job = ? AND line <= ? AND user_id IS NOT NULL
                   AND (status IN ('pending', 'claimed', 'in_doubt') OR attempts > 0)
             ORDER BY line",
        )
        .bind(job.number)
        .bind(i64::try_from(through.0).unwrap_or(i64::MAX))
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter()
            .map(|row| {
                let status: String = row.try_get("status")?;
                let goal: Option<String> = row.try_get("goal")?;
                Ok(CanaryRow {
                    line: Line(unsigned(row, "line")?),
                    user_id: row.try_get("user_id")?,
                    status: Status::parse(&status)
                        .ok_or_else(|| LedgerError::value("status", status))?,
                    reason: row.try_get("reason")?,
                    goal: goal
                        .map(|text| {
                            serde_json::from_str(&text)
                                .map_err(|_| LedgerError::value("goal", text))
                        })
                        .transpose()?,
                })
            })
            .collect()
    }

    /// The first users were seen to be as wanted: the others may follow.
    pub async fn pass_canary(
        &mut self,
        job: &Job,
        run: &NewRun,
        users: u64,
    ) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("UPDATE jobs SET canary_at_ms = ? WHERE number = ?")
            .bind(now.as_millis())
            .bind(job.number)
            .execute(&mut *transaction)
            .await?;
        let passed = EventRow {
            line: None,
            at: now,
            kind: "canary_passed",
            body: json!({ "users": users }).to_string(),
        };
        append_events(&mut transaction, job.number, Some(run.number), &[passed]).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Whom a job, or a retry of its failed users, would write beyond the first `cap` users: the first `limit` of them, for people.
    pub async fn beyond(
        &mut self,
        job: &Job,
        is_retry: bool,
        cap: u64,
        limit: usize,
    ) -> Result<Vec<String>, LedgerError> {
        let rows = sqlx::query(
            "SELECT line, coalesce(user_name, user_id) AS who FROM users
             WHERE job = ? AND (status IN ('pending', 'claimed', 'in_doubt')
                                OR attempts > 0 AND (status = 'failed' OR NOT ?))
             ORDER BY line LIMIT ? OFFSET ?",
        )
        .bind(job.number)
        .bind(is_retry)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .bind(i64::try_from(cap).unwrap_or(i64::MAX))
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter()
            .map(|row| {
                let who: Option<String> = row.try_get("who")?;
                let line = unsigned(row, "line")?;
                Ok(format!("line {line} {}", who.unwrap_or_default()))
            })
            .collect()
    }
}
