//! Trying failed users once more: who can be, what that is to write, and how they are opened again.
//!
//! A user that was never written is looked up again first, since what is known of it is old, or nothing. A
//! user that was written stays failed until the retry is confirmed, and is read by the engine then.

use serde_json::json;
use sqlx::{Connection, SqliteConnection};

use crate::domain::{Effect, Entry, Fact, Line, Reason};
use crate::ledger::job::unsigned;
use crate::ledger::journal::effect;
use crate::ledger::look_up::forget_lines;
use crate::ledger::record::{EventRow, append_events, record};
use crate::ledger::{Job, Ledger, LedgerError, NewRun};

const FORGET_NUMBER: &str = "UPDATE jobs SET retry_to_write = NULL, retry_active = NULL,
                                    retry_disabled = NULL, retry_run = NULL WHERE number = ?";

/// Users whom a retry writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retriable {
    /// How many there are.
    pub users: u64,
    /// Of these, the ones who are active as far as is known.
    pub active: u64,
    /// Users whom the job has disabled before: they are no longer among the active users of the tenant.
    pub disabled: u64,
}

fn codes(reasons: &[Reason]) -> String {
    let codes: Vec<_> = reasons.iter().map(|reason| reason.as_str()).collect();
    json!(codes).to_string()
}

/// The lines that a retry tries, with what writes may have done to each: those that failed for one of the
/// reasons, or for any if there are none; `not_found` means users whom the provider did not know. A name
/// that several users have is not tried, since it is no more certain who is meant.
async fn tried(
    connection: &mut SqliteConnection,
    job: &Job,
    reasons: &[Reason],
) -> Result<Vec<(Line, Effect)>, LedgerError> {
    let rows = sqlx::query(
        "SELECT line, effect FROM users
         WHERE job = ?1 AND coalesce(reason, '') <> 'ambiguous'
               AND (user_id IS NOT NULL OR name_key IS NOT NULL) AND CASE
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
        .map(|row| Ok((Line(unsigned(row, "line")?), effect(row)?)))
        .collect()
}

fn opened(line: Line, at: crate::domain::Timestamp, effect: Effect, why: &str) -> Entry {
    Entry {
        line,
        at,
        fact: Fact::Released {
            attempts: 0,
            effect,
            unanswered: false,
            why: why.to_owned(),
        },
    }
}

impl Ledger {
    /// How many lines a retry for these reasons would try.
    pub async fn retriable(&mut self, job: &Job, reasons: &[Reason]) -> Result<u64, LedgerError> {
        let lines = tried(&mut self.connection, job, reasons).await?;
        Ok(lines.len() as u64)
    }

    /// Lines that failed because several users have their name: they are never tried again.
    pub async fn ambiguous(&mut self, job: &Job) -> Result<u64, LedgerError> {
        let count = sqlx::query(
            "SELECT count(*) AS users FROM users
             WHERE job = ? AND status = 'failed' AND reason = 'ambiguous'",
        )
        .bind(job.number)
        .fetch_one(&mut self.connection)
        .await?;
        unsigned(&count, "users")
    }

    /// Begins a retry: the users that were never written are opened, and are to be looked up again.
    pub async fn begin_retry(
        &mut self,
        job: &Job,
        run: &NewRun,
        reasons: &[Reason],
    ) -> Result<Job, LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        let lines = tried(&mut transaction, job, reasons).await?;
        let entries: Vec<_> = lines
            .into_iter()
            .filter(|(_, effect)| *effect == Effect::None)
            .map(|(line, effect)| opened(line, now, effect, "to be looked up again by a retry"))
            .collect();
        sqlx::query("UPDATE jobs SET retries = retries + 1 WHERE number = ?")
            .bind(job.number)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(FORGET_NUMBER)
            .bind(job.number)
            .execute(&mut *transaction)
            .await?;
        record(&mut transaction, job.number, run.number, job.ids, &entries).await?;
        // What was seen of them is old.
        let lines: Vec<_> = entries
            .iter()
            .map(|entry| entry.line.0.cast_signed())
            .collect();
        forget_lines(&mut transaction, job, run, now, &lines).await?;
        transaction.commit().await?;
        self.job(job.number).await
    }

    /// Failed users that were written before: a retry for these reasons writes them again.
    pub async fn written_before(
        &mut self,
        job: &Job,
        reasons: &[Reason],
    ) -> Result<Vec<Line>, LedgerError> {
        let lines = tried(&mut self.connection, job, reasons).await?;
        let written = lines
            .into_iter()
            .filter(|(_, effect)| *effect != Effect::None);
        Ok(written.map(|(line, _)| line).collect())
    }

    /// Users who were active before the job, and whom it has disabled.
    pub async fn disabled(&mut self, job: &Job) -> Result<u64, LedgerError> {
        let count = sqlx::query(
            "SELECT count(*) AS users FROM users
             WHERE job = ? AND status = 'removed' AND active_before = 1 AND active_after = 0",
        )
        .bind(job.number)
        .fetch_one(&mut self.connection)
        .await?;
        unsigned(&count, "users")
    }

    /// A retry is confirmed and begins to write: keeps what it is to write, so that whatever command continues
    /// it has the same number to confirm, and gives the failed users that were written before, and failed for
    /// one of these reasons, all their attempts again. Each of them is read before it is written. A retry has
    /// a canary of its own.
    pub async fn confirm_retry(
        &mut self,
        job: &Job,
        run: &NewRun,
        retry: Retriable,
        reasons: Option<&[Reason]>,
    ) -> Result<Job, LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query(
            "UPDATE jobs SET retry_to_write = ?, retry_active = ?, retry_disabled = ?, retry_run = ?,
                             canary_at_ms = NULL
             WHERE number = ?",
        )
        .bind(i64::try_from(retry.users).unwrap_or(i64::MAX))
        .bind(i64::try_from(retry.active).unwrap_or(i64::MAX))
        .bind(i64::try_from(retry.disabled).unwrap_or(i64::MAX))
        .bind(run.number)
        .bind(job.number)
        .execute(&mut *transaction)
        .await?;
        let confirmed = EventRow {
            line: None,
            at: now,
            kind: "retry_confirmed",
            body: json!({ "to_write": retry.users, "active": retry.active }).to_string(),
        };
        append_events(&mut transaction, job.number, Some(run.number), &[confirmed]).await?;
        if let Some(reasons) = reasons {
            let lines = tried(&mut transaction, job, reasons).await?;
            let entries: Vec<_> = lines
                .into_iter()
                .filter(|(_, effect)| *effect != Effect::None)
                .map(|(line, effect)| opened(line, now, effect, "to be tried again"))
                .collect();
            record(&mut transaction, job.number, run.number, job.ids, &entries).await?;
        }
        transaction.commit().await?;
        self.job(job.number).await
    }

    /// A retry has come to its end: the next one has a number of its own.
    pub async fn end_retry(&mut self, job: &Job) -> Result<(), LedgerError> {
        sqlx::query(FORGET_NUMBER)
            .bind(job.number)
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }
}
