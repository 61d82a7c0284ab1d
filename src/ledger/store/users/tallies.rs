//! How many lines of a job are in each state, and how often each finding was made.

use std::collections::BTreeMap;

use crate::domain::{Reason, Status};
use crate::ledger::sql::{Count, Sql, SqlConnection, given, query, query_scalar, twin};
use crate::ledger::{Counts, Job, Ledger, LedgerError, NewRun, Reader, UserRow, WorkLeft};

/// Counted in the indexes. Of the open lines only those that were claimed are read: the others are pending.
const COUNTS: &str = "
    WITH claimed AS (
        SELECT count(*) FILTER (WHERE status = 'claimed') AS in_flight,
               count(*) FILTER (WHERE status = 'in_doubt') AS in_doubt
        FROM users
        WHERE job = ?1 AND is_open = 1
              AND line <= (SELECT claimed_to FROM jobs WHERE number = ?1)),
    open AS (SELECT count(*) AS lines FROM users WHERE job = ?1 AND is_open = 1)
    SELECT status, count(*) AS lines FROM users WHERE job = ?1 AND is_open IS NULL GROUP BY status
    UNION ALL SELECT 'claimed', in_flight FROM claimed
    UNION ALL SELECT 'in_doubt', in_doubt FROM claimed
    UNION ALL SELECT 'pending', lines - in_flight - in_doubt FROM open, claimed";

const IS_OPEN: &str = "SELECT EXISTS (SELECT 1 FROM users WHERE job = ? AND is_open = 1)";

const OPEN: &str = "SELECT count(*) FROM users WHERE job = ? AND is_open = 1";

const PROTECTED_IN_RUN: &str = "
    SELECT count(*) FROM users
    WHERE job = ? AND is_open IS NULL AND status = 'protected' AND run = ?";

const REJECTED: &str =
    "SELECT count(*) FROM users WHERE job = ? AND is_open IS NULL AND status = 'invalid'";

const SET_ASIDE: &str = "
    SELECT count(*) FROM users
    WHERE job = ? AND is_open IS NULL AND status IN ('invalid', 'duplicate')";

macro_rules! failed_for {
    ($database:ident) => {
        concat!(
            "SELECT count(*) FROM users
             WHERE job = ?1 AND is_open IS NULL AND status = 'failed'
                   AND reason IN (SELECT value FROM ",
            given!($database, "?2", "text"),
            ")"
        )
    };
}

const FAILED_FOR: Sql = twin!(failed_for);

const FINDINGS: &str = "
    SELECT verified, count(*) AS lines FROM users
    WHERE job = ? AND verified IS NOT NULL GROUP BY verified";

/// The lines of a roster that could not be used.
#[derive(Debug)]
pub struct RejectedLines {
    /// How many there are.
    pub lines: u64,
    /// The first of them.
    pub first: Vec<UserRow>,
}

impl Ledger {
    /// How many lines of a job are in each state.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn counts(&mut self, job: &Job) -> Result<Counts, LedgerError> {
        counts(&mut self.connection, job).await
    }

    /// How many users of a job have failed for one of these reasons.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn failed_for(&mut self, job: &Job, reasons: &[Reason]) -> Result<u64, LedgerError> {
        if reasons.is_empty() {
            return Ok(0);
        }
        let codes: Vec<_> = reasons.iter().map(|reason| reason.as_str()).collect();
        let Count(users) = query_scalar(FAILED_FOR)
            .bind(job.number)
            .bind(serde_json::json!(codes).to_string())
            .fetch_one(&mut self.connection)
            .await?;
        Ok(users)
    }

    /// Whether a run still has to deal with a line of the job.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn is_open(&mut self, job: &Job) -> Result<bool, LedgerError> {
        is_open(&mut self.connection, job).await
    }

    /// The lines of the roster that could not be used, and the first `limit` of them.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn rejected(
        &mut self,
        job: &Job,
        limit: usize,
    ) -> Result<RejectedLines, LedgerError> {
        let Count(lines) = query_scalar(REJECTED)
            .bind(job.number)
            .fetch_one(&mut self.connection)
            .await?;
        let first = self.lines_with(job, &[Status::Invalid], limit).await?;
        Ok(RejectedLines { lines, first })
    }

    /// How many users this run has found to be protected.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn protected_in(&mut self, run: &NewRun) -> Result<u64, LedgerError> {
        let Count(users) = query_scalar(PROTECTED_IN_RUN)
            .bind(run.job)
            .bind(run.number)
            .fetch_one(&mut self.connection)
            .await?;
        Ok(users)
    }

    /// How many users the job has, and how many of them are left. Lines that are done with are not read for this:
    /// it is asked before the first write.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn work_left(&mut self, job: &Job) -> Result<WorkLeft, LedgerError> {
        let mut counts = [0; 2];
        for (count, sql) in counts.iter_mut().zip([OPEN, SET_ASIDE]) {
            let Count(lines) = query_scalar(sql)
                .bind(job.number)
                .fetch_one(&mut self.connection)
                .await?;
            *count = lines;
        }
        let [open, set_aside] = counts;
        Ok(WorkLeft {
            users: job.lines.saturating_sub(set_aside),
            open,
        })
    }
}

impl Reader {
    /// Whether a run still has to deal with a line of the job.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn is_open(&mut self, job: &Job) -> Result<bool, LedgerError> {
        is_open(&mut self.connection, job).await
    }

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
        let rows: Vec<(String, Count)> = query(FINDINGS)
            .bind(job.number)
            .fetch_all(&mut self.connection)
            .await?;
        Ok(rows
            .into_iter()
            .map(|(word, Count(lines))| (word, lines))
            .collect())
    }
}

async fn counts(connection: &mut SqlConnection, job: &Job) -> Result<Counts, LedgerError> {
    let rows: Vec<(Status, Count)> = query(COUNTS).bind(job.number).fetch_all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|(status, Count(lines))| (status, lines))
        .filter(|(_, lines)| *lines > 0)
        .collect())
}

async fn is_open(connection: &mut SqlConnection, job: &Job) -> Result<bool, LedgerError> {
    let is_open = query_scalar(IS_OPEN)
        .bind(job.number)
        .fetch_one(connection)
        .await?;
    Ok(is_open)
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
        for sql in [COUNTS, IS_OPEN, OPEN] {
            bed.ledger.assert_found_by("users_open", sql).await;
        }
        for sql in [COUNTS, SET_ASIDE, REJECTED, PROTECTED_IN_RUN] {
            bed.ledger.assert_found_by("users_closed", sql).await;
        }
        bed.ledger.assert_found_by("users_verified", FINDINGS).await;
        // Lines are counted without reading them.
        for sql in [OPEN, SET_ASIDE] {
            let plan = bed.ledger.query_plan(sql).await.join("; ");
            assert!(plan.contains("COVERING INDEX"), "{sql}: {plan}");
        }
    }
}
