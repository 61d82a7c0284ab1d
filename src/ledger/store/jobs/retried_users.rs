//! Which failed users a retry tries, how many of them it will write, and how they become pending again.
//!
//! A user that was never written is looked up again first, since what is known of it is old, or nothing. A
//! user that was written stays failed until the retry is confirmed, and is read by the engine then.

use sqlx::FromRow;

use crate::domain::{Effect, Entry, Fact, Line, Reason, Status, Timestamp};
use crate::ledger::record::{EventBody, NewEvent};
use crate::ledger::sql::{Count, Json, Sql, SqlConnection, given, query, query_scalar, twin};
use crate::ledger::store::events::{append_events, record};
use crate::ledger::store::looks::{forget_lines, forget_look_up};
use crate::ledger::store::{Pages, Placed};
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
    SELECT count(*) FROM users
    WHERE job = ? AND is_open IS NULL AND status = 'failed' AND reason = 'ambiguous'";

const DISABLED: &str = "
    SELECT count(*) FROM users
    WHERE job = ? AND is_open IS NULL AND status = 'removed' AND active_before = 1
          AND active_after = 0";

/// A line that a retry tries, with what writes may have done to its user.
#[derive(FromRow)]
struct TriedLine {
    line: Line,
    effect: Effect,
}

impl Placed for TriedLine {
    type Place = Line;

    fn place(&self) -> Line {
        self.line
    }
}

/// The lines with one status that a retry tries. A name that several users have is not tried, because it is still
/// not known which user is meant.
macro_rules! tried_lines {
    ($database:ident) => {
        concat!(
            "FROM users
             WHERE job = ?1 AND is_open IS NULL AND status = ?2 AND line > ?4
                   AND coalesce(reason, '') <> 'ambiguous'
                   AND (user_id IS NOT NULL OR name_key IS NOT NULL)
                   AND (status <> 'failed' OR ?3 = '[]'
                        OR reason IN (SELECT value FROM ",
            given!($database, "?3", "text"),
            "))"
        )
    };
}

macro_rules! tried_page {
    ($database:ident) => {
        concat!(
            "SELECT line, effect ",
            tried_lines!($database),
            " ORDER BY line LIMIT ?5"
        )
    };
}

macro_rules! tried_count {
    ($database:ident) => {
        concat!(
            "SELECT count(*), count(*) FILTER (WHERE effect <> 'none') ",
            tried_lines!($database)
        )
    };
}

const TRIED_LINES: Sql = twin!(tried_page);

const TRIED_COUNT: Sql = twin!(tried_count);

/// What a retry tries: lines that failed for one of the reasons, or for any if there are none. The reason
/// `not_found` means users that the provider did not know.
struct Tried<'a> {
    job: &'a Job,
    statuses: Vec<Status>,
    /// The codes of the reasons.
    codes: Vec<&'static str>,
}

impl<'a> Tried<'a> {
    fn new(job: &'a Job, reasons: &[Reason]) -> Self {
        let mut statuses = vec![Status::Failed];
        if reasons.contains(&Reason::NotFound) {
            statuses.push(Status::NotFound);
        }
        Self {
            job,
            statuses,
            codes: reasons.iter().map(|reason| reason.as_str()).collect(),
        }
    }

    /// How many lines there are, and how many of them name a user that was written before.
    async fn count(&self, connection: &mut SqlConnection) -> Result<(u64, u64), LedgerError> {
        let (mut lines, mut written) = (0, 0);
        for status in &self.statuses {
            let counts = query(TRIED_COUNT)
                .bind(self.job.number)
                .bind(status)
                .bind(Json(&self.codes))
                .bind(Line(0))
                .fetch_one(&mut *connection);
            let (Count(of_status), Count(of_written)): (Count, Count) = counts.await?;
            lines += of_status;
            written += of_written;
        }
        Ok((lines, written))
    }

    /// Opens the lines that fit, page by page, with an event for each. If the lines were never written, what was
    /// seen of their users is forgotten.
    async fn open(
        &self,
        connection: &mut SqlConnection,
        run: &NewRun,
        at: Timestamp,
        are_written: bool,
    ) -> Result<(), LedgerError> {
        let why = if are_written {
            "to be tried again"
        } else {
            "to be looked up again by a retry"
        };
        for status in &self.statuses {
            let mut pages = Pages::of_lines();
            loop {
                let page = pages.next(async |after, limit| {
                    query(TRIED_LINES)
                        .bind(self.job.number)
                        .bind(status)
                        .bind(Json(&self.codes))
                        .bind(after)
                        .bind(Count::limit(limit))
                        .fetch_all(&mut *connection)
                        .await
                });
                let page: Option<Vec<TriedLine>> = page.await?;
                let Some(page) = page else { break };
                let entries: Vec<_> = page
                    .into_iter()
                    .filter(|tried| (tried.effect != Effect::None) == are_written)
                    .map(|tried| opened(tried.line, at, tried.effect, why))
                    .collect();
                let job = self.job;
                record(connection, job.number, run.number, job.ids, &entries).await?;
                if !are_written {
                    let lines: Vec<_> = entries.iter().map(|entry| entry.line).collect();
                    forget_lines(connection, job, run, at, &lines).await?;
                }
            }
        }
        Ok(())
    }
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
        let (lines, _) = Tried::new(job, reasons).count(&mut self.connection).await?;
        Ok(lines)
    }

    /// Lines that failed because several users have their name: they are never tried again.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn ambiguous(&mut self, job: &Job) -> Result<u64, LedgerError> {
        let Count(users) = query_scalar(AMBIGUOUS)
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
        let mut transaction = self.begin(job.number).await?;
        for sql in [COUNT_RETRY, FORGET_NUMBER] {
            query(sql)
                .bind(job.number)
                .execute(&mut transaction)
                .await?;
        }
        forget_look_up(&mut transaction, job).await?;
        Tried::new(job, reasons)
            .open(&mut transaction, run, now, false)
            .await?;
        transaction.commit().await?;
        self.job(job.number).await
    }

    /// How many failed users were written before: a retry for these reasons writes them again.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn written_before(
        &mut self,
        job: &Job,
        reasons: &[Reason],
    ) -> Result<u64, LedgerError> {
        let (_, written) = Tried::new(job, reasons).count(&mut self.connection).await?;
        Ok(written)
    }

    /// Users that were active before the job, and that it has disabled.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn disabled(&mut self, job: &Job) -> Result<u64, LedgerError> {
        let Count(users) = query_scalar(DISABLED)
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
        let mut transaction = self.begin(job.number).await?;
        query(STORE_NUMBER)
            .bind(Count(retry.users))
            .bind(Count(retry.active))
            .bind(Count(retry.disabled))
            .bind(run.number)
            .bind(job.number)
            .execute(&mut transaction)
            .await?;
        let body = EventBody::RetryConfirmed {
            active: retry.active,
            to_write: retry.users,
        };
        let confirmed = NewEvent::new(None, now, &body);
        append_events(&mut transaction, job.number, Some(run.number), &[confirmed]).await?;
        if let Some(reasons) = reasons {
            Tried::new(job, reasons)
                .open(&mut transaction, run, now, true)
                .await?;
        }
        transaction.commit().await?;
        self.job(job.number).await
    }

    /// A retry has come to its end: the next one has a number of its own.
    ///
    /// # Errors
    /// The ledger cannot be written, for example on a full disk. Then nothing of this is stored.
    pub async fn end_retry(&mut self, job: &Job) -> Result<(), LedgerError> {
        query(FORGET_NUMBER)
            .bind(job.number)
            .execute(&mut self.connection)
            .await?;
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
        for sql in [TRIED_LINES, TRIED_COUNT, AMBIGUOUS.into(), DISABLED.into()] {
            bed.ledger.assert_found_by("users_closed", sql).await;
        }
    }
}
