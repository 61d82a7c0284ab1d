//! The row of a roster line: the present state of the user that the line names.

use std::collections::{BTreeSet, HashMap};

use serde_json::json;
use sqlx::FromRow;

use crate::domain::{
    Effect, Goal, IdRule, KnownNames, Line, Seen, Status, Timestamp, UserState, name_user,
};
use crate::ledger::sql::{
    Count, Json, Nullable, Sql, SqlConnection, query, query_scalar, rows_as_json, twin,
};
use crate::ledger::store::users::user_columns::{user_columns, user_rows};
use crate::ledger::store::users_of_given;
use crate::ledger::{Job, Ledger, LedgerError, Reader};

/// One roster line as the ledger knows it: the only shape of a row of the table `users`.
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
    /// All names of the user, with the roster's own columns: the door to a write asks for them.
    pub known: KnownNames,
    /// What the user had when last seen before the first write.
    pub before: Option<Seen>,
    /// What the user is to have, where the change of the job does not say.
    pub goal: Option<Goal>,
    /// The state of the line.
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
    /// Writes that count against the limit of attempts: those that a run gave back do not.
    pub counted_attempts: u32,
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
    /// When the user was last read again, and what was found (see [`crate::domain::Finding`]).
    pub verified: Option<(Timestamp, String)>,
    /// What differed then, or why nothing was shown.
    pub verified_detail: Option<String>,
    /// The hash of the last event that changed the state of the line.
    pub event_hash: Option<String>,
    /// The last run that touched the user.
    pub run_id: Option<String>,
}

/// The columns of [`UserRow::known`].
#[derive(FromRow)]
pub(in crate::ledger::store) struct KnownColumns {
    shown_name: Option<String>,
    #[sqlx(try_from = "Nullable<Json<Vec<String>>>")]
    addresses: Option<Vec<String>>,
    roster_name: Option<String>,
    #[sqlx(try_from = "Json<Vec<String>>")]
    cells: Vec<String>,
}

impl From<KnownColumns> for KnownNames {
    fn from(row: KnownColumns) -> Self {
        Self {
            user_name: row.shown_name,
            addresses: row.addresses,
            roster_name: row.roster_name,
            cells: row.cells,
        }
    }
}

/// The list of open statuses in a statement; see [`Status::is_open`].
macro_rules! open_statuses {
    () => {
        "('pending', 'claimed', 'in_doubt')"
    };
}

pub(in crate::ledger::store) use open_statuses;

/// Users of a plan of which a sample is drawn from all.
const FEW: usize = 1000;

macro_rules! lines {
    ($database:ident) => {
        concat!(
            "SELECT ",
            rows_as_json!($database, user_columns!()),
            " FROM (SELECT * FROM users WHERE job = ? AND line > ? ORDER BY line LIMIT ?) AS page"
        )
    };
}

const LINES: Sql = twin!(lines);

const CLOSED_LINES: &str = "
    SELECT line FROM users WHERE job = ?1 AND is_open IS NULL AND status = ?2 AND line > ?3
    ORDER BY line LIMIT ?4";

const PENDING_LINES: &str = "
    SELECT line FROM users WHERE job = ?1 AND is_open = 1 AND status = ?2 AND line > ?3
    ORDER BY line LIMIT ?4";

/// Only users that were claimed can be in flight or in doubt.
const CLAIMED_LINES: &str = "
    SELECT line FROM users
    WHERE job = ?1 AND is_open = 1 AND status = ?2 AND line > ?3
          AND line <= (SELECT claimed_to FROM jobs WHERE number = ?1)
    ORDER BY line LIMIT ?4";

/// The first lines from a place on of which the plan writes the user.
const PLANNED_LINES: &str = "
    SELECT line FROM users
    WHERE job = ? AND line >= ? AND is_open = 1 AND status = 'pending' AND before_at_ms IS NOT NULL
    ORDER BY line LIMIT ?";

macro_rules! lines_at {
    ($database:ident) => {
        concat!(
            "SELECT ",
            rows_as_json!($database, user_columns!()),
            " FROM ",
            users_of_given!(
                $database,
                "?2",
                "bigint",
                "users.job = ?1 AND users.line = given.value"
            ),
            ""
        )
    };
}

const LINES_AT: Sql = twin!(lines_at);

/// The first and the last open line of a job.
const OPEN_RANGE: &str = "
    SELECT (SELECT line FROM users WHERE job = ?1 AND is_open = 1 ORDER BY line LIMIT 1),
           (SELECT line FROM users WHERE job = ?1 AND is_open = 1 ORDER BY line DESC LIMIT 1)";

impl UserRow {
    /// The user as a person names it: name, address and id, as far as they are known.
    pub(crate) fn name(&self) -> Option<String> {
        let address = self
            .user_name
            .as_deref()
            .or(self.known.roster_name.as_deref());
        name_user(
            self.display_name.as_deref(),
            address,
            self.user_id.as_deref(),
        )
    }

    /// A line of which nothing is known but its user and its state.
    pub fn new(line: Line, user_id: Option<String>, status: Status) -> Self {
        Self {
            line,
            user_id,
            user_name: None,
            display_name: None,
            known: KnownNames::default(),
            before: None,
            goal: None,
            status,
            reason: None,
            detail: None,
            active_after: None,
            workspaces_after: None,
            effect: Effect::None,
            counted_attempts: 0,
            attempts: 0,
            http_status: None,
            request_id: None,
            first_attempt_at: None,
            done_at: None,
            confirmed_at: None,
            confirmed_by: None,
            verified: None,
            verified_detail: None,
            event_hash: None,
            run_id: None,
        }
    }

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
    /// The next `limit` lines of a job after line `after`.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn lines(
        &mut self,
        job: &Job,
        after: Line,
        limit: usize,
    ) -> Result<Vec<UserRow>, LedgerError> {
        lines(&mut self.connection, job, after, limit).await
    }

    /// The first `limit` lines of a job with one of the given statuses.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn lines_with(
        &mut self,
        job: &Job,
        statuses: &[Status],
        limit: usize,
    ) -> Result<Vec<UserRow>, LedgerError> {
        lines_among(&mut self.connection, job, statuses, Line(0), limit).await
    }

    /// Some of the users that the plan writes, taken at random.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn sample(&mut self, job: &Job, limit: usize) -> Result<Vec<UserRow>, LedgerError> {
        let lines = sample_lines(&mut self.connection, job, limit).await?;
        lines_at(&mut self.connection, job, &lines).await
    }
}

impl Reader {
    /// The next `limit` lines of a job after line `after`.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn lines(
        &mut self,
        job: &Job,
        after: Line,
        limit: usize,
    ) -> Result<Vec<UserRow>, LedgerError> {
        lines(&mut self.connection, job, after, limit).await
    }

    /// The first `limit` lines of a job with one of the given statuses.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn lines_with(
        &mut self,
        job: &Job,
        statuses: &[Status],
        limit: usize,
    ) -> Result<Vec<UserRow>, LedgerError> {
        lines_among(&mut self.connection, job, statuses, Line(0), limit).await
    }

    /// The next `limit` lines of a job after line `after` that have one of these statuses.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn lines_among(
        &mut self,
        job: &Job,
        statuses: &[Status],
        after: Line,
        limit: usize,
    ) -> Result<Vec<UserRow>, LedgerError> {
        lines_among(&mut self.connection, job, statuses, after, limit).await
    }

    /// The lines with these numbers, in the order in which they are given.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn lines_at(
        &mut self,
        job: &Job,
        lines: &[u64],
    ) -> Result<Vec<UserRow>, LedgerError> {
        lines_at(&mut self.connection, job, lines).await
    }
}

async fn lines(
    connection: &mut SqlConnection,
    job: &Job,
    after: Line,
    limit: usize,
) -> Result<Vec<UserRow>, LedgerError> {
    let page: String = query_scalar(LINES)
        .bind(job.number)
        .bind(after)
        .bind(Count::limit(limit))
        .fetch_one(connection)
        .await?;
    let mut rows = user_rows(&page)?;
    rows.sort_unstable_by_key(|row| row.line);
    Ok(rows)
}

async fn lines_among(
    connection: &mut SqlConnection,
    job: &Job,
    statuses: &[Status],
    after: Line,
    limit: usize,
) -> Result<Vec<UserRow>, LedgerError> {
    let mut found = Vec::new();
    for status in statuses {
        let sql = match status {
            Status::Pending => PENDING_LINES,
            Status::Claimed | Status::InDoubt => CLAIMED_LINES,
            _ => CLOSED_LINES,
        };
        let lines: Vec<Count> = query_scalar(sql)
            .bind(job.number)
            .bind(status)
            .bind(after)
            .bind(Count::limit(limit))
            .fetch_all(&mut *connection)
            .await?;
        found.extend(lines.into_iter().map(u64::from));
    }
    found.sort_unstable();
    found.truncate(limit);
    lines_at(connection, job, &found).await
}

async fn lines_at(
    connection: &mut SqlConnection,
    job: &Job,
    lines: &[u64],
) -> Result<Vec<UserRow>, LedgerError> {
    let page: String = query_scalar(LINES_AT)
        .bind(job.number)
        .bind(Json(lines))
        .fetch_one(connection)
        .await?;
    let mut rows = user_rows(&page)?;
    let places: HashMap<_, _> = lines.iter().zip(0_usize..).collect();
    rows.sort_unstable_by_key(|row| places.get(&row.line.0));
    Ok(rows)
}

/// Some of the lines of which the plan writes the user, at random: all of them if they are few, else about the same
/// number from each part of the roster.
async fn sample_lines(
    connection: &mut SqlConnection,
    job: &Job,
    limit: usize,
) -> Result<Vec<u64>, LedgerError> {
    let mut first = planned_lines(connection, job, Line(0), FEW + 1).await?;
    if first.len() <= FEW {
        fastrand::shuffle(&mut first);
        first.truncate(limit);
        first.sort_unstable();
        return Ok(first);
    }
    let range = query(OPEN_RANGE).bind(job.number);
    let (Line(from), Line(to)) = range.fetch_one(&mut *connection).await?;
    let mut drawn = BTreeSet::new();
    for nth in 0..limit as u64 {
        let place = |nth| from + (to - from) * nth / limit as u64;
        let line = Line(fastrand::u64(place(nth)..=place(nth + 1)));
        drawn.extend(planned_lines(connection, job, line, 1).await?);
    }
    Ok(drawn.into_iter().collect())
}

async fn planned_lines(
    connection: &mut SqlConnection,
    job: &Job,
    from: Line,
    limit: usize,
) -> Result<Vec<u64>, LedgerError> {
    let lines: Vec<Count> = query_scalar(PLANNED_LINES)
        .bind(job.number)
        .bind(from)
        .bind(Count::limit(limit))
        .fetch_all(connection)
        .await?;
    Ok(lines.into_iter().map(u64::from).collect())
}

/// The words of statuses, as one JSON parameter.
pub(in crate::ledger::store) fn status_words(statuses: &[Status]) -> String {
    let words: Vec<_> = statuses.iter().map(|status| status.as_str()).collect();
    json!(words).to_string()
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
        for sql in [PENDING_LINES, CLAIMED_LINES, PLANNED_LINES, OPEN_RANGE] {
            bed.ledger.assert_found_by("users_open", sql).await;
        }
        for sql in [CLOSED_LINES] {
            bed.ledger.assert_found_by("users_closed", sql).await;
        }
        for sql in [LINES] {
            bed.ledger.assert_found_by("users_by_line", sql).await;
        }
    }
}
