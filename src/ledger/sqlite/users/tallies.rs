//! How many lines of a job are in each state, and how often each finding was made.

use std::collections::BTreeMap;

use sqlx::SqliteConnection;

use crate::domain::Status;
use crate::ledger::sqlite::Count;
use crate::ledger::{Counts, Job, Ledger, LedgerError, Reader};

const COUNTS: &str = "SELECT status, count(*) AS lines FROM users WHERE job = ? GROUP BY status";

const FINDINGS: &str = "
    SELECT verified, count(*) AS lines FROM users
    WHERE job = ? AND verified IS NOT NULL GROUP BY verified";

impl Ledger {
    /// How many lines of a job are in each state.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn counts(&mut self, job: &Job) -> Result<Counts, LedgerError> {
        counts(&mut self.connection, job).await
    }
}

impl Reader {
    /// How many lines of a job are in each state.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn counts(&mut self, job: &Job) -> Result<Counts, LedgerError> {
        counts(&mut self.connection, job).await
    }

    /// How often each finding was made when users were read again, by the ledger's word (see
    /// [`crate::domain::Finding`]).
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn findings(&mut self, job: &Job) -> Result<BTreeMap<String, u64>, LedgerError> {
        let rows: Vec<(String, Count)> = sqlx::query_as(FINDINGS)
            .bind(job.number)
            .fetch_all(&mut self.connection)
            .await?;
        Ok(rows
            .into_iter()
            .map(|(word, Count(lines))| (word, lines))
            .collect())
    }
}

async fn counts(connection: &mut SqliteConnection, job: &Job) -> Result<Counts, LedgerError> {
    let rows: Vec<(Status, Count)> = sqlx::query_as(COUNTS)
        .bind(job.number)
        .fetch_all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(status, Count(lines))| (status, lines))
        .collect())
}
