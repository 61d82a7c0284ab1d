//! Which failed users a retry tries, how many of them it will write, and how they become pending again.
//!
//! A user that was never written is looked up again first, since what is known of it is old, or nothing. A
//! user that was written stays failed until the retry is confirmed, and is read by the engine then.

use sqlx::{Connection, FromRow, SqliteConnection};

use crate::domain::{Effect, Entry, Fact, Line, Reason, Timestamp};
use crate::ledger::record::{EventBody, NewEvent};
use crate::ledger::sqlite::events::{append_events, record};
use crate::ledger::sqlite::looks::forget_lines;
use crate::ledger::sqlite::{Count, Json};
use crate::ledger::{Job, Ledger, LedgerError, NewRun};

/// Users that a retry writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retriable {
    /// How many there are.
    pub users: u64,
    /// Of these, the ones that are active as far as is known.
    pub active: u64,
    /// Users that the job has disabled before: they are no longer among the active users of the tenant.
    pub disabled: u64,
}

const COUNT_RETRY: &str = "UPDATE jobs SET retries = retries + 1 WHERE number = ?";

const STORE_NUMBER: &str = "
    UPDATE jobs SET retry_to_write = ?, retry_active = ?, retry_disabled = ?, retry_run = ?,
                    canary_at_ms = NULL
    WHERE number = ?";

const FORGET_NUMBER: &str = "
    UPDATE jobs SET retry_to_write = NULL, retry_active = NULL, retry_disabled = NULL,
                    retry_run = NULL
    WHERE number = ?";

const AMBIGUOUS: &str = "
    SELECT count(*) FROM users WHERE job = ? AND status = 'failed' AND reason = 'ambiguous'";

const DISABLED: &str = "
    SELECT count(*) FROM users
    WHERE job = ? AND status = 'removed' AND active_before = 1 AND active_after = 0";

/// A line that a retry tries, with what writes may have done to its user.
#[derive(FromRow)]
struct TriedLine {
    line: Line,
    effect: Effect,
}

const TRIED_LINES: &str = "
    SELECT line, effect FROM users
    WHERE job = ?1 AND coalesce(reason, '') <> 'ambiguous'
          AND (user_id IS NOT NULL OR name_key IS NOT NULL) AND CASE
        WHEN json_array_length(?2) = 0 THEN status = 'failed'
        WHEN status = 'failed' THEN reason IN (SELECT value FROM json_each(?2))
        ELSE status = 'not_found' AND 'not_found' IN (SELECT value FROM json_each(?2)) END
    ORDER BY line";

/// The lines that a retry tries: those that failed for one of the reasons, or for any if there are none;
/// `not_found` means users that the provider did not know. A name that several users have is not tried,
/// because it is still not known which user is meant.
async fn tried(
    connection: &mut SqliteConnection,
    job: &Job,
    reasons: &[Reason],
) -> Result<Vec<(Line, Effect)>, LedgerError> {
    let codes: Vec<_> = reasons.iter().map(|reason| reason.as_str()).collect();
    let lines: Vec<TriedLine> = sqlx::query_as(TRIED_LINES)
        .bind(job.number)
        .bind(Json(codes))
        .fetch_all(connection)
        .await?;
    Ok(lines
        .into_iter()
        .map(|tried| (tried.line, tried.effect))
        .collect())
}

fn opened(line: Line, at: Timestamp, effect: Effect, why: &str) -> Entry {
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
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn retriable(&mut self, job: &Job, reasons: &[Reason]) -> Result<u64, LedgerError> {
        let lines = tried(&mut self.connection, job, reasons).await?;
        Ok(lines.len() as u64)
    }

    /// Lines that failed because several users have their name: they are never tried again.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn ambiguous(&mut self, job: &Job) -> Result<u64, LedgerError> {
        let Count(users) = sqlx::query_scalar(AMBIGUOUS)
            .bind(job.number)
            .fetch_one(&mut self.connection)
            .await?;
        Ok(users)
    }

    /// Begins a retry: the users that were never written are opened, and are to be looked up again.
    ///
    /// # Errors
    /// The ledger cannot be written, and then nothing of this is stored; or the job cannot be read back
    /// afterwards.
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
        for sql in [COUNT_RETRY, FORGET_NUMBER] {
            sqlx::query(sql)
                .bind(job.number)
                .execute(&mut *transaction)
                .await?;
        }
        record(&mut transaction, job.number, run.number, job.ids, &entries).await?;
        // What was seen of them is old.
        let lines: Vec<_> = entries.iter().map(|entry| entry.line).collect();
        forget_lines(&mut transaction, job, run, now, &lines).await?;
        transaction.commit().await?;
        self.job(job.number).await
    }

    /// Failed users that were written before: a retry for these reasons writes them again.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
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

    /// Users that were active before the job, and that it has disabled.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn disabled(&mut self, job: &Job) -> Result<u64, LedgerError> {
        let Count(users) = sqlx::query_scalar(DISABLED)
            .bind(job.number)
            .fetch_one(&mut self.connection)
            .await?;
        Ok(users)
    }

    /// Stores the number of the retry, so that the command that continues the retry asks for the same number.
    /// Resets the attempts of the failed users that were written before and failed for one of these reasons.
    /// Each of them is read before it is written. A retry has a canary of its own.
    ///
    /// # Errors
    /// The ledger cannot be written, and then nothing of this is stored; or the job cannot be read back
    /// afterwards.
    pub async fn confirm_retry(
        &mut self,
        job: &Job,
        run: &NewRun,
        retry: Retriable,
        reasons: Option<&[Reason]>,
    ) -> Result<Job, LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query(STORE_NUMBER)
            .bind(Count(retry.users))
            .bind(Count(retry.active))
            .bind(Count(retry.disabled))
            .bind(run.number)
            .bind(job.number)
            .execute(&mut *transaction)
            .await?;
        let body = EventBody::RetryConfirmed {
            active: retry.active,
            to_write: retry.users,
        };
        let confirmed = NewEvent::new(None, now, &body);
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
    ///
    /// # Errors
    /// The ledger cannot be written, for example on a full disk. Then nothing of this is stored.
    pub async fn end_retry(&mut self, job: &Job) -> Result<(), LedgerError> {
        sqlx::query(FORGET_NUMBER)
            .bind(job.number)
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }
}
