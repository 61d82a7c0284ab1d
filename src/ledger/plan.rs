//! The plan of a job: who has still to be looked up, what was found, and when it is whole.

use serde_json::{Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, Row};

use crate::domain::{Effect, Entry, Goal, KnownNames, Line, Seen, Status};
use crate::ledger::job::{own_goal, unsigned};
use crate::ledger::journal::{before, effect, known};
use crate::ledger::load::mark_duplicates;
use crate::ledger::look_up::forget;
use crate::ledger::record::{EventRow, append_events, record, set_aside};
use crate::ledger::{Job, Ledger, LedgerError, NewRun};

/// A user who has still to be looked up: by id, or by name where the roster has no id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// The roster line.
    pub line: Line,
    /// The id, if the roster has it.
    pub user_id: Option<String>,
    /// The name, as the roster spells it.
    pub user_name: Option<String>,
    /// Whether a user of that name was shown already.
    pub is_hit: bool,
}

/// One line of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRow {
    /// The roster line.
    pub line: Line,
    /// The user, if the line names one.
    pub user_id: Option<String>,
    /// `userName`, from the provider or the roster.
    pub user_name: Option<String>,
    /// By what the user is known to the door to a write.
    pub known: KnownNames,
    /// What the writes of the job may have done.
    pub effect: Effect,
    /// Where the line stands.
    pub status: Status,
    /// The code of why, where there is one.
    pub reason: Option<String>,
    /// Why, for people.
    pub detail: Option<String>,
    /// What the user had when last seen before the first write.
    pub before: Option<Seen>,
    /// What the user is to have, where the change does not say.
    pub goal: Option<Goal>,
}

impl Ledger {
    /// How many users have still to be looked up: by id, and by name.
    pub async fn unseen_count(&mut self, job: &Job) -> Result<(u64, u64), LedgerError> {
        let row = sqlx::query(
            "SELECT count(user_id) AS by_id, count(*) - count(user_id) AS by_name FROM users
             WHERE job = ? AND status = 'pending' AND before_at_ms IS NULL
                   AND (user_id IS NULL OR NOT EXISTS (
                       SELECT 1 FROM candidates WHERE candidates.job = users.job
                                                      AND candidates.line = users.line))",
        )
        .bind(job.number)
        .fetch_one(&mut self.connection)
        .await?;
        Ok((unsigned(&row, "by_id")?, unsigned(&row, "by_name")?))
    }

    /// The next users to be looked up, in the order of their lines. A user that was shown under an id
    /// that differs in case is left out until [`Ledger::resolve`] has decided which user is meant.
    pub async fn unseen(
        &mut self,
        job: &Job,
        after: Line,
        limit: usize,
    ) -> Result<Vec<Unseen>, LedgerError> {
        let rows = sqlx::query(
            "SELECT * FROM (
                 SELECT line, user_id, coalesce(roster_name, user_name) AS user_name,
                        EXISTS (SELECT 1 FROM candidates WHERE candidates.job = users.job
                                AND candidates.line = users.line) AS is_hit
                 FROM users
                 WHERE job = ? AND line > ? AND status = 'pending' AND before_at_ms IS NULL)
             WHERE user_id IS NULL OR NOT is_hit ORDER BY line LIMIT ?",
        )
        .bind(job.number)
        .bind(i64::try_from(after.0).unwrap_or(i64::MAX))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Unseen {
                    line: Line(unsigned(row, "line")?),
                    user_id: row.try_get("user_id")?,
                    user_name: row.try_get("user_name")?,
                    is_hit: row.try_get("is_hit")?,
                })
            })
            .collect()
    }

    /// How far an interrupted walk through the list has come, as [`Ledger::found`] stored it.
    pub async fn list_position(&mut self, job: &Job) -> Result<Option<String>, LedgerError> {
        let position = sqlx::query_scalar("SELECT list_position FROM jobs WHERE number = ?")
            .bind(job.number)
            .fetch_one(&mut self.connection)
            .await?;
        Ok(position)
    }

    /// Marks lines that turned out to name the same user as an earlier line; returns how many.
    pub async fn mark_duplicates(&mut self, job: &Job, run: &NewRun) -> Result<u64, LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        let duplicates = mark_duplicates(&mut transaction, job.number).await?;
        if duplicates > 0 {
            set_aside(&mut transaction, job.number, Some(run.number), now).await?;
        }
        transaction.commit().await?;
        Ok(duplicates)
    }

    /// Stores facts about users in one transaction, outside of an engine's run.
    pub async fn note(
        &mut self,
        job: &Job,
        run: &NewRun,
        entries: &[Entry],
    ) -> Result<(), LedgerError> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        record(&mut transaction, job.number, run.number, job.ids, entries).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The lines of a job as its plan sees them, page by page.
    pub async fn plan_rows(
        &mut self,
        job: &Job,
        after: Line,
        limit: usize,
    ) -> Result<Vec<PlanRow>, LedgerError> {
        let rows = sqlx::query(
            "SELECT line, user_id, user_name, status, reason, detail, goal, cells, before_at_ms,
                    active_before, workspaces_before, effect, shown_name, roster_name,
                    addresses
             FROM users WHERE job = ? AND line > ? ORDER BY line LIMIT ?",
        )
        .bind(job.number)
        .bind(i64::try_from(after.0).unwrap_or(i64::MAX))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter().map(read_row).collect()
    }

    /// Some of the users whom the plan writes, taken at random.
    pub async fn sample(&mut self, job: &Job, limit: usize) -> Result<Vec<PlanRow>, LedgerError> {
        let rows = sqlx::query(
            "SELECT line, user_id, user_name, status, reason, detail, goal, cells, before_at_ms,
                    active_before, workspaces_before, effect, shown_name, roster_name,
                    addresses
             FROM users WHERE job = ? AND status = 'pending' AND before_at_ms IS NOT NULL
             ORDER BY random() LIMIT ?",
        )
        .bind(job.number)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter().map(read_row).collect()
    }

    /// The plan is whole. Returns the job with its plan.
    pub async fn finish_plan(
        &mut self,
        job: &Job,
        run: &NewRun,
        digest: &str,
        to_write: u64,
        looked_up: &Value,
    ) -> Result<Job, LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query(
            "UPDATE jobs SET planned_at_ms = ?, plan_digest = ?, to_write = ?, looked_up = ?,
                             list_position = NULL
             WHERE number = ?",
        )
        .bind(now.as_millis())
        .bind(digest)
        .bind(i64::try_from(to_write).unwrap_or(i64::MAX))
        .bind(looked_up.to_string())
        .bind(job.number)
        .execute(&mut *transaction)
        .await?;
        forget(&mut transaction, job.number).await?;
        let planned = EventRow {
            line: None,
            at: now,
            kind: "planned",
            body: json!({ "digest": digest, "to_write": to_write, "looked_up": looked_up })
                .to_string(),
        };
        append_events(&mut transaction, job.number, Some(run.number), &[planned]).await?;
        transaction.commit().await?;
        self.job(job.number).await
    }

    /// Deletes the plan of a job that has not sent any write. The next run looks up all users again. The
    /// content of the roster itself stays.
    pub async fn discard_plan(&mut self, job: &Job, why: &str) -> Result<Job, LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        // A name that was resolved is resolved again: it may belong to another user by now.
        sqlx::query(
            "UPDATE users SET status = 'pending', reason = NULL, detail = NULL, done_at_ms = NULL,
                 confirmed_at_ms = NULL, confirmed_by = NULL, before_at_ms = NULL,
                 active_before = NULL, workspaces_before = NULL, active_after = NULL,
                 workspaces_after = NULL, http_status = NULL, request_id = NULL, event_hash = NULL,
                 shown_name = NULL, addresses = NULL,
                 user_id = iif(name_key IS NULL, user_id, NULL),
                 user_key = iif(name_key IS NULL, user_key, NULL)
             WHERE job = ? AND effect = 'none'
                   AND (status <> 'invalid' AND status <> 'duplicate' OR before_at_ms IS NOT NULL)",
        )
        .bind(job.number)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "UPDATE jobs SET planned_at_ms = NULL, plan_digest = NULL, to_write = NULL,
                             looked_up = NULL, list_position = NULL
             WHERE number = ?",
        )
        .bind(job.number)
        .execute(&mut *transaction)
        .await?;
        forget(&mut transaction, job.number).await?;
        let discarded = EventRow {
            line: None,
            at: now,
            kind: "plan_discarded",
            body: json!({ "why": why }).to_string(),
        };
        append_events(&mut transaction, job.number, None, &[discarded]).await?;
        transaction.commit().await?;
        self.job(job.number).await
    }
}

fn read_row(row: &SqliteRow) -> Result<PlanRow, LedgerError> {
    let user_id: Option<String> = row.try_get("user_id")?;
    let status: String = row.try_get("status")?;
    Ok(PlanRow {
        line: Line(unsigned(row, "line")?),
        user_name: row.try_get("user_name")?,
        status: Status::parse(&status).ok_or_else(|| LedgerError::value("status", status))?,
        reason: row.try_get("reason")?,
        detail: row.try_get("detail")?,
        before: before(row, user_id.as_deref().unwrap_or_default())?,
        goal: own_goal(row)?,
        known: known(row)?,
        effect: effect(row)?,
        user_id,
    })
}
