//! The engine's journal: facts go to the writer task, pages come from a connection of their own.

use std::sync::Arc;

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::domain::{Effect, Entry, Goal, KnownNames, Line, Seen, Timestamp, UserId, UserState};
use crate::ledger::job::{own_goal, unsigned};
use crate::ledger::writer::Command;
use crate::ledger::{Job, LedgerError, Reader};
use crate::port::{Journal, JournalError, Subject};

/// A handle to the ledger for one run; cheap to clone.
#[derive(Debug, Clone)]
pub struct LedgerJournal {
    commands: mpsc::Sender<Command>,
    reader: Arc<Mutex<Reader>>,
    job: i64,
    /// What every user is to have; `None` where the user's own row says it.
    goal: Option<Goal>,
}

impl LedgerJournal {
    pub(super) fn new(commands: mpsc::Sender<Command>, reader: Reader, job: &Job) -> Self {
        Self {
            commands,
            reader: Arc::new(Mutex::new(reader)),
            job: job.number,
            goal: job.change.goal(),
        }
    }

    fn goal_of(&self, row: &SqliteRow) -> Result<Goal, LedgerError> {
        let goal = own_goal(row)?.or_else(|| self.goal.clone());
        goal.ok_or_else(|| LedgerError::value("goal", String::new()))
    }

    async fn read_page(&self, after: Line, limit: usize) -> Result<Vec<Subject>, LedgerError> {
        let mut reader = self.reader.lock().await;
        let rows = sqlx::query(
            "SELECT line, user_id, attempts, effect, goal, before_at_ms, active_before,
                    workspaces_before, shown_name, roster_name, addresses, cells
             FROM users
             WHERE job = ? AND line > ? AND status IN ('pending', 'in_doubt')
                   AND user_id IS NOT NULL
             ORDER BY line LIMIT ?",
        )
        .bind(self.job)
        .bind(i64::try_from(after.0).unwrap_or(i64::MAX))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut reader.connection)
        .await?;
        rows.iter()
            .map(|row| {
                let attempts: i64 = row.try_get("attempts")?;
                let user: String = row.try_get("user_id")?;
                Ok(Subject {
                    line: Line(unsigned(row, "line")?),
                    attempts: u32::try_from(attempts)
                        .map_err(|_| LedgerError::value("attempts", attempts.to_string()))?,
                    effect: effect(row)?,
                    goal: self.goal_of(row)?,
                    before: before(row, &user)?,
                    known: known(row)?,
                    user: UserId::new(user),
                })
            })
            .collect()
    }
}

/// What the writes of the job may have done to a user.
pub(super) fn effect(row: &SqliteRow) -> Result<Effect, LedgerError> {
    let word: String = row.try_get("effect")?;
    Effect::parse(&word).ok_or_else(|| LedgerError::value("effect", word))
}

/// By what a user is known: what the provider has shown, and what the roster says.
pub(super) fn known(row: &SqliteRow) -> Result<KnownNames, LedgerError> {
    let cells: String = row.try_get("cells")?;
    Ok(KnownNames {
        user_name: row.try_get("shown_name")?,
        addresses: texts(row, "addresses")?,
        roster_name: row.try_get("roster_name")?,
        cells: serde_json::from_str(&cells).map_err(|_| LedgerError::value("cells", cells))?,
    })
}

/// A stored list of texts, if there is one.
pub(super) fn texts(
    row: &SqliteRow,
    column: &'static str,
) -> Result<Option<Vec<String>>, LedgerError> {
    let stored: Option<String> = row.try_get(column)?;
    stored
        .map(|text| serde_json::from_str(&text).map_err(|_| LedgerError::value(column, text)))
        .transpose()
}

/// What a user had when last seen before the first write.
pub(super) fn before(row: &SqliteRow, user: &str) -> Result<Option<Seen>, LedgerError> {
    let at: Option<i64> = row.try_get("before_at_ms")?;
    let Some(at) = at else { return Ok(None) };
    let state = UserState {
        active: row.try_get("active_before")?,
        workspaces: texts(row, "workspaces_before")?,
        ..UserState::of(user)
    };
    Ok(Some(Seen {
        state,
        at: Timestamp::from_millis(at),
    }))
}

impl Journal for LedgerJournal {
    async fn page(&self, after: Line, limit: usize) -> Result<Vec<Subject>, JournalError> {
        self.read_page(after, limit)
            .await
            .map_err(|error| JournalError(error.to_string()))
    }

    async fn record(&self, entries: Vec<Entry>) -> Result<(), JournalError> {
        let (done, stored) = oneshot::channel();
        let gone = || JournalError("the ledger's writer has stopped".to_owned());
        self.commands
            .send(Command { entries, done })
            .await
            .map_err(|_| gone())?;
        stored.await.map_err(|_| gone())?.map_err(JournalError)
    }
}
