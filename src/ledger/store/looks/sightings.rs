//! What a look-up has found: users as the provider shows them, matched with the lines that seek them.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use sqlx::FromRow;

use crate::domain::{
    Door, Entry, Fact, Goal, IdRule, KnownNames, Line, Timestamp, UserState, name_key,
};
use crate::ledger::sql::{
    Count, Json, Sql, SqlConnection, elements, given, member, query, query_scalar, rows_as_json,
    twin,
};
use crate::ledger::store::events::{ShownUser, has_names, store_looks};
use crate::ledger::store::looks::candidates::keep;
use crate::ledger::store::users::KnownColumns;
use crate::ledger::store::users_of_given;
use crate::ledger::{Job, Ledger, LedgerError, NewRun};

/// A line that seeks one of the users that were shown, by id: the line, the place of that user among those that
/// were shown, the id as the roster spells it, and the goal of the line as JSON.
#[derive(Deserialize)]
struct SoughtById<'a>(
    u64,
    u64,
    #[serde(borrow)] Cow<'a, str>,
    #[serde(borrow)] Option<Cow<'a, str>>,
);

/// All lines as one row: each row is sent from the thread of SQLite by itself.
macro_rules! sought_by_id {
    ($database:ident) => {
        concat!(
            "SELECT ",
            rows_as_json!($database, "line, given.key, user_id, goal"),
            " FROM ",
            users_of_given!(
                $database,
                "?2",
                "text",
                "job = ?1 AND user_key = given.value"
            ),
            " AND status = 'pending' AND before_at_ms IS NULL"
        )
    };
}

const SOUGHT_BY_ID: Sql = twin!(sought_by_id);

/// A line that seeks one of the users that were shown, by name.
#[derive(FromRow)]
struct SoughtByName {
    line: Line,
    #[sqlx(try_from = "Count")]
    nth: u64,
}

macro_rules! sought_by_name {
    ($database:ident) => {
        concat!(
            "SELECT line, given.key AS nth FROM ",
            users_of_given!(
                $database,
                "?2",
                "text",
                "job = ?1 AND name_key = given.value"
            ),
            " AND status = 'pending' AND user_id IS NULL
             ORDER BY line"
        )
    };
}

const SOUGHT_BY_NAME: Sql = twin!(sought_by_name);

/// The names of a line that are known so far.
#[derive(FromRow)]
struct NamedLine {
    line: Line,
    #[sqlx(flatten, try_from = "KnownColumns")]
    known: KnownNames,
}

macro_rules! named_lines {
    ($database:ident) => {
        concat!(
            "SELECT line, shown_name, roster_name, addresses, cells FROM ",
            users_of_given!($database, "?2", "bigint", "job = ?1 AND line = given.value"),
            ""
        )
    };
}

const NAMED_LINES: Sql = twin!(named_lines);

/// The names of a line that seeks one of the users that were shown.
#[derive(FromRow)]
struct SoughtNames {
    #[sqlx(try_from = "Count")]
    nth: u64,
    #[sqlx(flatten, try_from = "KnownColumns")]
    known: KnownNames,
}

macro_rules! sought_names {
    ($database:ident) => {
        concat!(
            "SELECT line, given.key AS nth, shown_name, roster_name, addresses, cells FROM ",
            users_of_given!(
                $database,
                "?2",
                "text",
                "job = ?1 AND user_key = given.value"
            ),
            " AND status = 'pending' AND before_at_ms IS NULL
             UNION ALL
             SELECT line, given.key AS nth, shown_name, roster_name, addresses, cells FROM ",
            users_of_given!(
                $database,
                "?3",
                "text",
                "job = ?1 AND name_key = given.value"
            ),
            " AND status = 'pending' AND user_id IS NULL
             ORDER BY nth"
        )
    };
}

const SOUGHT_NAMES: Sql = twin!(sought_names);

macro_rules! goals {
    ($database:ident) => {
        concat!(
            "SELECT line, goal FROM ",
            users_of_given!($database, "?2", "bigint", "job = ?1 AND line = given.value"),
            ""
        )
    };
}

const GOALS: Sql = twin!(goals);

/// A look-up that has come to its end has noted whether it saw the attribute. After it only users that were claimed
/// were read again.
const ACCESS_WAS_SHOWN: &str = "
    SELECT EXISTS (
        SELECT 1 FROM jobs CROSS JOIN users
        WHERE users.job = jobs.number AND jobs.number IN (?1, ?2)
              AND (planned_at_ms IS NULL OR line <= claimed_to)
              AND workspaces_before <> '[]')";

/// A member that is true is the number 1 to SQLite.
macro_rules! access_was_noted {
    ($database:ident) => {
        concat!(
            "SELECT EXISTS (SELECT 1 FROM jobs WHERE number IN (?1, ?2) AND CAST(",
            member!($database, "looked_up", "access_shown"),
            " AS text) IN ('1', 'true'))"
        )
    };
}

const ACCESS_WAS_NOTED: Sql = twin!(access_was_noted);

/// The places of the asked workspaces that a user had; the form in which ids are compared depends on the job.
macro_rules! workspaces_seen {
    ($database:ident, $had:literal) => {
        concat!(
            "SELECT DISTINCT given.key FROM users CROSS JOIN ",
            elements!($database, "workspaces_before", "had"),
            " CROSS JOIN ",
            given!($database, "?2", "text"),
            " WHERE job = ?1 AND given.value = ",
            $had
        )
    };
}

const WORKSPACES_SEEN: Sql = Sql::twin(
    workspaces_seen!(sqlite, "had.value"),
    workspaces_seen!(postgres, "had.value"),
);

/// With the case of ASCII letters ignored.
const WORKSPACES_SEEN_FOLDED: Sql = Sql::twin(
    workspaces_seen!(sqlite, "lower(had.value)"),
    workspaces_seen!(postgres, "lower(had.value COLLATE \"C\")"),
);

const IS_ANY_SHOWN: &str =
    "SELECT EXISTS (SELECT 1 FROM users WHERE job = ? AND workspaces_before IS NOT NULL)";

impl Ledger {
    /// Records users that a list or a search has shown, and how far the look-up has come. A user that is
    /// sought by id, and shown with all that the goal is about and with the names that `door` asks for,
    /// is looked up; a user that a name may mean is a candidate. Returns the places among `users` of
    /// those that are sought.
    ///
    /// # Errors
    /// The ledger cannot be written, or a row is not what this version writes. Then nothing of this is stored,
    /// the position neither.
    pub async fn found(
        &mut self,
        job: &Job,
        run: &NewRun,
        door: &Door,
        users: &[UserState],
        position: Option<&str>,
    ) -> Result<Vec<usize>, LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.begin(job.number).await?;
        let by_id: String = query_scalar(SOUGHT_BY_ID)
            .bind(job.number)
            .bind(Json(
                users
                    .iter()
                    .map(|user| job.ids.key(&user.id))
                    .collect::<Vec<_>>(),
            ))
            .fetch_one(&mut transaction)
            .await?;
        let unreadable = |_| LedgerError::value("users", by_id.clone());
        let mut by_id: Vec<SoughtById> = serde_json::from_str(&by_id).map_err(unreadable)?;
        by_id.sort_unstable_by_key(|SoughtById(line, nth, ..)| (*line, *nth));
        let unnamed = unnamed_lines(&mut transaction, job, &by_id, users).await?;
        let (mut shown, mut candidates, mut sought) = (Vec::new(), Vec::new(), Vec::new());
        for SoughtById(line, nth, user_id, goal) in by_id {
            let (line, nth) = (Line(line), place(nth, users)?);
            let state = &users[nth];
            let own = goal.map(|goal| {
                let read = serde_json::from_str(&goal);
                read.map_err(|_| LedgerError::value("goal", goal.into_owned()))
            });
            let goal = goal_of(own.transpose()?, job);
            let is_exact = user_id == state.id;
            let is_named = match unnamed.get(&line) {
                Some(known) => is_named(door, known.clone(), state),
                None => true,
            };
            let is_shown = goal.as_ref().is_none_or(|goal| goal.is_shown_by(state)) && is_named;
            sought.push(nth);
            if is_exact && is_shown {
                // The last look counts, if the list shows a user twice.
                shown.pop_if(|before: &mut ShownUser<'_>| before.line == line);
                shown.push(ShownUser {
                    line,
                    at: now,
                    state,
                });
            } else if job.ids == IdRule::IgnoreCase {
                candidates.push((line, nth, is_exact));
            }
        }
        if has_names(&mut transaction, job.number).await? {
            for row in sought_by_name(&mut transaction, job, users).await? {
                let nth = place(row.nth, users)?;
                sought.push(nth);
                candidates.push((row.line, nth, false));
            }
        }
        store_looks(&mut transaction, job, run, &shown).await?;
        keep(&mut transaction, job, &candidates, users, now).await?;
        if let Some(position) = position {
            query("UPDATE jobs SET list_position = ? WHERE number = ?")
                .bind(position)
                .bind(job.number)
                .execute(&mut transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(sought)
    }

    /// The places among these users of those that are sought, and whose names that `door` asks for are not
    /// shown.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn lacking(
        &mut self,
        job: &Job,
        door: &Door,
        users: &[UserState],
    ) -> Result<Vec<usize>, LedgerError> {
        let ids: Vec<_> = users.iter().map(|user| job.ids.key(&user.id)).collect();
        let names = name_keys(users);
        let rows: Vec<SoughtNames> = query(SOUGHT_NAMES)
            .bind(job.number)
            .bind(Json(&ids))
            .bind(Json(&names))
            .fetch_all(&mut self.connection)
            .await?;
        let mut lacking = Vec::new();
        for row in rows {
            let nth = place(row.nth, users)?;
            if !is_named(door, row.known, &users[nth]) && !lacking.contains(&nth) {
                lacking.push(nth);
            }
        }
        Ok(lacking)
    }

    /// Takes users that were read one by one, each for its line. Returns the lines whose states do not show the access
    /// that the goal is about: of these nothing is stored.
    ///
    /// # Errors
    /// The job has no such line, or the ledger cannot be written. Then nothing is stored.
    pub async fn seen(
        &mut self,
        job: &Job,
        run: &NewRun,
        users: Vec<(Line, UserState)>,
    ) -> Result<Vec<Line>, LedgerError> {
        let lines: Vec<_> = users.iter().map(|(line, _)| line.0).collect();
        let goals: Vec<(Line, Option<Json<Goal>>)> = query(GOALS)
            .bind(job.number)
            .bind(Json(lines))
            .fetch_all(&mut self.connection)
            .await?;
        let goals: HashMap<_, _> = goals.into_iter().collect();
        let now = self.clock.now();
        let (mut entries, mut unshown) = (Vec::new(), Vec::new());
        for (line, state) in users {
            let own = goals.get(&line).ok_or(sqlx::Error::RowNotFound)?;
            let goal = goal_of(own.clone().map(|Json(goal)| goal), job);
            if state.workspaces.is_none() && goal.is_some_and(|goal| goal.workspaces.is_some()) {
                unshown.push(line);
            } else {
                entries.push(looked_up(line, state, now));
            }
        }
        self.note(job, run, &entries).await?;
        Ok(unshown)
    }

    /// Whether any look-up of a job, or of the job that it takes back, has shown the attribute that holds
    /// the access.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn access_was_shown(&mut self, job: &Job) -> Result<bool, LedgerError> {
        for sql in [ACCESS_WAS_NOTED, ACCESS_WAS_SHOWN.into()] {
            let shown = query_scalar(sql)
                .bind(job.number)
                .bind(job.parent)
                .fetch_one(&mut self.connection)
                .await?;
            if shown {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Of these workspaces, those that a user of the job had when looked up.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn workspaces_seen(
        &mut self,
        job: &Job,
        ids: &[String],
    ) -> Result<Vec<String>, LedgerError> {
        let keys: Vec<_> = ids.iter().map(|id| job.ids.key(id)).collect();
        let sql = match job.ids {
            IdRule::Exact => WORKSPACES_SEEN,
            IdRule::IgnoreCase => WORKSPACES_SEEN_FOLDED,
        };
        let seen: Vec<Count> = query_scalar(sql)
            .bind(job.number)
            .bind(Json(keys))
            .fetch_all(&mut self.connection)
            .await?;
        let is_seen = |(nth, _): &(u64, &String)| seen.contains(&Count(*nth));
        let found = (0..).zip(ids).filter(is_seen);
        Ok(found.map(|(_, id)| id.clone()).collect())
    }

    /// Of these workspaces, those that no user of the job had before it, as far as users were shown with
    /// their workspaces; none if no user was.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn workspaces_unseen(
        &mut self,
        job: &Job,
        ids: &[String],
    ) -> Result<Vec<String>, LedgerError> {
        let is_any_shown: bool = query_scalar(IS_ANY_SHOWN)
            .bind(job.number)
            .fetch_one(&mut self.connection)
            .await?;
        if !is_any_shown || ids.is_empty() {
            return Ok(Vec::new());
        }
        let seen = self.workspaces_seen(job, ids).await?;
        let unseen = ids.iter().filter(|id| !seen.contains(id));
        Ok(unseen.cloned().collect())
    }
}

/// The lines that seek one of these users by name.
async fn sought_by_name(
    connection: &mut SqlConnection,
    job: &Job,
    users: &[UserState],
) -> Result<Vec<SoughtByName>, LedgerError> {
    let rows = query(SOUGHT_BY_NAME)
        .bind(job.number)
        .bind(Json(name_keys(users)))
        .fetch_all(connection)
        .await?;
    Ok(rows)
}

/// The names that are known of each line whose user was shown without a name or without addresses. All other
/// users were shown with all names that [`is_named`] may ask for.
async fn unnamed_lines(
    connection: &mut SqlConnection,
    job: &Job,
    sought: &[SoughtById<'_>],
    users: &[UserState],
) -> Result<HashMap<Line, KnownNames>, LedgerError> {
    let mut lines = Vec::new();
    for SoughtById(line, nth, ..) in sought {
        let state = &users[place(*nth, users)?];
        if state.user_name.is_none() || state.addresses.is_none() {
            lines.push(line);
        }
    }
    if lines.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<NamedLine> = query(NAMED_LINES)
        .bind(job.number)
        .bind(Json(lines))
        .fetch_all(connection)
        .await?;
    Ok(rows.into_iter().map(|row| (row.line, row.known)).collect())
}

/// The keys of the users' names: by them lines are found that name users by name.
fn name_keys(users: &[UserState]) -> Vec<Option<String>> {
    let names = users.iter().map(|user| user.user_name.as_deref());
    names.map(|name| name.map(name_key)).collect()
}

/// Whether `state` shows all names that `door` asks for, of a user that is otherwise known by this.
pub(super) fn is_named(door: &Door, mut known: KnownNames, state: &UserState) -> bool {
    known.update(state);
    let answer = door.may_write(Some(&state.id), &known);
    !answer.is_err_and(|barred| barred.is_unknown())
}

/// The place of the user of a row among the users that were shown.
pub(in crate::ledger::store) fn place(nth: u64, users: &[UserState]) -> Result<usize, LedgerError> {
    let place = usize::try_from(nth).ok().filter(|nth| *nth < users.len());
    place.ok_or_else(|| LedgerError::value("place", nth.to_string()))
}

/// What a user is to have: as the line says, or as the change does.
pub(super) fn goal_of(own: Option<Goal>, job: &Job) -> Option<Goal> {
    own.or_else(|| job.change.goal())
}

pub(super) fn looked_up(line: Line, state: UserState, at: Timestamp) -> Entry {
    Entry {
        line,
        at,
        fact: Fact::LookedUp(state),
    }
}
