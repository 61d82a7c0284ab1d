//! Pruning: jobs that are over are deleted, and the end of each chain stays.

use crate::domain::Timestamp;
use crate::ledger::sql::{query, query_scalar};
use crate::ledger::{Job, Ledger, LedgerError};

const FINISHED_JOBS: &str = "
    SELECT * FROM jobs WHERE created_at_ms < ?1
    AND NOT EXISTS (SELECT 1 FROM users WHERE users.job = jobs.number AND is_open = 1)
    AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.job = jobs.number
                    AND coalesce(ended_at_ms, ?1) >= ?1)
    ORDER BY number DESC";

const KEEP_THE_END: &str = "
    INSERT INTO pruned (job, id, key, events, head, pruned_at_ms)
    SELECT number, id, key,
           (SELECT count(*) FROM events WHERE events.job = jobs.number),
           (SELECT hash FROM events WHERE events.job = jobs.number
            ORDER BY events.number DESC LIMIT 1), ?
    FROM jobs WHERE number = ?";

impl Ledger {
    /// The jobs with nothing left to do in which nothing has happened since this moment, the latest
    /// first. A job whose undo is still needed is not among them.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn finished_before(&mut self, moment: Timestamp) -> Result<Vec<Job>, LedgerError> {
        let jobs = query(FINISHED_JOBS)
            .bind(moment)
            .fetch_all(&mut self.connection)
            .await?;
        Ok(jobs)
    }

    /// Deletes a job: its users, its events and its runs. What stays is that it was there, and the end
    /// of its chain.
    ///
    /// All rows that refer to a row of the job are of the job, and are deleted with it. SQLite does not check this
    /// meanwhile: for each run it would go through the users and the events of all other jobs.
    ///
    /// # Errors
    /// Another job takes it back: that one goes first.
    pub async fn prune(&mut self, job: &Job) -> Result<(), LedgerError> {
        self.check_references(false).await?;
        let deleted = self.delete_job(job).await;
        self.check_references(true).await?;
        deleted
    }

    /// Whether SQLite checks what a row refers to. It has no effect within a transaction, and none in PostgreSQL, which
    /// finds the rows by their indexes.
    async fn check_references(&mut self, check: bool) -> Result<(), LedgerError> {
        let pragma = if check {
            "PRAGMA foreign_keys = ON"
        } else {
            "PRAGMA foreign_keys = OFF"
        };
        if self.connection.is_postgres() {
            return Ok(());
        }
        query(pragma).execute(&mut self.connection).await?;
        Ok(())
    }

    async fn delete_job(&mut self, job: &Job) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.begin(job.number).await?;
        let undone_by: Option<String> =
            query_scalar("SELECT id FROM jobs WHERE parent = ? LIMIT 1")
                .bind(job.number)
                .fetch_optional(&mut transaction)
                .await?;
        if let Some(undo) = undone_by {
            return Err(LedgerError::Undone {
                job: job.id.to_string(),
                undo,
            });
        }
        query(KEEP_THE_END)
            .bind(now)
            .bind(job.number)
            .execute(&mut transaction)
            .await?;
        if transaction.is_postgres() {
            query("DELETE FROM orders WHERE job = ?")
                .bind(job.number)
                .execute(&mut transaction)
                .await?;
        }
        for sql in [
            "DELETE FROM candidates WHERE job = ?",
            "DELETE FROM plan_pages WHERE job = ?",
            "DELETE FROM users WHERE job = ?",
            "DELETE FROM events WHERE job = ?",
            "DELETE FROM runs WHERE job = ?",
            "DELETE FROM jobs WHERE number = ?",
        ] {
            query(sql)
                .bind(job.number)
                .execute(&mut transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Gives the room of what was pruned back to the disk.
    ///
    /// # Errors
    /// The disk has no room for the copy that SQLite makes of the ledger, or the file cannot be written. The
    /// ledger stays as it was.
    pub async fn compact(&mut self) -> Result<(), LedgerError> {
        // PostgreSQL does this by itself.
        if !self.connection.is_postgres() {
            query("VACUUM").execute(&mut self.connection).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::IdRule;
    use crate::ledger::RunKind;
    use crate::ledger::testing::LedgerBed;

    #[tokio::test]
    async fn no_statement_goes_through_all_lines() {
        let mut bed = LedgerBed::new(IdRule::Exact, RunKind::Run, Vec::new()).await;
        let plan = bed.ledger.query_plan(FINISHED_JOBS).await.join("; ");
        assert!(plan.contains("users_open (job=?)"), "{plan}");
        assert!(!plan.contains("SCAN users"), "{plan}");
    }
}
