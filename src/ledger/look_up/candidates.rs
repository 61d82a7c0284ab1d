//! Candidates: users who may be meant by a line that several may fit.
//!
//! A line that names a user by name, or by an id whose case the provider ignores, may fit several users.
//! Those who do are kept, durably, until the look-up has asked all that could show another one; only then
//! it is decided who is meant.

use serde_json::{Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, Row, SqliteConnection};

use crate::domain::{
    Door, Entry, Fact, Goal, IdRule, KnownNames, Line, Outcome, Reason, Settlement, Timestamp,
    UserState,
};
use crate::ledger::job::unsigned;
use crate::ledger::journal::{known, texts};
use crate::ledger::look_up::found::{goal_of, is_named, looked_up};
use crate::ledger::record::{EventRow, append_events, record};
use crate::ledger::{Job, Ledger, LedgerError, NewRun};

/// Users of one line that a refusal names.
const SHOWN: usize = 3;

/// A user who may be meant by a line.
struct Candidate {
    line: u64,
    is_exact: bool,
    state: UserState,
    seen_at: Timestamp,
    goal: Option<Goal>,
    /// Whether the line names a user by name.
    by_name: bool,
    /// By what the user is known otherwise.
    known: KnownNames,
}

impl Ledger {
    /// Called when the look-up has sent all requests that could show a user of a line: of the
    /// candidates, the exact match is chosen, or the only candidate; among several without an exact
    /// match none is. A chosen user that was not shown with all that the goal is about, and with the
    /// names that `door` asks for, is still to be read.
    pub async fn resolve(
        &mut self,
        job: &Job,
        run: &NewRun,
        door: &Door,
    ) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        let rows = sqlx::query(
            "SELECT candidates.*, users.goal, users.name_key IS NOT NULL AS by_name,
                    users.shown_name, users.roster_name, users.cells
             FROM candidates JOIN users USING (job, line)
             WHERE job = ? AND status = 'pending' AND before_at_ms IS NULL
             ORDER BY line, candidates.user_id",
        )
        .bind(job.number)
        .fetch_all(&mut *transaction)
        .await?;
        let candidates: Vec<_> = rows
            .iter()
            .map(|row| read_candidate(row, job))
            .collect::<Result<_, _>>()?;
        let mut entries = Vec::new();
        let mut known = Vec::new();
        for of_line in candidates.chunk_by(|a, b| a.line == b.line) {
            let exact = of_line.iter().find(|candidate| candidate.is_exact);
            match (exact, of_line) {
                (Some(meant), _) | (None, [meant]) => {
                    let goal = meant.goal.as_ref();
                    if goal.is_none_or(|goal| goal.is_shown_by(&meant.state))
                        && is_named(door, meant.known.clone(), &meant.state)
                    {
                        let state = meant.state.clone();
                        entries.push(looked_up(meant.line, state, meant.seen_at));
                    } else {
                        known.push(identity(meant, job.ids));
                    }
                }
                (None, several) => entries.push(ambiguity(several, now)),
            }
        }
        record(&mut transaction, job.number, run.number, job.ids, &entries).await?;
        sqlx::query(
            "UPDATE users SET user_id = coalesce(user_id, value ->> 1),
                 user_key = coalesce(user_key, value ->> 2),
                 user_name = coalesce(value ->> 3, user_name),
                 shown_name = coalesce(value ->> 3, shown_name),
                 display_name = coalesce(value ->> 4, display_name),
                 addresses = coalesce(value ->> 5, addresses)
             FROM json_each(?2) WHERE job = ?1 AND line = value ->> 0",
        )
        .bind(job.number)
        .bind(Value::Array(known).to_string())
        .execute(&mut *transaction)
        .await?;
        forget(&mut transaction, job.number).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Forgets what a look-up saw before this moment, or is said to have seen in the future: users are
    /// looked up anew, and the list is gone through from its beginning.
    pub async fn forget_looks(
        &mut self,
        job: &Job,
        run: &NewRun,
        before: Timestamp,
    ) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        // The ledger does not record when a name was resolved, if its user was not read since.
        sqlx::query(
            "UPDATE users SET user_id = NULL, user_key = NULL
             WHERE job = ? AND status = 'pending' AND effect = 'none' AND before_at_ms IS NULL
                   AND name_key IS NOT NULL AND user_id IS NOT NULL",
        )
        .bind(job.number)
        .execute(&mut *transaction)
        .await?;
        let is_old: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM candidates
                            WHERE job = ?1 AND seen_at_ms NOT BETWEEN ?2 AND ?3)
                 OR EXISTS (SELECT 1 FROM users WHERE job = ?1 AND status = 'pending'
                            AND effect = 'none' AND before_at_ms NOT BETWEEN ?2 AND ?3)
                 OR EXISTS (SELECT 1 FROM jobs WHERE number = ?1 AND list_position IS NOT NULL
                            AND coalesce(list_position ->> 'at', 0) NOT BETWEEN ?2 AND ?3)",
        )
        .bind(job.number)
        .bind(before.as_millis())
        .bind(now.as_millis())
        .fetch_one(&mut *transaction)
        .await?;
        if is_old {
            let lines: Vec<i64> = sqlx::query_scalar(
                "SELECT line FROM users
                 WHERE job = ? AND status = 'pending' AND effect = 'none'
                       AND (before_at_ms IS NULL OR before_at_ms NOT BETWEEN ? AND ?)",
            )
            .bind(job.number)
            .bind(before.as_millis())
            .bind(now.as_millis())
            .fetch_all(&mut *transaction)
            .await?;
            forget_lines(&mut transaction, job, run, now, &lines).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

/// Forgets what was seen of lines that were never written, so that they are looked up again, and how far the
/// look-up has come in the list. That is an event of each line which was seen.
pub(in crate::ledger) async fn forget_lines(
    connection: &mut SqliteConnection,
    job: &Job,
    run: &NewRun,
    at: Timestamp,
    lines: &[i64],
) -> Result<(), LedgerError> {
    forget(connection, job.number).await?;
    sqlx::query("UPDATE jobs SET list_position = NULL WHERE number = ?")
        .bind(job.number)
        .execute(&mut *connection)
        .await?;
    let lines = json!(lines).to_string();
    let seen: Vec<i64> = sqlx::query_scalar(
        "SELECT line FROM json_each(?2) JOIN users ON job = ?1 AND line = value
         WHERE before_at_ms IS NOT NULL ORDER BY line",
    )
    .bind(job.number)
    .bind(&lines)
    .fetch_all(&mut *connection)
    .await?;
    let events: Vec<_> = seen
        .into_iter()
        .map(|line| EventRow {
            line: Some(line.unsigned_abs()),
            at,
            kind: "look_forgotten",
            body: "{}".to_owned(),
        })
        .collect();
    append_events(connection, job.number, Some(run.number), &events).await?;
    // A name that was resolved is resolved again: it may be another user's by now.
    sqlx::query(
        "UPDATE users SET before_at_ms = NULL, active_before = NULL, workspaces_before = NULL,
             user_id = iif(name_key IS NULL, user_id, NULL),
             user_key = iif(name_key IS NULL, user_key, NULL),
             user_name = iif(name_key IS NULL, user_name, coalesce(roster_name, user_name)),
             display_name = iif(name_key IS NULL, display_name, NULL),
             shown_name = NULL, addresses = NULL
         FROM json_each(?2) WHERE job = ?1 AND line = value",
    )
    .bind(job.number)
    .bind(&lines)
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets the candidates of a job.
pub(in crate::ledger) async fn forget(
    connection: &mut SqliteConnection,
    job: i64,
) -> Result<(), LedgerError> {
    sqlx::query("DELETE FROM candidates WHERE job = ?")
        .bind(job)
        .execute(connection)
        .await?;
    Ok(())
}

/// Keeps candidates; a later look takes the place of an earlier one.
pub(in crate::ledger) async fn keep(
    connection: &mut SqliteConnection,
    job: &Job,
    candidates: &[(u64, usize, bool)],
    users: &[UserState],
    now: Timestamp,
) -> Result<(), LedgerError> {
    let rows = candidates.iter().map(|(line, nth, is_exact)| {
        let user = &users[*nth];
        json!([
            line,
            user.id,
            is_exact,
            user.user_name,
            user.display_name,
            user.addresses.as_ref().map(|all| json!(all).to_string()),
            user.active,
            user.workspaces.as_ref().map(|all| json!(all).to_string()),
            now.as_millis(),
        ])
    });
    let rows = Value::Array(rows.collect());
    if candidates.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT OR REPLACE INTO candidates (job, line, user_id, is_exact, user_name, display_name,
                                            addresses, active, workspaces, seen_at_ms)
         SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
                value ->> 6, value ->> 7, value ->> 8
         FROM json_each(?2)",
    )
    .bind(job.number)
    .bind(rows.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

fn read_candidate(row: &SqliteRow, job: &Job) -> Result<Candidate, LedgerError> {
    let id: String = row.try_get("user_id")?;
    Ok(Candidate {
        line: unsigned(row, "line")?,
        is_exact: row.try_get("is_exact")?,
        seen_at: Timestamp::from_millis(row.try_get("seen_at_ms")?),
        goal: goal_of(row, job)?,
        by_name: row.try_get("by_name")?,
        known: known(row)?,
        state: UserState {
            user_name: row.try_get("user_name")?,
            display_name: row.try_get("display_name")?,
            addresses: texts(row, "addresses")?,
            active: row.try_get("active")?,
            workspaces: texts(row, "workspaces")?,
            ..UserState::of(id)
        },
    })
}

fn identity(meant: &Candidate, ids: IdRule) -> Value {
    let state = &meant.state;
    json!([
        meant.line,
        state.id,
        ids.key(&state.id),
        state.user_name,
        state.display_name,
        state.addresses.as_ref().map(|all| json!(all).to_string()),
    ])
}

/// Several users fit a line: none of them is written, and none of their ids is kept.
fn ambiguity(several: &[Candidate], at: Timestamp) -> Entry {
    let ids: Vec<_> = several.iter().map(|one| one.state.id.as_str()).collect();
    let (first, more) = ids.split_at(ids.len().min(SHOWN));
    let more = match more.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let what = match several.first() {
        Some(one) if !one.by_name => "id, but for its case",
        _ => "name",
    };
    let detail = format!(
        "{} users of the provider have this {what}: {}{more}",
        several.len(),
        first.join(", ")
    );
    Entry {
        line: Line(several.first().map_or(0, |one| one.line)),
        at,
        fact: Fact::Settled(Settlement {
            outcome: Outcome::Failed(Reason::Ambiguous),
            after: None,
            detail: Some(detail),
            decided_by: None,
        }),
    }
}

#[cfg(test)]
mod tests;
