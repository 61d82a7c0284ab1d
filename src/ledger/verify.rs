//! Verification: who has still to be looked at again, and what was found.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, Row};

use crate::domain::{Finding, Goal, Line, Timestamp, UserState};
use crate::ledger::job::unsigned;
use crate::ledger::record::{EventRow, append_events};
use crate::ledger::{Job, Ledger, LedgerError, NewRun};

/// A user who was looked at again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedRow {
    /// The roster line.
    pub line: Line,
    /// The user.
    pub user_id: Option<String>,
    /// `userName`.
    pub user_name: Option<String>,
    /// What differs.
    pub detail: Option<String>,
}

impl Ledger {
    /// How many users of a job are in the wanted state, as far as is known, and have not been looked at
    /// since this moment.
    pub async fn to_verify(
        &mut self,
        job: &Job,
        since: Option<Timestamp>,
    ) -> Result<u64, LedgerError> {
        let row = sqlx::query(
            "SELECT count(*) AS users FROM users
             WHERE job = ? AND status IN ('removed', 'restored', 'already') AND user_id IS NOT NULL
                   AND (verified_at_ms IS NULL OR verified_at_ms < ?)",
        )
        .bind(job.number)
        .bind(since.map_or(i64::MAX, Timestamp::as_millis))
        .fetch_one(&mut self.connection)
        .await?;
        unsigned(&row, "users")
    }

    /// The next of them, in the order of their lines: line, id, and the line's own goal.
    pub async fn next_to_verify(
        &mut self,
        job: &Job,
        since: Timestamp,
        after: Line,
        limit: usize,
    ) -> Result<Vec<(Line, String, Option<Goal>)>, LedgerError> {
        let rows = sqlx::query(
            "SELECT line, user_id, goal FROM users
             WHERE job = ? AND line > ? AND status IN ('removed', 'restored', 'already')
                   AND user_id IS NOT NULL AND (verified_at_ms IS NULL OR verified_at_ms < ?)
             ORDER BY line LIMIT ?",
        )
        .bind(job.number)
        .bind(i64::try_from(after.0).unwrap_or(i64::MAX))
        .bind(since.as_millis())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter()
            .map(|row| {
                let goal = own_goal(row)?;
                Ok((Line(unsigned(row, "line")?), row.try_get("user_id")?, goal))
            })
            .collect()
    }

    /// Which of these users have still to be looked at: line, the line's own goal, and the place among
    /// `users`.
    pub async fn match_to_verify(
        &mut self,
        job: &Job,
        since: Timestamp,
        users: &[UserState],
    ) -> Result<Vec<(Line, Option<Goal>, usize)>, LedgerError> {
        let keys: Vec<_> = users
            .iter()
            .map(|user| job.ids.key(&user.id).into_owned())
            .collect();
        let rows = sqlx::query(
            "SELECT line, goal, json_each.key AS nth FROM json_each(?2) JOIN users
                 ON job = ?1 AND user_key = value
             WHERE status IN ('removed', 'restored', 'already')
                   AND (verified_at_ms IS NULL OR verified_at_ms < ?3)
             GROUP BY line ORDER BY line",
        )
        .bind(job.number)
        .bind(json!(keys).to_string())
        .bind(since.as_millis())
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter()
            .map(|row| {
                let goal = own_goal(row)?;
                let nth = unsigned(row, "nth")?;
                let nth = usize::try_from(nth)
                    .ok()
                    .filter(|nth| *nth < users.len())
                    .ok_or_else(|| LedgerError::value("place", nth.to_string()))?;
                Ok((Line(unsigned(row, "line")?), goal, nth))
            })
            .collect()
    }

    /// Everybody was looked at: counts what was found, and keeps that with the run.
    pub async fn conclude(
        &mut self,
        job: &Job,
        run: &NewRun,
    ) -> Result<BTreeMap<Finding, u64>, LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        let rows = sqlx::query(
            "SELECT verified, count(*) AS users FROM users
             WHERE job = ? AND verified IS NOT NULL AND verified_at_ms >= ? GROUP BY verified",
        )
        .bind(job.number)
        .bind(run.started_at.as_millis())
        .fetch_all(&mut *transaction)
        .await?;
        let findings: BTreeMap<_, _> = rows
            .iter()
            .map(|row| {
                let word: String = row.try_get("verified")?;
                let finding = Finding::ALL
                    .into_iter()
                    .find(|finding| finding.as_str() == word)
                    .ok_or_else(|| LedgerError::value("finding", word))?;
                Ok((finding, unsigned(row, "users")?))
            })
            .collect::<Result<_, LedgerError>>()?;
        let words = findings
            .iter()
            .map(|(finding, users)| (finding.as_str().to_owned(), json!(users)));
        let result = Value::Object(words.collect()).to_string();
        sqlx::query("UPDATE runs SET result = ? WHERE number = ?")
            .bind(&result)
            .bind(run.number)
            .execute(&mut *transaction)
            .await?;
        let concluded = EventRow {
            line: None,
            at: now,
            kind: "verification_ended",
            body: result,
        };
        append_events(&mut transaction, job.number, Some(run.number), &[concluded]).await?;
        transaction.commit().await?;
        Ok(findings)
    }

    /// The first `limit` lines with this finding.
    pub async fn verified_lines(
        &mut self,
        job: &Job,
        finding: Finding,
        limit: usize,
    ) -> Result<Vec<VerifiedRow>, LedgerError> {
        let rows = sqlx::query(
            "SELECT line, user_id, user_name, verified_detail FROM users
             WHERE job = ? AND verified = ? ORDER BY line LIMIT ?",
        )
        .bind(job.number)
        .bind(finding.as_str())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(VerifiedRow {
                    line: Line(unsigned(row, "line")?),
                    user_id: row.try_get("user_id")?,
                    user_name: row.try_get("user_name")?,
                    detail: row.try_get("verified_detail")?,
                })
            })
            .collect()
    }
}

/// What the user of a row is to have, where the line says it.
fn own_goal(row: &SqliteRow) -> Result<Option<Goal>, LedgerError> {
    let goal: Option<String> = row.try_get("goal")?;
    let read =
        |text: String| serde_json::from_str(&text).map_err(|_| LedgerError::value("goal", text));
    goal.map(read).transpose()
}
