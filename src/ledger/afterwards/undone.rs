//! What undo jobs have given back of what a job took: one rule, for everything that speaks of it.
//!
//! An undo is a job of its own. Its lines keep the numbers of the parent's lines, and each has a goal of
//! its own: the state that it gives back. So the state of the parent's user follows from both rows. The
//! numbers of their runs, which grow in the order in which runs begin, decide which of the two wrote
//! last; the clock does not.

use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::{Row, SqliteConnection};

use crate::domain::{JobId, Line, Timestamp};
use crate::ledger::job::{read_job, time, unsigned};
use crate::ledger::record::{EventRow, append_events};
use crate::ledger::{Job, Ledger, LedgerError, NewRun, Reader};

/// A column of the last undo that has dealt with a user of the parent since the parent last touched
/// that user; `NULL` if there is none. The outer query reads the parent's lines from `users`.
///
/// A user for whom a later attempt of the parent failed, and who was then seen to have all that was
/// there before the job, still has what the undo gave back.
macro_rules! last_undo {
    ($column:literal) => {
        concat!(
            "(SELECT ",
            $column,
            " FROM jobs AS undo CROSS JOIN users AS back
                 ON back.job = undo.number AND back.line = users.line
              WHERE undo.parent = users.job AND back.status NOT IN ('pending', 'claimed')
                    AND (users.run < back.run
                         OR users.status = 'failed' AND users.active_after IS NOT NULL
                            AND users.active_after IS users.active_before
                            AND users.workspaces_after IS users.workspaces_before)
              ORDER BY undo.number DESC LIMIT 1)"
        )
    };
}

/// Whether an undo has given a user of the parent back what was taken, and the parent has not touched
/// the user since.
macro_rules! is_given_back {
    () => {
        concat!(
            "coalesce(",
            $crate::ledger::afterwards::undone::last_undo!(
                "back.status IN ('restored', 'already')"
            ),
            ", 0)"
        )
    };
}

pub(in crate::ledger) use {is_given_back, last_undo};

/// What undo jobs have given back of what a job took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    /// The undo jobs that were begun, in the order in which they were made.
    pub jobs: Vec<UndoneBy>,
    /// Users from whom the job has taken something, or may have.
    pub taken: u64,
    /// Of these, the ones who have back what was taken, and were not written by the job since.
    pub given_back: u64,
    /// Of these, the ones who were last looked at by `verify` before they were given it back.
    pub verified_before: u64,
}

/// One undo job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoneBy {
    /// Its id.
    pub id: JobId,
    /// When it last dealt with a user.
    pub at: Timestamp,
    /// Users who have back what was taken by this undo.
    pub given_back: u64,
    /// Whether it has nothing left to do.
    pub finished: bool,
}

/// What the last undo has done for the user of one line.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct UndoMark {
    /// The undo job's id.
    pub job: String,
    /// How the user ended there.
    pub outcome: String,
    /// The code of why, where there is one.
    pub reason: Option<String>,
    /// When, as milliseconds since 1970.
    at_ms: Option<i64>,
}

impl UndoMark {
    /// When the user had that outcome.
    pub fn at(&self) -> Option<Timestamp> {
        self.at_ms.map(Timestamp::from_millis)
    }
}

impl Ledger {
    /// What undo jobs have given back of what this job took; `None` if no undo of it was begun.
    pub async fn undone(&mut self, job: &Job) -> Result<Option<Undone>, LedgerError> {
        undone(&mut self.connection, job).await
    }

    /// The jobs that take back what `parent` took, in the order in which they were made.
    pub async fn undos_of(&mut self, parent: &Job) -> Result<Vec<Job>, LedgerError> {
        let rows = sqlx::query("SELECT * FROM jobs WHERE parent = ? ORDER BY number")
            .bind(parent.number)
            .fetch_all(&mut self.connection)
            .await?;
        rows.iter().map(read_job).collect()
    }

    /// Whether the parent has written, or settled, a user since this undo was loaded.
    pub async fn is_outdated(&mut self, undo: &Job) -> Result<bool, LedgerError> {
        // Events are numbered in the order in which they are stored, over all jobs.
        let outdated = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM events WHERE job = ?1 AND kind IN ('begun', 'settled')
                 AND number > (SELECT min(number) FROM events WHERE job = ?2))",
        )
        .bind(undo.parent)
        .bind(undo.number)
        .fetch_one(&mut self.connection)
        .await?;
        Ok(outdated)
    }
}

impl Reader {
    /// What undo jobs have given back of what this job took; `None` if no undo of it was begun.
    pub async fn undone(&mut self, job: &Job) -> Result<Option<Undone>, LedgerError> {
        undone(&mut self.connection, job).await
    }

    /// What undo jobs have done last for the users of the lines after `after` and up to `last`.
    pub async fn undo_marks(
        &mut self,
        job: &Job,
        after: Line,
        last: Line,
    ) -> Result<Vec<(Line, UndoMark)>, LedgerError> {
        let rows = sqlx::query(concat!(
            "SELECT line, mark FROM (SELECT line, ",
            last_undo!(
                "json_object('job', undo.id, 'outcome', back.status, 'reason', back.reason,
                             'at_ms', back.done_at_ms)"
            ),
            " AS mark FROM users WHERE job = ? AND line > ? AND line <= ?)
             WHERE mark IS NOT NULL ORDER BY line",
        ))
        .bind(job.number)
        .bind(i64::try_from(after.0).unwrap_or(i64::MAX))
        .bind(i64::try_from(last.0).unwrap_or(i64::MAX))
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter()
            .map(|row| {
                let mark: String = row.try_get("mark")?;
                let mark =
                    serde_json::from_str(&mark).map_err(|_| LedgerError::value("undo", mark))?;
                Ok((Line(unsigned(row, "line")?), mark))
            })
            .collect()
    }
}

async fn undone(
    connection: &mut SqliteConnection,
    job: &Job,
) -> Result<Option<Undone>, LedgerError> {
    let mut jobs = begun_undos(connection, job).await?;
    if jobs.is_empty() {
        return Ok(None);
    }
    let rows = sqlx::query(concat!(
        "SELECT undo, count(*) AS users, coalesce(sum(verified_run < undo_run), 0) AS before
         FROM (SELECT verified_run, ",
        last_undo!("undo.id"),
        " AS undo, ",
        last_undo!("back.run"),
        " AS undo_run FROM users WHERE job = ? AND ",
        is_given_back!(),
        ") GROUP BY undo",
    ))
    .bind(job.number)
    .fetch_all(&mut *connection)
    .await?;
    let (mut given_back, mut verified_before) = (0, 0);
    for row in &rows {
        let (id, users): (String, _) = (row.try_get("undo")?, unsigned(row, "users")?);
        given_back += users;
        verified_before += unsigned(row, "before")?;
        if let Some(undo) = jobs.iter_mut().find(|undo| undo.id.as_str() == id) {
            undo.given_back = users;
        }
    }
    // An undo names only users from whom something was taken, as far as was known.
    let row = sqlx::query(
        "SELECT count(*) AS taken FROM (
             SELECT line FROM users WHERE job = ?1 AND status = 'removed'
             UNION
             SELECT back.line FROM jobs AS undo CROSS JOIN users AS back ON back.job = undo.number
             WHERE undo.parent = ?1)",
    )
    .bind(job.number)
    .fetch_one(connection)
    .await?;
    Ok(Some(Undone {
        jobs,
        taken: unsigned(&row, "taken")?,
        given_back,
        verified_before,
    }))
}

/// The undo jobs that have written, or that had nothing to write. One that was only planned has undone
/// nothing.
async fn begun_undos(
    connection: &mut SqliteConnection,
    job: &Job,
) -> Result<Vec<UndoneBy>, LedgerError> {
    let rows = sqlx::query(
        "SELECT undo.id, undo.created_at_ms, max(back.done_at_ms) AS at_ms,
                max(back.status IN ('pending', 'claimed', 'in_doubt')) AS is_open
         FROM jobs AS undo CROSS JOIN users AS back ON back.job = undo.number
         WHERE undo.parent = ? GROUP BY undo.number
         HAVING NOT is_open OR EXISTS (
             SELECT 1 FROM runs WHERE runs.job = undo.number AND kind = 'run')
         ORDER BY undo.number",
    )
    .bind(job.number)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let created_at = Timestamp::from_millis(row.try_get("created_at_ms")?);
            let open: bool = row.try_get("is_open")?;
            Ok(UndoneBy {
                id: JobId::from_stored(row.try_get("id")?),
                at: time(row, "at_ms")?.unwrap_or(created_at),
                given_back: 0,
                finished: !open,
            })
        })
        .collect()
}

/// Stores in the chain of the parent what a run of its undo has come to: the undo job, its users by how
/// they ended, and where its own chain ends. Nothing is stored for any other run.
pub(in crate::ledger) async fn tell_parent(
    connection: &mut SqliteConnection,
    run: &NewRun,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let undo = sqlx::query(
        "SELECT jobs.id, parent, (SELECT hash FROM events WHERE job = jobs.number
                                  ORDER BY number DESC LIMIT 1) AS head
         FROM runs JOIN jobs ON jobs.number = runs.job
         WHERE runs.number = ? AND kind = 'run' AND parent IS NOT NULL",
    )
    .bind(run.number)
    .fetch_optional(&mut *connection)
    .await?;
    let Some(undo) = undo else {
        return Ok(());
    };
    let counts = sqlx::query(
        "SELECT status, count(*) AS users FROM users WHERE job = ? GROUP BY status ORDER BY status",
    )
    .bind(run.job)
    .fetch_all(&mut *connection)
    .await?;
    let mut users = serde_json::Map::new();
    for row in &counts {
        let status = crate::ledger::view::status(row)?.reported();
        let known = users.get(status.as_str()).and_then(Value::as_u64);
        let sum = known.unwrap_or_default() + unsigned(row, "users")?;
        users.insert(status.as_str().to_owned(), sum.into());
    }
    let (id, head): (String, Option<String>) = (undo.try_get("id")?, undo.try_get("head")?);
    let undone = EventRow {
        line: None,
        at: now,
        kind: "undone",
        body: json!({ "undo": id, "users": users, "head": head }).to_string(),
    };
    append_events(connection, undo.try_get("parent")?, None, &[undone]).await?;
    Ok(())
}
