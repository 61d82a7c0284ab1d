//! What a look-up has found.

use serde_json::{Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, Row};

use crate::domain::{
    Door, Entry, Fact, Goal, IdRule, KnownNames, Line, Timestamp, UserState, name_key,
};
use crate::ledger::job::{own_goal, unsigned};
use crate::ledger::journal::known;
use crate::ledger::look_up::candidates::keep;
use crate::ledger::record::record;
use crate::ledger::{Job, Ledger, LedgerError, NewRun};

impl Ledger {
    /// Records users that a list or a search has shown, and how far the look-up has come. A user that is
    /// sought by id, and shown with all that the goal is about and with the names that `door` asks for,
    /// is looked up; a user that a name may mean is a candidate. Returns the places among `users` of
    /// those that are sought.
    pub async fn found(
        &mut self,
        job: &Job,
        run: &NewRun,
        door: &Door,
        users: &[UserState],
        position: Option<&str>,
    ) -> Result<Vec<usize>, LedgerError> {
        let now = self.clock.now();
        let keys = keys(job, users);
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        let by_id = sqlx::query(
            "SELECT line, json_each.key AS nth, user_id, goal, shown_name, roster_name, addresses, cells
             FROM json_each(?2) CROSS JOIN users ON job = ?1 AND user_key = value ->> 0
             WHERE status = 'pending' AND before_at_ms IS NULL
             ORDER BY line",
        );
        let by_name = sqlx::query(
            "SELECT line, json_each.key AS nth
             FROM json_each(?2) CROSS JOIN users ON job = ?1 AND name_key = value ->> 1
             WHERE status = 'pending' AND user_id IS NULL ORDER BY line",
        );
        let (mut entries, mut candidates, mut sought) = (Vec::new(), Vec::new(), Vec::new());
        for row in by_id
            .bind(job.number)
            .bind(&keys)
            .fetch_all(&mut *transaction)
            .await?
        {
            let (line, nth) = place(&row, users)?;
            let (state, goal) = (&users[nth], goal_of(&row, job)?);
            let user_id: String = row.try_get("user_id")?;
            let is_exact = user_id == state.id;
            let is_shown = goal.as_ref().is_none_or(|goal| goal.is_shown_by(state))
                && is_named(door, known(&row)?, state);
            sought.push(nth);
            if is_exact && is_shown {
                // The last look counts, if a page shows a user twice.
                entries.retain(|entry: &Entry| entry.line.0 != line);
                entries.push(looked_up(line, state.clone(), now));
            } else if job.ids == IdRule::IgnoreCase {
                candidates.push((line, nth, is_exact));
            }
        }
        for row in by_name
            .bind(job.number)
            .bind(&keys)
            .fetch_all(&mut *transaction)
            .await?
        {
            let (line, nth) = place(&row, users)?;
            sought.push(nth);
            candidates.push((line, nth, false));
        }
        record(&mut transaction, job.number, run.number, job.ids, &entries).await?;
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

    /// The places among these users of those who are sought, and of whom names that `door` asks for are
    /// not shown.
    pub async fn lacking(
        &mut self,
        job: &Job,
        door: &Door,
        users: &[UserState],
    ) -> Result<Vec<usize>, LedgerError> {
        let rows = sqlx::query(
            "SELECT line, json_each.key AS nth, shown_name, roster_name, addresses, cells
             FROM json_each(?2) CROSS JOIN users ON job = ?1 AND user_key = value ->> 0
             WHERE status = 'pending' AND before_at_ms IS NULL
             UNION ALL
             SELECT line, json_each.key AS nth, shown_name, roster_name, addresses, cells
             FROM json_each(?2) CROSS JOIN users ON job = ?1 AND name_key = value ->> 1
             WHERE status = 'pending' AND user_id IS NULL
             ORDER BY nth",
        )
        .bind(job.number)
        .bind(keys(job, users))
        .fetch_all(&mut self.connection)
        .await?;
        let mut lacking = Vec::new();
        for row in &rows {
            let (_, nth) = place(row, users)?;
            if !is_named(door, known(row)?, &users[nth]) && !lacking.contains(&nth) {
                lacking.push(nth);
            }
        }
        Ok(lacking)
    }

    /// Takes one user who was read alone for this line. Returns whether the state shows the access that
    /// the line's goal is about; if not, nothing is stored.
    pub async fn seen(
        &mut self,
        job: &Job,
        run: &NewRun,
        line: Line,
        state: UserState,
    ) -> Result<bool, LedgerError> {
        let row = sqlx::query("SELECT goal FROM users WHERE job = ? AND line = ?")
            .bind(job.number)
            .bind(i64::try_from(line.0).unwrap_or(i64::MAX))
            .fetch_one(&mut self.connection)
            .await?;
        let goal = goal_of(&row, job)?;
        if state.workspaces.is_none() && goal.is_some_and(|goal| goal.workspaces.is_some()) {
            return Ok(false);
        }
        let entry = looked_up(line.0, state, self.clock.now());
        self.note(job, run, &[entry]).await?;
        Ok(true)
    }

    /// Whether any look of a job, or of the job that it takes back, has shown the attribute in which
    /// access stands.
    pub async fn access_was_shown(&mut self, job: &Job) -> Result<bool, LedgerError> {
        let shown = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM users WHERE job IN (?1, ?2)
                            AND json_array_length(coalesce(workspaces_before, '[]')) > 0)
                 OR EXISTS (SELECT 1 FROM jobs WHERE number IN (?1, ?2)
                            AND looked_up ->> 'access_shown' = 1)",
        )
        .bind(job.number)
        .bind(job.parent)
        .fetch_one(&mut self.connection)
        .await?;
        Ok(shown)
    }

    /// Of these workspaces, those that a user of the job had when looked up.
    pub async fn workspaces_seen(
        &mut self,
        job: &Job,
        ids: &[String],
    ) -> Result<Vec<String>, LedgerError> {
        let keys = ids.iter().map(|id| json!([id, job.ids.key(id)]));
        let folded = match job.ids {
            IdRule::Exact => "had.value",
            IdRule::IgnoreCase => "lower(had.value)",
        };
        let sql = format!(
            "SELECT DISTINCT asked.value ->> 0 FROM users
                 JOIN json_each(workspaces_before) AS had JOIN json_each(?2) AS asked
             WHERE job = ?1 AND asked.value ->> 1 = {folded}"
        );
        let seen = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(job.number)
            .bind(Value::Array(keys.collect()).to_string())
            .fetch_all(&mut self.connection)
            .await?;
        Ok(seen)
    }

    /// Of these workspaces, those that no user of the job had before it, as far as users were shown with
    /// their workspaces; none if no user was.
    pub async fn workspaces_unseen(
        &mut self,
        job: &Job,
        ids: &[String],
    ) -> Result<Vec<String>, LedgerError> {
        let is_any_shown: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM users WHERE job = ? AND workspaces_before IS NOT NULL)",
        )
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

/// The keys by which users are found among the lines of a job: id and name.
fn keys(job: &Job, users: &[UserState]) -> String {
    let keys = users.iter().map(|user| {
        let name = user.user_name.as_deref().map(name_key);
        json!([job.ids.key(&user.id), name])
    });
    Value::Array(keys.collect()).to_string()
}

/// Whether `state` shows all names that `door` asks for, of a user that is otherwise known by this.
pub(in crate::ledger) fn is_named(door: &Door, mut known: KnownNames, state: &UserState) -> bool {
    known.update(state);
    let answer = door.may_write(Some(&state.id), &known);
    !answer.is_err_and(|barred| barred.is_unknown())
}

/// The line of a row, and the place of its user.
pub(in crate::ledger) fn place(
    row: &SqliteRow,
    users: &[UserState],
) -> Result<(u64, usize), LedgerError> {
    let nth = unsigned(row, "nth")?;
    let place = usize::try_from(nth).ok().filter(|nth| *nth < users.len());
    let place = place.ok_or_else(|| LedgerError::value("place", nth.to_string()))?;
    Ok((unsigned(row, "line")?, place))
}

/// What the user of a row is to have: as its line says, or as the change does.
pub(in crate::ledger) fn goal_of(row: &SqliteRow, job: &Job) -> Result<Option<Goal>, LedgerError> {
    Ok(own_goal(row)?.or_else(|| job.change.goal()))
}

pub(in crate::ledger) fn looked_up(line: u64, state: UserState, at: Timestamp) -> Entry {
    Entry {
        line: Line(line),
        at,
        fact: Fact::LookedUp(state),
    }
}
