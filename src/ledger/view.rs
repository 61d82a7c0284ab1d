//! What people are shown: counts, runs, and the rows of a report, page by page.

mod activity;
mod events;
mod runs;

pub use activity::Activity;
pub use events::StoredEvent;
pub use runs::RunRow;

use std::collections::BTreeMap;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::domain::{Effect, IdRule, Line, Seen, Status, Timestamp, UserState};
use crate::ledger::job::{time, unsigned};
use crate::ledger::journal::{before, effect, texts};
use crate::ledger::{Job, Ledger, LedgerError, Reader};

/// How many lines of a job stand where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<Status, u64>);

impl Counts {
    /// Lines with this status.
    pub fn of(&self, status: Status) -> u64 {
        self.0.get(&status).copied().unwrap_or(0)
    }

    /// All lines.
    pub fn lines(&self) -> u64 {
        self.0.values().sum()
    }

    /// Lines that a run has still something to do for.
    pub fn open(&self) -> u64 {
        self.sum(Status::is_open)
    }

    /// Lines that keep the job from ending well.
    pub fn trouble(&self) -> u64 {
        self.sum(Status::is_trouble)
    }

    /// Lines that name a user of their own.
    pub fn users(&self) -> u64 {
        self.sum(|status| !matches!(status, Status::Invalid | Status::Duplicate))
    }

    fn sum(&self, wanted: impl Fn(Status) -> bool) -> u64 {
        self.0
            .iter()
            .filter(|(status, _)| wanted(**status))
            .map(|(_, count)| count)
            .sum()
    }
}

impl FromIterator<(Status, u64)> for Counts {
    fn from_iter<T: IntoIterator<Item = (Status, u64)>>(counts: T) -> Self {
        let mut sums = BTreeMap::new();
        for (status, count) in counts {
            *sums.entry(status).or_default() += count;
        }
        Self(sums)
    }
}

/// One roster line as the ledger knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    /// Where the record begins in the roster.
    pub line: Line,
    /// The user's id, if the line names a user.
    pub user_id: Option<String>,
    /// `userName`, from the provider or the roster.
    pub user_name: Option<String>,
    /// `displayName`, from the provider.
    pub display_name: Option<String>,
    /// What the user had when last seen before the first write.
    pub before: Option<Seen>,
    /// Where the line stands.
    pub status: Status,
    /// The code of a failure.
    pub reason: Option<String>,
    /// The provider's own words, or ours.
    pub detail: Option<String>,
    /// Whether the user was active when last shown.
    pub active_after: Option<bool>,
    /// The workspaces that the user had when last shown.
    pub workspaces_after: Option<Vec<String>>,
    /// What the writes of the job may have done.
    pub effect: Effect,
    /// Writes that left, or may have, over all runs.
    pub attempts: u64,
    /// The HTTP status of the last answer.
    pub http_status: Option<u16>,
    /// The server's name for the last request.
    pub request_id: Option<String>,
    /// When the first write was begun.
    pub first_attempt_at: Option<Timestamp>,
    /// When the user had an outcome.
    pub done_at: Option<Timestamp>,
    /// When the wanted state was shown.
    pub confirmed_at: Option<Timestamp>,
    /// What showed it.
    pub confirmed_by: Option<String>,
    /// When the user was last looked at again, and what was found (see [`crate::domain::Finding`]).
    pub verified: Option<(Timestamp, String)>,
    /// What differed then, or why nothing was shown.
    pub verified_detail: Option<String>,
    /// The hash of the last event that changed where the line stands.
    pub event_hash: Option<String>,
    /// The last run that touched the user.
    pub run_id: Option<String>,
    /// The roster's own columns.
    pub cells: Vec<String>,
}

impl UserRow {
    /// Whether a write of the job may have changed the user: one has left, and the user was not shown
    /// since to have all that was there before.
    pub fn may_be_changed(&self, ids: IdRule) -> bool {
        let Some(before) = &self.before else {
            return false;
        };
        let after = UserState {
            active: self.active_after,
            workspaces: self.workspaces_after.clone(),
            ..before.state.clone()
        };
        let is_shown = !self.status.is_open() && self.active_after.is_some();
        self.effect != Effect::None && !(is_shown && after.has_the_same(&before.state, ids))
    }
}

impl Ledger {
    /// Where the lines of a job stand.
    pub async fn counts(&mut self, job: &Job) -> Result<Counts, LedgerError> {
        counts(&mut self.connection, job).await
    }

    /// The first `limit` lines of a job with one of the given statuses.
    pub async fn lines_with(
        &mut self,
        job: &Job,
        statuses: &[Status],
        limit: usize,
    ) -> Result<Vec<UserRow>, LedgerError> {
        lines_with(&mut self.connection, job, statuses, limit).await
    }
}

impl Reader {
    /// What is read from here on until [`Reader::end_snapshot`] is the ledger of one moment, whatever
    /// is written meanwhile.
    pub async fn begin_snapshot(&mut self) -> Result<(), LedgerError> {
        sqlx::query("BEGIN").execute(&mut self.connection).await?;
        Ok(())
    }

    /// Goes on to what the ledger holds now.
    pub async fn end_snapshot(&mut self) -> Result<(), LedgerError> {
        sqlx::query("COMMIT").execute(&mut self.connection).await?;
        Ok(())
    }

    /// Where the lines of a job stand.
    pub async fn counts(&mut self, job: &Job) -> Result<Counts, LedgerError> {
        counts(&mut self.connection, job).await
    }

    /// The first `limit` lines of a job with one of the given statuses.
    pub async fn lines_with(
        &mut self,
        job: &Job,
        statuses: &[Status],
        limit: usize,
    ) -> Result<Vec<UserRow>, LedgerError> {
        lines_with(&mut self.connection, job, statuses, limit).await
    }

    /// The next `limit` lines of a job after line `after`.
    pub async fn lines(
        &mut self,
        job: &Job,
        after: Line,
        limit: usize,
    ) -> Result<Vec<UserRow>, LedgerError> {
        let rows = sqlx::query(
            "SELECT users.*, runs.id AS run_id FROM users LEFT JOIN runs ON runs.number = run
             WHERE users.job = ? AND line > ? ORDER BY line LIMIT ?",
        )
        .bind(job.number)
        .bind(i64::try_from(after.0).unwrap_or(i64::MAX))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter().map(read_user).collect()
    }
}

impl Reader {
    /// The lines with these numbers, in their order.
    pub async fn lines_at(
        &mut self,
        job: &Job,
        lines: &[u64],
    ) -> Result<Vec<UserRow>, LedgerError> {
        let rows = sqlx::query(
            "SELECT users.*, runs.id AS run_id
             FROM json_each(?2) CROSS JOIN users ON users.job = ?1 AND users.line = value
             LEFT JOIN runs ON runs.number = users.run ORDER BY line",
        )
        .bind(job.number)
        .bind(serde_json::json!(lines).to_string())
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter().map(read_user).collect()
    }

    /// What looking again has found, by the ledger's word (see [`crate::domain::Finding`]).
    pub async fn findings(&mut self, job: &Job) -> Result<BTreeMap<String, u64>, LedgerError> {
        let rows = sqlx::query(
            "SELECT verified, count(*) AS lines FROM users
             WHERE job = ? AND verified IS NOT NULL GROUP BY verified",
        )
        .bind(job.number)
        .fetch_all(&mut self.connection)
        .await?;
        rows.iter()
            .map(|row| Ok((row.try_get("verified")?, unsigned(row, "lines")?)))
            .collect()
    }
}

async fn counts(connection: &mut SqliteConnection, job: &Job) -> Result<Counts, LedgerError> {
    let rows =
        sqlx::query("SELECT status, count(*) AS lines FROM users WHERE job = ? GROUP BY status")
            .bind(job.number)
            .fetch_all(connection)
            .await?;
    rows.iter()
        .map(|row| Ok((status(row)?, unsigned(row, "lines")?)))
        .collect()
}

async fn lines_with(
    connection: &mut SqliteConnection,
    job: &Job,
    statuses: &[Status],
    limit: usize,
) -> Result<Vec<UserRow>, LedgerError> {
    let words: Vec<_> = statuses.iter().map(|status| status.as_str()).collect();
    let rows = sqlx::query(
        "SELECT users.*, runs.id AS run_id FROM users LEFT JOIN runs ON runs.number = run
         WHERE users.job = ?1 AND status IN (SELECT value FROM json_each(?2))
         ORDER BY line LIMIT ?3",
    )
    .bind(job.number)
    .bind(serde_json::json!(words).to_string())
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(connection)
    .await?;
    rows.iter().map(read_user).collect()
}

pub(super) fn read_user(row: &SqliteRow) -> Result<UserRow, LedgerError> {
    let cells: String = row.try_get("cells")?;
    let http_status: Option<i64> = row.try_get("http_status")?;
    let user_id: Option<String> = row.try_get("user_id")?;
    Ok(UserRow {
        line: Line(unsigned(row, "line")?),
        user_name: row.try_get("user_name")?,
        display_name: row.try_get("display_name")?,
        before: before(row, user_id.as_deref().unwrap_or_default())?,
        user_id,
        status: status(row)?,
        reason: row.try_get("reason")?,
        detail: row.try_get("detail")?,
        active_after: row.try_get("active_after")?,
        workspaces_after: texts(row, "workspaces_after")?,
        effect: effect(row)?,
        attempts: unsigned(row, "sent")?,
        http_status: http_status
            .map(|code| {
                u16::try_from(code).map_err(|_| LedgerError::value("status", code.to_string()))
            })
            .transpose()?,
        request_id: row.try_get("request_id")?,
        first_attempt_at: time(row, "first_attempt_at_ms")?,
        done_at: time(row, "done_at_ms")?,
        confirmed_at: time(row, "confirmed_at_ms")?,
        confirmed_by: row.try_get("confirmed_by")?,
        verified: time(row, "verified_at_ms")?.zip(row.try_get("verified")?),
        verified_detail: row.try_get("verified_detail")?,
        event_hash: row.try_get("event_hash")?,
        run_id: row.try_get("run_id")?,
        cells: serde_json::from_str(&cells).map_err(|_| LedgerError::value("cells", cells))?,
    })
}

pub(super) fn status(row: &SqliteRow) -> Result<Status, LedgerError> {
    let word: String = row.try_get("status")?;
    Status::parse(&word).ok_or_else(|| LedgerError::value("status", word))
}
