//! The engine's journal: facts go to the writer task, pages come from a connection of their own.

use std::sync::Arc;

use sqlx::Row;
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::domain::{Entry, Line, UserId};
use crate::ledger::writer::Command;
use crate::ledger::{LedgerError, Reader};
use crate::port::{Journal, JournalError, Subject};

/// A handle to the ledger for one run; cheap to clone.
#[derive(Debug, Clone)]
pub struct LedgerJournal {
    commands: mpsc::Sender<Command>,
    reader: Arc<Mutex<Reader>>,
    job: i64,
}

impl LedgerJournal {
    pub(super) fn new(commands: mpsc::Sender<Command>, reader: Reader, job: i64) -> Self {
        Self {
            commands,
            reader: Arc::new(Mutex::new(reader)),
            job,
        }
    }

    async fn read_page(&self, after: Line, limit: usize) -> Result<Vec<Subject>, LedgerError> {
        let mut reader = self.reader.lock().await;
        let rows = sqlx::query(
            "SELECT line, user_id, attempts, status FROM users
             WHERE job = ? AND line > ? AND status IN ('pending', 'in_doubt')
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
                let status: String = row.try_get("status")?;
                let user: String = row.try_get("user_id")?;
                Ok(Subject {
                    line: Line(super::job::unsigned(row, "line")?),
                    user: UserId::new(user),
                    attempts: u32::try_from(attempts)
                        .map_err(|_| LedgerError::value("attempts", attempts.to_string()))?,
                    in_doubt: status == "in_doubt",
                })
            })
            .collect()
    }
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
