//! What a job does once more, and what it takes back: failed users who are tried again, and the
//! users whom an undo gives something back.

use serde_json::json;
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, Row, SqliteConnection};

use crate::domain::{Entry, Fact, Line, Reason, UserState};
use crate::ledger::job::{read_job, unsigned};
use crate::ledger::journal::before;
use crate::ledger::record::record;
use crate::ledger::undone::last_undo;
use crate::ledger::{Job, Ledger, LedgerError, NewRun, Reader};

/// A user for whom a job has begun a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoRow {
    /// The roster line.
    pub line: Line,
    /// The user.
    pub user_id: String,
    /// `userName`, from the provider or the roster.
    pub user_name: Option<String>,
    /// The roster's own columns.
    pub cells: Vec<String>,
    /// What the user had when last seen before the first write.
    pub before: UserState,
    /// What the user had when last shown; `None` if that was before the last write.
    pub after: Option<UserState>,
}

/// Whom an undo is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoScope {
    /// Everybody whom the job may have changed.
    All,
    /// Of these, the ones with whom no earlier undo is done: whom the job has written since, or who
    /// could not be given back what was taken. Users that another administrator has changed, and users
    /// that are not there any more, are done with.
    Rest,
}

fn codes(reasons: &[Reason]) -> String {
    let codes: Vec<_> = reasons.iter().map(|reason| reason.as_str()).collect();
    json!(codes).to_string()
}

/// The failed users who can be tried again, with the writes begun for each: the one rule of who is.
async fn to_retry(
    connection: &mut SqliteConnection,
    job: &Job,
    reasons: &[Reason],
) -> Result<Vec<(Line, u64)>, LedgerError> {
    let rows = sqlx::query(
        "SELECT line, attempts FROM users WHERE job = ?1 AND user_id IS NOT NULL AND CASE
             WHEN json_array_length(?2) = 0 THEN status = 'failed'
             WHEN status = 'failed' THEN reason IN (SELECT value FROM json_each(?2))
             ELSE status = 'not_found' AND 'not_found' IN (SELECT value FROM json_each(?2)) END
         ORDER BY line",
    )
    .bind(job.number)
    .bind(codes(reasons))
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| Ok((Line(unsigned(row, "line")?), unsigned(row, "attempts")?)))
        .collect()
}

impl Ledger {
    /// How many failed users can be tried again: those with one of these reasons, or all if there are
    /// none. `not_found` means those whom the provider did not know.
    pub async fn retriable(&mut self, job: &Job, reasons: &[Reason]) -> Result<u64, LedgerError> {
        let failed = to_retry(&mut self.connection, job, reasons).await?;
        Ok(failed.len() as u64)
    }

    /// How many of them cannot be tried again, since their names were never found.
    pub async fn never_found(&mut self, job: &Job, reasons: &[Reason]) -> Result<u64, LedgerError> {
        let row = sqlx::query(
            "SELECT count(*) AS users FROM users
             WHERE job = ?1 AND user_id IS NULL AND status IN ('failed', 'not_found')
                   AND coalesce(reason, status) IN (SELECT value FROM json_each(?2))
                OR job = ?1 AND user_id IS NULL AND status = 'failed'
                   AND json_array_length(?2) = 0",
        )
        .bind(job.number)
        .bind(codes(reasons))
        .fetch_one(&mut self.connection)
        .await?;
        unsigned(&row, "users")
    }

    /// Gives failed users all their attempts again; returns how many. Whoever may have been written is
    /// in doubt, and is read first.
    pub async fn reopen(
        &mut self,
        job: &Job,
        run: &NewRun,
        reasons: &[Reason],
    ) -> Result<usize, LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        let failed = to_retry(&mut transaction, job, reasons).await?;
        let entries: Vec<_> = failed
            .into_iter()
            .map(|(line, attempts)| Entry {
                line,
                at: now,
                fact: Fact::Released {
                    attempts: 0,
                    in_doubt: attempts > 0,
                    why: "to be tried again".to_owned(),
                },
            })
            .collect();
        record(&mut transaction, job.number, run.number, &entries).await?;
        transaction.commit().await?;
        Ok(entries.len())
    }

    /// The latest job that takes back what `parent` took.
    pub async fn undo_of(&mut self, parent: &Job) -> Result<Option<Job>, LedgerError> {
        let row = sqlx::query("SELECT * FROM jobs WHERE parent = ? ORDER BY number DESC LIMIT 1")
            .bind(parent.number)
            .fetch_optional(&mut self.connection)
            .await?;
        row.as_ref().map(read_job).transpose()
    }
}

impl Reader {
    /// The next users for whom a job has begun a write, in the order of their lines.
    pub async fn undo_rows(
        &mut self,
        job: &Job,
        scope: UndoScope,
        after: Line,
        limit: usize,
    ) -> Result<Vec<UndoRow>, LedgerError> {
        let rows = sqlx::query(concat!(
            "SELECT line, user_id, user_name, cells, status, before_at_ms, active_before,
                    workspaces_before, active_after, workspaces_after
             FROM users
             WHERE job = ? AND line > ? AND user_id IS NOT NULL AND before_at_ms IS NOT NULL
                   AND (status IN ('removed', 'in_doubt', 'claimed')
                        OR status = 'failed' AND attempts > 0)
                   AND NOT (? AND coalesce(",
            last_undo!(
                "back.status IN ('restored', 'already', 'not_found')
                 OR back.status = 'failed' AND back.reason = 'changed'"
            ),
            ", 0))
             ORDER BY line LIMIT ?",
        ))
        .bind(job.number)
        .bind(i64::try_from(after.0).unwrap_or(i64::MAX))
        .bind(scope == UndoScope::Rest)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter().map(read_row).collect()
    }
}

fn read_row(row: &SqliteRow) -> Result<UndoRow, LedgerError> {
    let user_id: String = row.try_get("user_id")?;
    let status: String = row.try_get("status")?;
    let cells: String = row.try_get("cells")?;
    let seen = before(row, &user_id)?.ok_or_else(|| LedgerError::value("before", "nothing"))?;
    let workspaces: Option<String> = row.try_get("workspaces_after")?;
    let after = UserState {
        active: row.try_get("active_after")?,
        workspaces: workspaces
            .map(|text| {
                serde_json::from_str(&text).map_err(|_| LedgerError::value("workspaces", text))
            })
            .transpose()?,
        ..UserState::of(&user_id)
    };
    // Whoever has an outcome was shown after the last write.
    let is_shown = matches!(status.as_str(), "removed" | "failed") && after.active.is_some();
    Ok(UndoRow {
        line: Line(unsigned(row, "line")?),
        user_id,
        user_name: row.try_get("user_name")?,
        cells: serde_json::from_str(&cells).map_err(|_| LedgerError::value("cells", cells))?,
        before: seen.state,
        after: is_shown.then_some(after),
    })
}
