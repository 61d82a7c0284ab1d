//! Verification: which users have still to be read again, and what was found.

use std::borrow::Cow;
use std::collections::BTreeMap;

use sqlx::FromRow;

use crate::domain::{Finding, Goal, Line, Status, UserState};
use crate::ledger::record::{EventBody, NewEvent};
use crate::ledger::sql::{
    Count, Json, Nullable, Sql, SqlConnection, query, query_scalar, row_as_json, twin,
};
use crate::ledger::store::events::append_events;
use crate::ledger::store::jobs::{is_given_back, last_undo};
use crate::ledger::store::looks::place;
use crate::ledger::store::users::user_columns::{user_columns, user_row};
use crate::ledger::store::users_of_given;
use crate::ledger::{Counts, Job, Ledger, LedgerError, NewRun, Reader, UserRow};

/// The users of a job whose state is known, as far as the ledger goes: those that the job brought to the
/// wanted state, and those that an undo gave back what the job took.
macro_rules! verifiable {
    () => {
        concat!(
            "user_id IS NOT NULL AND (status IN ('removed', 'restored', 'already') OR ",
            is_given_back!(),
            ")"
        )
    };
}

/// Whether nothing has happened to a user since the user was last read again: neither the job nor
/// an undo of it has written the user.
macro_rules! is_latest_finding {
    () => {
        concat!(
            "verified_run >= run AND NOT coalesce(",
            last_undo!("back.status IN ('restored', 'already') AND back.run > users.verified_run"),
            ", FALSE)"
        )
    };
}

/// A user that a verification has still to read.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct UnverifiedUser {
    /// The roster line.
    pub line: Line,
    /// The user.
    pub user_id: String,
    /// What the user is to have, where the change of the job does not say.
    #[sqlx(try_from = "Nullable<Json<Goal>>")]
    pub goal: Option<Goal>,
    /// Whether that is what an undo of the job has given back.
    pub given_back: bool,
}

const TO_VERIFY: &str = concat!(
    "SELECT line, user_id, given_back, CASE WHEN given_back THEN goal_of_undo ELSE goal END AS goal
     FROM (
         SELECT line, user_id, goal, ",
    is_given_back!(),
    " AS given_back, ",
    last_undo!("back.goal"),
    " AS goal_of_undo
         FROM users WHERE job = ? AND line > ? AND ",
    verifiable!(),
    " AND verified_run IS DISTINCT FROM ?) AS rest
     ORDER BY line LIMIT ?",
);

const TO_VERIFY_COUNT: &str = concat!(
    "SELECT count(*) FROM users WHERE job = ?1 AND ",
    verifiable!(),
    " AND (?2 IS NULL OR verified_run IS DISTINCT FROM ?2)",
);

/// A user that a verification has still to read, and that the provider has shown in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchedUser {
    /// The roster line.
    pub line: Line,
    /// What the user is to have, where the change of the job does not say.
    pub goal: Option<Goal>,
    /// Whether that is what an undo of the job has given back.
    pub given_back: bool,
    /// The place among the users that were shown.
    pub nth: usize,
}

/// The columns of a [`MatchedUser`].
#[derive(FromRow)]
struct MatchColumns {
    line: Line,
    #[sqlx(try_from = "Count")]
    nth: u64,
    #[sqlx(try_from = "Nullable<Json<Goal>>")]
    goal: Option<Goal>,
    given_back: bool,
}

macro_rules! match_to_verify {
    ($database:ident) => {
        concat!(
            "SELECT line, nth, given_back,
                    CASE WHEN given_back THEN goal_of_undo ELSE goal END AS goal FROM (
                 SELECT line, goal, given.key AS nth, ",
            is_given_back!(),
            " AS given_back, ",
            last_undo!("back.goal"),
            " AS goal_of_undo
                 FROM ",
            users_of_given!(
                $database,
                "?2",
                "text",
                "job = ?1 AND user_key = given.value"
            ),
            " AND ",
            verifiable!(),
            " AND verified_run IS DISTINCT FROM ?3) AS rest
             ORDER BY line, nth",
        )
    };
}

const MATCH_TO_VERIFY: Sql = twin!(match_to_verify);

const FINDINGS_OF_RUN: &str = "
    SELECT verified, count(*) FROM users
    WHERE job = ? AND verified IS NOT NULL AND verified_run = ? GROUP BY verified";

const STORE_RESULT: &str = "UPDATE runs SET result = ? WHERE number = ?";

macro_rules! verified_lines {
    ($database:ident) => {
        concat!(
            "SELECT ",
            row_as_json!($database, user_columns!()),
            " FROM users WHERE job = ? AND verified_run = ? AND verified = ? ORDER BY line LIMIT ?"
        )
    };
}

const VERIFIED_LINES: Sql = twin!(verified_lines);

const NOT_VERIFIABLE: &str = concat!(
    "SELECT status, count(*) FROM users
     WHERE job = ? AND status NOT IN ('protected', 'invalid', 'duplicate') AND NOT (",
    verifiable!(),
    ") GROUP BY status",
);

const DRIFT: &str = concat!(
    "SELECT verified, count(*) FROM users
     WHERE job = ? AND verified IN ('drifted', 'unread') AND ",
    verifiable!(),
    " AND ",
    is_latest_finding!(),
    " GROUP BY verified",
);

macro_rules! drifted_lines {
    ($database:ident) => {
        concat!(
            "SELECT ",
            row_as_json!($database, user_columns!()),
            " FROM users WHERE job = ?1 AND verified IN ('drifted', 'unread') AND line IN (
                 SELECT line FROM users WHERE job = ?1 AND ",
            verifiable!(),
            " AND ",
            is_latest_finding!(),
            ") ORDER BY verified, line LIMIT ?2"
        )
    };
}

const DRIFTED_LINES: Sql = twin!(drifted_lines);

/// What a person has to look at comes first: failed, in doubt, changed since, not found, invalid; then what has no
/// outcome yet or was left alone; then all others.
const BY_URGENCY: &str = concat!(
    "SELECT line, status FROM users WHERE job = ?1
     ORDER BY CASE WHEN status = 'failed' THEN 0
                   WHEN status IN ('in_doubt', 'claimed') THEN 1
                   WHEN verified IN ('drifted', 'unread') AND ",
    verifiable!(),
    " AND ",
    is_latest_finding!(),
    "              THEN 2
                   WHEN status = 'not_found' THEN 3
                   WHEN status = 'invalid' THEN 4
                   WHEN status = 'pending' THEN 5
                   WHEN status = 'protected' THEN 6
                   ELSE 7 END, line
     LIMIT ?2"
);

impl Ledger {
    /// How many users of a job can be verified, and were not read by this run.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn to_verify(&mut self, job: &Job, run: Option<&NewRun>) -> Result<u64, LedgerError> {
        let Count(users) = query_scalar(TO_VERIFY_COUNT)
            .bind(job.number)
            .bind(run.map(|run| run.number))
            .fetch_one(&mut self.connection)
            .await?;
        Ok(users)
    }

    /// The next of them, in the order of their lines.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn next_to_verify(
        &mut self,
        job: &Job,
        run: &NewRun,
        after: Line,
        limit: usize,
    ) -> Result<Vec<UnverifiedUser>, LedgerError> {
        let users = query(TO_VERIFY)
            .bind(job.number)
            .bind(after)
            .bind(run.number)
            .bind(Count::limit(limit))
            .fetch_all(&mut self.connection)
            .await?;
        Ok(users)
    }

    /// Which of these users this run has still to read, and what each of them is to have.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn match_to_verify(
        &mut self,
        job: &Job,
        run: &NewRun,
        users: &[UserState],
    ) -> Result<Vec<MatchedUser>, LedgerError> {
        let keys: Vec<_> = users.iter().map(|user| job.ids.key(&user.id)).collect();
        let mut rows: Vec<MatchColumns> = query(MATCH_TO_VERIFY)
            .bind(job.number)
            .bind(Json(keys))
            .bind(run.number)
            .fetch_all(&mut self.connection)
            .await?;
        // A list may show a user twice.
        rows.dedup_by_key(|row| row.line);
        rows.into_iter()
            .map(|row| {
                Ok(MatchedUser {
                    line: row.line,
                    goal: row.goal,
                    given_back: row.given_back,
                    nth: place(row.nth, users)?,
                })
            })
            .collect()
    }

    /// The users of a job that cannot be verified, since they are not as the job wants them as far as is
    /// known: pending, in doubt, failed or not found.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn not_verifiable(&mut self, job: &Job) -> Result<Counts, LedgerError> {
        not_verifiable(&mut self.connection, job).await
    }

    /// Called when all users were read: counts the findings, and stores the counts with the run.
    ///
    /// # Errors
    /// The ledger cannot be written, or holds a finding that this version does not know. Then nothing of this
    /// is stored.
    pub async fn conclude(
        &mut self,
        job: &Job,
        run: &NewRun,
    ) -> Result<BTreeMap<Finding, u64>, LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.begin(job.number).await?;
        let findings: Vec<(Finding, Count)> = query(FINDINGS_OF_RUN)
            .bind(job.number)
            .bind(run.number)
            .fetch_all(&mut transaction)
            .await?;
        let findings = sums(findings);
        let left_out = not_verifiable(&mut transaction, job).await?.lines();
        let words = findings
            .iter()
            .map(|(finding, users)| (Cow::Borrowed(finding.as_str()), *users))
            .chain((left_out > 0).then_some((Cow::Borrowed("not_verified"), left_out)));
        let result: BTreeMap<_, _> = words.collect();
        query(STORE_RESULT)
            .bind(Json(&result))
            .bind(run.number)
            .execute(&mut transaction)
            .await?;
        let concluded = NewEvent::new(None, now, &EventBody::VerificationEnded(result));
        append_events(&mut transaction, job.number, Some(run.number), &[concluded]).await?;
        transaction.commit().await?;
        Ok(findings)
    }

    /// The first `limit` lines for which this run has found this.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn verified_lines(
        &mut self,
        job: &Job,
        run: &NewRun,
        finding: Finding,
        limit: usize,
    ) -> Result<Vec<UserRow>, LedgerError> {
        let rows: Vec<String> = query_scalar(VERIFIED_LINES)
            .bind(job.number)
            .bind(run.number)
            .bind(finding)
            .bind(Count::limit(limit))
            .fetch_all(&mut self.connection)
            .await?;
        rows.iter().map(|row| user_row(row)).collect()
    }
}

impl Ledger {
    /// As [`Reader::drift`], by the connection that is open: at the end of a run there may be no descriptor
    /// left for another one.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn drift(&mut self, job: &Job) -> Result<BTreeMap<Finding, u64>, LedgerError> {
        drift(&mut self.connection, job).await
    }
}

impl Reader {
    /// Users that a verification found in another state than the wanted one, and users that it could not
    /// read, where nothing has happened to them since.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn drift(&mut self, job: &Job) -> Result<BTreeMap<Finding, u64>, LedgerError> {
        drift(&mut self.connection, job).await
    }

    /// The numbers of the first `limit` lines with their statuses, those first that a person has to look at: failed
    /// and in doubt before all others, then the lines in which a verification found a change, then lines without a
    /// user, then users without an outcome or left alone, then all others.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn by_urgency(
        &mut self,
        job: &Job,
        limit: usize,
    ) -> Result<Vec<(Line, Status)>, LedgerError> {
        let lines = query(BY_URGENCY)
            .bind(job.number)
            .bind(Count::limit(limit))
            .fetch_all(&mut self.connection)
            .await?;
        Ok(lines)
    }

    /// The first `limit` of these users, those first that are in another state.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn drifted_rows(
        &mut self,
        job: &Job,
        limit: usize,
    ) -> Result<Vec<UserRow>, LedgerError> {
        let rows: Vec<String> = query_scalar(DRIFTED_LINES)
            .bind(job.number)
            .bind(Count::limit(limit))
            .fetch_all(&mut self.connection)
            .await?;
        rows.iter().map(|row| user_row(row)).collect()
    }
}

async fn drift(
    connection: &mut SqlConnection,
    job: &Job,
) -> Result<BTreeMap<Finding, u64>, LedgerError> {
    let findings = query(DRIFT).bind(job.number).fetch_all(connection).await?;
    Ok(sums(findings))
}

fn sums(findings: Vec<(Finding, Count)>) -> BTreeMap<Finding, u64> {
    let sums = findings.into_iter();
    sums.map(|(finding, Count(users))| (finding, users))
        .collect()
}

async fn not_verifiable(connection: &mut SqlConnection, job: &Job) -> Result<Counts, LedgerError> {
    let counts: Vec<(Status, Count)> = query(NOT_VERIFIABLE)
        .bind(job.number)
        .fetch_all(connection)
        .await?;
    let counts = counts.into_iter();
    Ok(counts
        .map(|(status, Count(users))| (status, users))
        .collect())
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
        for sql in [VERIFIED_LINES] {
            bed.ledger.assert_found_by("users_verified", sql).await;
        }
    }
}
