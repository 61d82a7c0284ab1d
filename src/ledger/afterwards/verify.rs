//! Verification: who has still to be looked at again, and what was found.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, Row, SqliteConnection};

use crate::domain::{Finding, Goal, Line, UserState};
use crate::ledger::afterwards::undone::{is_given_back, last_undo};
use crate::ledger::job::{own_goal, unsigned};
use crate::ledger::look_up::place;
use crate::ledger::record::{EventRow, append_events};
use crate::ledger::view::{read_user, status};
use crate::ledger::{Counts, Job, Ledger, LedgerError, NewRun, Reader, UserRow};

/// A user who was looked at again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedRow {
    /// The roster line.
    pub line: Line,
    /// The user.
    pub user_id: Option<String>,
    /// `userName`.
    pub user_name: Option<String>,
    /// What differs.
    pub detail: Option<String>,
}

/// A user who has still to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToVerify {
    /// The roster line.
    pub line: Line,
    /// The user.
    pub user_id: String,
    /// What the user is to have, where the change of the job does not say.
    pub goal: Option<Goal>,
    /// Whether that is what an undo of the job has given back.
    pub given_back: bool,
}

/// A user who has still to be looked at, found among those whom the provider showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToMatch {
    /// The roster line.
    pub line: Line,
    /// What the user is to have, where the change of the job does not say.
    pub goal: Option<Goal>,
    /// Whether that is what an undo of the job has given back.
    pub given_back: bool,
    /// The place among those who were shown.
    pub nth: usize,
}

/// The users of a job whose state is known, as far as the ledger goes: those whom the job saw to the
/// wanted state, and those whom an undo gave back what the job took.
macro_rules! verifiable {
    () => {
        concat!(
            "user_id IS NOT NULL AND (status IN ('removed', 'restored', 'already') OR ",
            is_given_back!(),
            ")"
        )
    };
}

/// Whether nothing has happened to a user since the user was last looked at again: neither the job nor
/// an undo of it has written the user.
macro_rules! is_latest_finding {
    () => {
        concat!(
            "verified_run >= run AND NOT coalesce(",
            last_undo!("back.status IN ('restored', 'already') AND back.run > users.verified_run"),
            ", 0)"
        )
    };
}

impl Ledger {
    /// How many users of a job can be verified, and were not looked at by this run.
    pub async fn to_verify(&mut self, job: &Job, run: Option<&NewRun>) -> Result<u64, LedgerError> {
        let row = sqlx::query(concat!(
            "SELECT count(*) AS users FROM users WHERE job = ?1 AND ",
            verifiable!(),
            " AND (?2 IS NULL OR verified_run IS NOT ?2)",
        ))
        .bind(job.number)
        .bind(run.map(|run| run.number))
        .fetch_one(&mut self.connection)
        .await?;
        unsigned(&row, "users")
    }

    /// The next of them, in the order of their lines.
    pub async fn next_to_verify(
        &mut self,
        job: &Job,
        run: &NewRun,
        after: Line,
        limit: usize,
    ) -> Result<Vec<ToVerify>, LedgerError> {
        let rows = sqlx::query(concat!(
            "SELECT line, user_id, given_back, iif(given_back, goal_of_undo, goal) AS goal FROM (
                 SELECT line, user_id, goal, ",
            is_given_back!(),
            " AS given_back, ",
            last_undo!("back.goal"),
            " AS goal_of_undo
                 FROM users WHERE job = ? AND line > ? AND ",
            verifiable!(),
            " AND verified_run IS NOT ?)
             ORDER BY line LIMIT ?",
        ))
        .bind(job.number)
        .bind(i64::try_from(after.0).unwrap_or(i64::MAX))
        .bind(run.number)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(ToVerify {
                    line: Line(unsigned(row, "line")?),
                    user_id: row.try_get("user_id")?,
                    goal: own_goal(row)?,
                    given_back: row.try_get("given_back")?,
                })
            })
            .collect()
    }

    /// Which of these users have still to be looked at by this run, and what each of them is to have.
    pub async fn match_to_verify(
        &mut self,
        job: &Job,
        run: &NewRun,
        users: &[UserState],
    ) -> Result<Vec<ToMatch>, LedgerError> {
        let keys: Vec<_> = users
            .iter()
            .map(|user| job.ids.key(&user.id).into_owned())
            .collect();
        let rows = sqlx::query(concat!(
            "SELECT line, nth, given_back, iif(given_back, goal_of_undo, goal) AS goal FROM (
                 SELECT line, goal, json_each.key AS nth, ",
            is_given_back!(),
            " AS given_back, ",
            last_undo!("back.goal"),
            " AS goal_of_undo
                 FROM json_each(?2) CROSS JOIN users ON job = ?1 AND user_key = value
                 WHERE ",
            verifiable!(),
            " AND verified_run IS NOT ?3)
             GROUP BY line ORDER BY line",
        ))
        .bind(job.number)
        .bind(json!(keys).to_string())
        .bind(run.number)
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter()
            .map(|row| {
                let (line, nth) = place(row, users)?;
                Ok(ToMatch {
                    line: Line(line),
                    goal: own_goal(row)?,
                    given_back: row.try_get("given_back")?,
                    nth,
                })
            })
            .collect()
    }

    /// The users of a job who cannot be verified, since they are not as the job wants them as far as is
    /// known: pending, in doubt, failed or not found.
    pub async fn not_verifiable(&mut self, job: &Job) -> Result<Counts, LedgerError> {
        not_verifiable(&mut self.connection, job).await
    }

    /// Called when all users were read: counts the findings, and stores the counts with the run.
    pub async fn conclude(
        &mut self,
        job: &Job,
        run: &NewRun,
    ) -> Result<BTreeMap<Finding, u64>, LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        let rows = sqlx::query(
            "SELECT verified, count(*) AS users FROM users
             WHERE job = ? AND verified IS NOT NULL AND verified_run = ? GROUP BY verified",
        )
        .bind(job.number)
        .bind(run.number)
        .fetch_all(&mut *transaction)
        .await?;
        let findings = findings(&rows)?;
        let left_out = not_verifiable(&mut transaction, job).await?.lines();
        let words = findings
            .iter()
            .map(|(finding, users)| (finding.as_str().to_owned(), json!(users)))
            .chain((left_out > 0).then(|| ("not_verified".to_owned(), json!(left_out))));
        let result = Value::Object(words.collect()).to_string();
        sqlx::query("UPDATE runs SET result = ? WHERE number = ?")
            .bind(&result)
            .bind(run.number)
            .execute(&mut *transaction)
            .await?;
        let concluded = EventRow {
            line: None,
            at: now,
            kind: "verification_ended",
            body: result,
        };
        append_events(&mut transaction, job.number, Some(run.number), &[concluded]).await?;
        transaction.commit().await?;
        Ok(findings)
    }

    /// The first `limit` lines for which this run has found this.
    pub async fn verified_lines(
        &mut self,
        job: &Job,
        run: &NewRun,
        finding: Finding,
        limit: usize,
    ) -> Result<Vec<VerifiedRow>, LedgerError> {
        let rows = sqlx::query(
            "SELECT line, user_id, user_name, verified_detail FROM users
             WHERE job = ? AND verified_run = ? AND verified = ? ORDER BY line LIMIT ?",
        )
        .bind(job.number)
        .bind(run.number)
        .bind(finding.as_str())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(VerifiedRow {
                    line: Line(unsigned(row, "line")?),
                    user_id: row.try_get("user_id")?,
                    user_name: row.try_get("user_name")?,
                    detail: row.try_get("verified_detail")?,
                })
            })
            .collect()
    }
}

impl Reader {
    /// Users whom a verification found in another state than the wanted one, and users whom it could not
    /// read, where nothing has happened to them since.
    pub async fn drift(&mut self, job: &Job) -> Result<BTreeMap<Finding, u64>, LedgerError> {
        let rows = sqlx::query(concat!(
            "SELECT verified, count(*) AS users FROM users
             WHERE job = ? AND verified IN ('drifted', 'unread') AND ",
            verifiable!(),
            " AND ",
            is_latest_finding!(),
            " GROUP BY verified",
        ))
        .bind(job.number)
        .fetch_all(&mut self.connection)
        .await?;
        findings(&rows)
    }

    /// The first `limit` of these users, those first who are in another state.
    pub async fn drifted_rows(
        &mut self,
        job: &Job,
        limit: usize,
    ) -> Result<Vec<UserRow>, LedgerError> {
        let rows = sqlx::query(concat!(
            "SELECT users.*, runs.id AS run_id FROM users LEFT JOIN runs ON runs.number = users.run
             WHERE users.job = ?1 AND verified IN ('drifted', 'unread') AND line IN (
                 SELECT line FROM users WHERE job = ?1 AND ",
            verifiable!(),
            " AND ",
            is_latest_finding!(),
            ") ORDER BY verified, line LIMIT ?2",
        ))
        .bind(job.number)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter().map(read_user).collect()
    }
}

fn findings(rows: &[SqliteRow]) -> Result<BTreeMap<Finding, u64>, LedgerError> {
    rows.iter()
        .map(|row| {
            let word: String = row.try_get("verified")?;
            let finding = Finding::ALL
                .into_iter()
                .find(|finding| finding.as_str() == word)
                .ok_or_else(|| LedgerError::value("finding", word))?;
            Ok((finding, unsigned(row, "users")?))
        })
        .collect()
}

async fn not_verifiable(
    connection: &mut SqliteConnection,
    job: &Job,
) -> Result<Counts, LedgerError> {
    let rows = sqlx::query(concat!(
        "SELECT status, count(*) AS users FROM users
         WHERE job = ? AND status NOT IN ('protected', 'invalid', 'duplicate') AND NOT (",
        verifiable!(),
        ") GROUP BY status",
    ))
    .bind(job.number)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| Ok((status(row)?, unsigned(row, "users")?)))
        .collect()
}
