//! What undo jobs have given back of what a job took: one rule for all statements.
//!
//! An undo is a job of its own. Its lines keep the numbers of the parent's lines, and each has a goal of
//! its own: the state that it gives back. So the state of the parent's user follows from both rows. The
//! numbers of their runs, which grow in the order in which runs begin, decide which of the two wrote
//! last; the clock does not.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use sqlx::FromRow;

use crate::domain::{JobId, Line, Status, Timestamp};
use crate::ledger::record::{EventBody, NewEvent};
use crate::ledger::sql::{
    Count, Json, Sql, SqlConnection, object_as_json, query, query_scalar, twin,
};
use crate::ledger::store::events::append_events;
use crate::ledger::store::users::open_statuses;
use crate::ledger::store::users_of_given;
use crate::ledger::{Job, Ledger, LedgerError, NewRun, Reader, UserRow};

/// Whether an undo was begun: a run has worked on it, or it had nothing to write. One that was only planned, and never
/// confirmed, has undone nothing, whatever its look-up has found. The outer query calls the undo job `undo`.
macro_rules! has_begun {
    () => {
        "(EXISTS (SELECT 1 FROM runs WHERE runs.job = undo.number AND runs.kind = 'run')
          OR NOT EXISTS (SELECT 1 FROM users AS rest
                         WHERE rest.job = undo.number AND rest.is_open = 1))"
    };
}

/// A column of the last undo that has dealt with a user of the parent since the parent last touched
/// that user; `NULL` if there is none. The outer query reads the parent's lines from `users`.
///
/// A user for which a later attempt of the parent failed, and that was then seen to have all that was
/// there before the job, still has what the undo gave back.
macro_rules! last_undo {
    ($column:expr) => {
        concat!(
            "(SELECT ",
            $column,
            " FROM jobs AS undo CROSS JOIN users AS back
              WHERE back.job = undo.number AND back.line = users.line
                    AND undo.parent = users.job AND back.status NOT IN ('pending', 'claimed')
                    AND ",
            $crate::ledger::store::jobs::has_begun!(),
            "
                    AND (users.run < back.run
                         OR users.status = 'failed' AND users.active_after IS NOT NULL
                            AND users.active_after IS NOT DISTINCT FROM users.active_before
                            AND users.workspaces_after IS NOT DISTINCT FROM users.workspaces_before)
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
            $crate::ledger::store::jobs::last_undo!("back.status IN ('restored', 'already')"),
            ", FALSE)"
        )
    };
}

pub(in crate::ledger::store) use {has_begun, is_given_back, last_undo};

/// What undo jobs have given back of what a job took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    /// The undo jobs that were begun, in the order in which they were made.
    pub jobs: Vec<UndoneBy>,
    /// Users from whom the job has taken something, or may have.
    pub taken: u64,
    /// Of these, the ones that have back what was taken, and were not written by the job since.
    pub given_back: u64,
    /// Of these, the ones that `verify` read last before they were given it back.
    pub verified_before: u64,
}

/// One undo job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoneBy {
    /// Its id.
    pub id: JobId,
    /// When it last dealt with a user.
    pub at: Timestamp,
    /// Users that have back, by this undo, what was taken.
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

const UNDOS: &str = "SELECT * FROM jobs WHERE parent = ? ORDER BY number";

const LATEST_UNDO: &str = "SELECT * FROM jobs WHERE parent = ? ORDER BY number DESC LIMIT 1";

// Events are numbered in the order in which they are stored, over all jobs.
const IS_OUTDATED: &str = "
    SELECT EXISTS (SELECT 1 FROM events WHERE job = ?1 AND kind IN ('begun', 'settled')
        AND number > (SELECT min(number) FROM events WHERE job = ?2))";

macro_rules! undo_marks {
    ($database:ident) => {
        concat!(
            "SELECT line, mark FROM (SELECT users.line, ",
            last_undo!(object_as_json!(
                $database,
                "'job', undo.id, 'outcome', back.status, 'reason', back.reason,
                 'at_ms', back.done_at_ms"
            )),
            " AS mark FROM ",
            users_of_given!(
                $database,
                "?2",
                "bigint",
                "users.job = ?1 AND users.line = given.value"
            ),
            "
                    AND EXISTS (SELECT 1 FROM jobs WHERE parent = ?1)) AS marks
             WHERE mark IS NOT NULL",
        )
    };
}

const UNDO_MARKS: Sql = twin!(undo_marks);

const GIVEN_BACK: &str = concat!(
    "SELECT undo, count(*) AS users, count(*) FILTER (WHERE verified_run < undo_run) AS before
     FROM (SELECT verified_run, ",
    last_undo!("undo.id"),
    " AS undo, ",
    last_undo!("back.run"),
    " AS undo_run FROM users WHERE job = ? AND ",
    is_given_back!(),
    ") AS given_back GROUP BY undo",
);

// An undo names only users from whom something was taken, as far as was known.
const TAKEN: &str = concat!(
    "
    SELECT count(*) FROM (
        SELECT line FROM users WHERE job = ?1 AND status = 'removed'
        UNION
        SELECT back.line FROM jobs AS undo CROSS JOIN users AS back
        WHERE back.job = undo.number AND undo.parent = ?1 AND ",
    has_begun!(),
    ") AS taken"
);

/// An undo job that has written, or that had nothing to write.
#[derive(FromRow)]
struct BegunUndo {
    id: JobId,
    created_at_ms: Timestamp,
    at_ms: Option<Timestamp>,
    is_open: bool,
}

const BEGUN_UNDOS: &str = concat!(
    "
    SELECT undo.id, undo.created_at_ms, max(back.done_at_ms) AS at_ms,
           count(*) FILTER (WHERE back.status IN ",
    open_statuses!(),
    ") > 0 AS is_open
    FROM jobs AS undo CROSS JOIN users AS back
    WHERE back.job = undo.number AND undo.parent = ? AND ",
    has_begun!(),
    "
    GROUP BY undo.number ORDER BY undo.number"
);

/// The undo job of a run, and the end of its chain.
#[derive(FromRow)]
struct EndedUndo {
    id: String,
    parent: i64,
    head: Option<String>,
}

const ENDED_UNDO: &str = "
    SELECT jobs.id, parent, (SELECT hash FROM events WHERE job = jobs.number
                             ORDER BY number DESC LIMIT 1) AS head
    FROM runs JOIN jobs ON jobs.number = runs.job
    WHERE runs.number = ? AND kind = 'run' AND parent IS NOT NULL";

const OUTCOMES: &str =
    "SELECT status, count(*) AS users FROM users WHERE job = ? GROUP BY status ORDER BY status";

impl Ledger {
    /// The latest job that takes back what `parent` took.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn undo_of(&mut self, parent: &Job) -> Result<Option<Job>, LedgerError> {
        let undo = query(LATEST_UNDO)
            .bind(parent.number)
            .fetch_optional(&mut self.connection)
            .await?;
        Ok(undo)
    }

    /// What undo jobs have given back of what this job took; `None` if no undo of it was begun.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn undone(&mut self, job: &Job) -> Result<Option<Undone>, LedgerError> {
        undone(&mut self.connection, job).await
    }

    /// The jobs that take back what `parent` took, in the order in which they were made.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn undos_of(&mut self, parent: &Job) -> Result<Vec<Job>, LedgerError> {
        let undos = query(UNDOS)
            .bind(parent.number)
            .fetch_all(&mut self.connection)
            .await?;
        Ok(undos)
    }

    /// Whether the parent has written, or settled, a user since this undo was loaded.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn is_outdated(&mut self, undo: &Job) -> Result<bool, LedgerError> {
        let outdated = query_scalar(IS_OUTDATED)
            .bind(undo.parent)
            .bind(undo.number)
            .fetch_one(&mut self.connection)
            .await?;
        Ok(outdated)
    }
}

impl Reader {
    /// What undo jobs have given back of what this job took; `None` if no undo of it was begun.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn undone(&mut self, job: &Job) -> Result<Option<Undone>, LedgerError> {
        undone(&mut self.connection, job).await
    }

    /// What undo jobs have done last for the users of a page of lines.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn undo_marks(
        &mut self,
        job: &Job,
        page: &[UserRow],
    ) -> Result<HashMap<Line, UndoMark>, LedgerError> {
        let lines: Vec<_> = page.iter().map(|row| row.line.0).collect();
        let rows: Vec<(Line, Json<UndoMark>)> = query(UNDO_MARKS)
            .bind(job.number)
            .bind(Json(lines))
            .fetch_all(&mut self.connection)
            .await?;
        let marks = rows.into_iter();
        Ok(marks.map(|(line, Json(mark))| (line, mark)).collect())
    }
}

async fn undone(connection: &mut SqlConnection, job: &Job) -> Result<Option<Undone>, LedgerError> {
    let mut jobs = begun_undos(connection, job).await?;
    if jobs.is_empty() {
        return Ok(None);
    }
    let rows: Vec<(String, Count, Count)> = query(GIVEN_BACK)
        .bind(job.number)
        .fetch_all(&mut *connection)
        .await?;
    let (mut given_back, mut verified_before) = (0, 0);
    for (id, Count(users), Count(before)) in rows {
        given_back += users;
        verified_before += before;
        if let Some(undo) = jobs.iter_mut().find(|undo| undo.id.as_str() == id) {
            undo.given_back = users;
        }
    }
    let Count(taken) = query_scalar(TAKEN)
        .bind(job.number)
        .fetch_one(connection)
        .await?;
    Ok(Some(Undone {
        jobs,
        taken,
        given_back,
        verified_before,
    }))
}

/// The undo jobs that have written, or that had nothing to write. One that was only planned has undone
/// nothing.
async fn begun_undos(
    connection: &mut SqlConnection,
    job: &Job,
) -> Result<Vec<UndoneBy>, LedgerError> {
    let undos: Vec<BegunUndo> = query(BEGUN_UNDOS)
        .bind(job.number)
        .fetch_all(connection)
        .await?;
    let undos = undos.into_iter().map(|undo| UndoneBy {
        id: undo.id,
        at: undo.at_ms.unwrap_or(undo.created_at_ms),
        given_back: 0,
        finished: !undo.is_open,
    });
    Ok(undos.collect())
}

/// Stores in the chain of the parent what a run of its undo has come to: the undo job, its users by how
/// they ended, and where its own chain ends. Nothing is stored for any other run.
pub(super) async fn record_in_parent(
    connection: &mut SqlConnection,
    run: &NewRun,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let undo: Option<EndedUndo> = query(ENDED_UNDO)
        .bind(run.number)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(undo) = undo else {
        return Ok(());
    };
    let counts: Vec<(Status, Count)> = query(OUTCOMES)
        .bind(run.job)
        .fetch_all(&mut *connection)
        .await?;
    let mut users = BTreeMap::new();
    for (status, Count(count)) in counts {
        let outcome = status.reported().as_str();
        *users.entry(Cow::Borrowed(outcome)).or_default() += count;
    }
    let body = EventBody::Undone {
        head: undo.head.map(Cow::Owned),
        undo: undo.id.into(),
        users,
    };
    let undone = NewEvent::new(None, now, &body);
    append_events(connection, undo.parent, None, &[undone]).await?;
    Ok(())
}
