//! Taking back: the users to which an undo gives something back.

use crate::domain::{Line, Status, UserState};
use crate::ledger::sql::{Count, Sql, query, query_scalar, row_as_json, twin};
use crate::ledger::store::jobs::last_undo;
use crate::ledger::store::users::user_columns::{user_columns, user_row};
use crate::ledger::{Job, Ledger, LedgerError, Reader, UserRow};

/// A user that a write of a job may have changed.
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

/// The users that an undo is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoScope {
    /// All users that the job may have changed.
    All,
    /// Of these, the ones with whom no earlier undo is done: users that the job has written since, or that
    /// could not be given back what was taken. Users that another administrator has changed, and users
    /// that are not there any more, are done with.
    Rest,
}

impl UndoRow {
    /// A user that a write may have changed, and whether an earlier undo has begun with it.
    fn new(user: UserRow, was_begun: bool) -> Self {
        let user_id = user.user_id.unwrap_or_default();
        // A user that has an outcome was shown after the last write.
        let is_shown = !Status::is_open(user.status) && user.active_after.is_some();
        let after = is_shown.then(|| UserState {
            active: user.active_after,
            workspaces: user.workspaces_after,
            ..UserState::of(&user_id)
        });
        let before = user.before.map(|seen| seen.state);
        Self {
            line: user.line,
            user_name: user.user_name,
            cells: user.known.cells,
            before: before.unwrap_or_else(|| UserState::of(&user_id)),
            after,
            was_begun,
            user_id,
        }
    }
}

macro_rules! changed_users {
    ($database:ident) => {
        concat!(
            "SELECT ",
            row_as_json!($database, user_columns!()),
            ", coalesce(",
            last_undo!("back.effect <> 'none'"),
            ", FALSE) AS was_begun
             FROM users
             WHERE job = ? AND line > ? AND user_id IS NOT NULL AND before_at_ms IS NOT NULL
                   AND effect <> 'none'
                   AND NOT (? = 1 AND coalesce(",
            last_undo!(
                "back.status IN ('restored', 'already', 'not_found')
                 OR back.status = 'failed' AND back.reason = 'changed'"
            ),
            ", FALSE))
             ORDER BY line LIMIT ?",
        )
    };
}

const CHANGED_USERS: Sql = twin!(changed_users);

const UNPROVEN: &str =
    "SELECT count(*) FROM users WHERE job = ? AND status = 'failed' AND effect <> 'none'";

impl Ledger {
    /// How many users failed after a write that may have left, and were last shown unchanged: such a write may
    /// still take effect.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn unproven(&mut self, job: &Job) -> Result<u64, LedgerError> {
        let Count(users) = query_scalar(UNPROVEN)
            .bind(job.number)
            .fetch_one(&mut self.connection)
            .await?;
        Ok(users)
    }
}

impl Reader {
    /// The next users that a write of a job may have changed, in the order of their lines.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn undo_rows(
        &mut self,
        job: &Job,
        scope: UndoScope,
        after: Line,
        limit: usize,
    ) -> Result<Vec<UndoRow>, LedgerError> {
        let rows: Vec<(String, bool)> = query(CHANGED_USERS)
            .bind(job.number)
            .bind(after)
            .bind(scope == UndoScope::Rest)
            .bind(Count::limit(limit))
            .fetch_all(&mut self.connection)
            .await?;
        rows.iter()
            .map(|(user, was_begun)| Ok(UndoRow::new(user_row(user)?, *was_begun)))
            .collect()
    }
}
