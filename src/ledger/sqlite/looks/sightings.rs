//! What a look-up has found: users as the provider shows them, matched with the lines that seek them.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::{Connection, FromRow, SqliteConnection};

use crate::domain::{
    Door, Entry, Fact, Goal, IdRule, KnownNames, Line, Timestamp, UserState, name_key,
};
use crate::ledger::sqlite::events::{ShownUser, has_names, store_looks};
use crate::ledger::sqlite::looks::candidates::keep;
use crate::ledger::sqlite::users::KnownColumns;
use crate::ledger::sqlite::{Count, Json};
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
const SOUGHT_BY_ID: &str = "
    SELECT json_group_array(json_array(line, json_each.key, user_id, goal))
    FROM json_each(?2) CROSS JOIN users ON job = ?1 AND user_key = value
    WHERE status = 'pending' AND before_at_ms IS NULL";

/// A line that seeks one of the users that were shown, by name.
#[derive(FromRow)]
struct SoughtByName {
    line: Line,
    #[sqlx(try_from = "Count")]
    nth: u64,
}

const SOUGHT_BY_NAME: &str = "
    SELECT line, json_each.key AS nth
    FROM json_each(?2) CROSS JOIN users ON job = ?1 AND name_key = value
    WHERE status = 'pending' AND user_id IS NULL ORDER BY line";

/// The names of a line that are known so far.
#[derive(FromRow)]
struct NamedLine {
    line: Line,
    #[sqlx(flatten, try_from = "KnownColumns")]
    known: KnownNames,
}

const NAMED_LINES: &str = "
    SELECT line, shown_name, roster_name, addresses, cells
    FROM json_each(?2) CROSS JOIN users ON job = ?1 AND line = value";

/// The names of a line that seeks one of the users that were shown.
#[derive(FromRow)]
struct SoughtNames {
    #[sqlx(try_from = "Count")]
    nth: u64,
    #[sqlx(flatten, try_from = "KnownColumns")]
    known: KnownNames,
}

const SOUGHT_NAMES: &str = "
    SELECT line, json_each.key AS nth, shown_name, roster_name, addresses, cells
    FROM json_each(?2) CROSS JOIN users ON job = ?1 AND user_key = value ->> 0
    WHERE status = 'pending' AND before_at_ms IS NULL
    UNION ALL
    SELECT line, json_each.key AS nth, shown_name, roster_name, addresses, cells
    FROM json_each(?2) CROSS JOIN users ON job = ?1 AND name_key = value ->> 1
    WHERE status = 'pending' AND user_id IS NULL
    ORDER BY nth";

const GOALS: &str = "
    SELECT line, goal FROM json_each(?2) CROSS JOIN users ON job = ?1 AND line = value";

/// A look-up that has come to its end has noted whether it saw the attribute. After it only users that were claimed
/// were read again.
const ACCESS_WAS_SHOWN: &str = "
    SELECT EXISTS (
        SELECT 1 FROM jobs CROSS JOIN users ON users.job = jobs.number
        WHERE jobs.number IN (?1, ?2)
              AND (planned_at_ms IS NULL OR line <= claimed_to)
              AND json_array_length(coalesce(workspaces_before, '[]')) > 0)";

const ACCESS_WAS_NOTED: &str = "
    SELECT EXISTS (SELECT 1 FROM jobs WHERE number IN (?1, ?2) AND looked_up ->> 'access_shown' = 1)";

/// The asked workspaces that a user had; the form in which ids are compared depends on the job.
macro_rules! workspaces_seen {
    ($had:literal) => {
        concat!(
            "SELECT DISTINCT asked.value ->> 0 FROM users
                 JOIN json_each(workspaces_before) AS had JOIN json_each(?2) AS asked
             WHERE job = ?1 AND asked.value ->> 1 = ",
            $had
        )
    };
}

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
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        let by_id: String = sqlx::query_scalar(SOUGHT_BY_ID)
            .bind(job.number)
            .bind(Json(
                users
                    .iter()
                    .map(|user| job.ids.key(&user.id))
                    .collect::<Vec<_>>(),
            ))
            .fetch_one(&mut *transaction)
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
            sqlx::query("UPDATE jobs SET list_position = ? WHERE number = ?")
                .bind(position)
                .bind(job.number)
                .execute(&mut *transaction)
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
        let rows: Vec<SoughtNames> = sqlx::query_as(SOUGHT_NAMES)
            .bind(job.number)
            .bind(keys(job, users))
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
        let goals: Vec<(Line, Option<Json<Goal>>)> = sqlx::query_as(GOALS)
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
        for sql in [ACCESS_WAS_NOTED, ACCESS_WAS_SHOWN] {
            let shown = sqlx::query_scalar(sql)
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
        let keys = ids.iter().map(|id| json!([id, job.ids.key(id)]));
        let sql = match job.ids {
            IdRule::Exact => workspaces_seen!("had.value"),
            IdRule::IgnoreCase => workspaces_seen!("lower(had.value)"),
        };
        let seen = sqlx::query_scalar(sql)
            .bind(job.number)
            .bind(Json(keys.collect::<Vec<_>>()))
            .fetch_all(&mut self.connection)
            .await?;
        Ok(seen)
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
        let is_any_shown: bool = sqlx::query_scalar(IS_ANY_SHOWN)
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
    connection: &mut SqliteConnection,
    job: &Job,
    users: &[UserState],
) -> Result<Vec<SoughtByName>, LedgerError> {
    let names = users.iter().map(|user| user.user_name.as_deref());
    let keys: Vec<_> = names.map(|name| name.map(name_key)).collect();
    let rows = sqlx::query_as(SOUGHT_BY_NAME)
        .bind(job.number)
        .bind(Json(keys))
        .fetch_all(connection)
        .await?;
    Ok(rows)
}

/// The names that are known of each line whose user was shown without a name or without addresses. All other
/// users were shown with all names that [`is_named`] may ask for.
async fn unnamed_lines(
    connection: &mut SqliteConnection,
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
    let rows: Vec<NamedLine> = sqlx::query_as(NAMED_LINES)
        .bind(job.number)
        .bind(Json(lines))
        .fetch_all(connection)
        .await?;
    Ok(rows.into_iter().map(|row| (row.line, row.known)).collect())
}

/// The keys by which users are found among the lines of a job: id and name.
fn keys(job: &Job, users: &[UserState]) -> String {
    let keys = users.iter().map(|user| {
        let name = user.user_name.as_deref().map(name_key);
        json!([job.ids.key(&user.id), name])
    });
    Value::Array(keys.collect()).to_string()
}

/// Whether `state` shows all names that `door` asks for, of a user that is otherwise known by this.
pub(super) fn is_named(door: &Door, mut known: KnownNames, state: &UserState) -> bool {
    known.update(state);
    let answer = door.may_write(Some(&state.id), &known);
    !answer.is_err_and(|barred| barred.is_unknown())
}

/// The place of the user of a row among the users that were shown.
pub(in crate::ledger::sqlite) fn place(
    nth: u64,
    users: &[UserState],
) -> Result<usize, LedgerError> {
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
