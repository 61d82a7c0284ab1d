//! Taking back: the users whom an undo gives something back.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::domain::{Line, Status, UserState};
use crate::ledger::afterwards::undone::last_undo;
use crate::ledger::job::{read_job, unsigned};
use crate::ledger::journal::{before, texts};
use crate::ledger::{Job, Ledger, LedgerError, Reader};

/// A user whom a write of a job may have changed.
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
    /// Whether an earlier undo has begun to give something back, and may have done a part of it.
    pub was_begun: bool,
}

/// Whom an undo is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoScope {
    /// All users that the job may have changed.
    All,
    /// Of these, the ones with whom no earlier undo is done: whom the job has written since, or who
    /// could not be given back what was taken. Users that another administrator has changed, and users
    /// that are not there any more, are done with.
    Rest,
}

impl Ledger {
    /// The latest job that takes back what `parent` took.
    pub async fn undo_of(&mut self, parent: &Job) -> Result<Option<Job>, LedgerError> {
        let row = sqlx::query("SELECT * FROM jobs WHERE parent = ? ORDER BY number DESC LIMIT 1")
            .bind(parent.number)
            .fetch_optional(&mut self.connection)
            .await?;
        row.as_ref().map(read_job).transpose()
    }
}

impl Ledger {
    /// How many users failed after a write that may have left, and were last shown unchanged: such a write may
    /// still take effect.
    pub async fn unproven(&mut self, job: &Job) -> Result<u64, LedgerError> {
        let row = sqlx::query(
            "SELECT count(*) AS users FROM users WHERE job = ? AND status = 'failed' AND effect <> 'none'",
        )
        .bind(job.number)
        .fetch_one(&mut self.connection)
        .await?;
        unsigned(&row, "users")
    }
}

impl Reader {
    /// The next users whom a write of a job may have changed, in the order of their lines.
    pub async fn undo_rows(
        &mut self,
        job: &Job,
        scope: UndoScope,
        after: Line,
        limit: usize,
    ) -> Result<Vec<UndoRow>, LedgerError> {
        let rows = sqlx::query(concat!(
            "SELECT line, user_id, user_name, cells, status, before_at_ms, active_before,
                    workspaces_before, active_after, workspaces_after,
                    coalesce(",
            last_undo!("back.effect <> 'none'"),
            ", 0) AS was_begun
             FROM users
             WHERE job = ? AND line > ? AND user_id IS NOT NULL AND before_at_ms IS NOT NULL
                   AND effect <> 'none'
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
    let after = UserState {
        active: row.try_get("active_after")?,
        workspaces: texts(row, "workspaces_after")?,
        ..UserState::of(&user_id)
    };
    // A user that has an outcome was shown after the last write.
    let is_open = Status::parse(&status).is_none_or(Status::is_open);
    let is_shown = !is_open && after.active.is_some();
    Ok(UndoRow {
        line: Line(unsigned(row, "line")?),
        user_id,
        user_name: row.try_get("user_name")?,
        cells: serde_json::from_str(&cells).map_err(|_| LedgerError::value("cells", cells))?,
        before: seen.state,
        after: is_shown.then_some(after),
        was_begun: row.try_get("was_begun")?,
    })
}
