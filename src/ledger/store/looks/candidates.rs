//! Users that a roster line may mean, while it is open which one it means.
//!
//! A line that names a user by name, or by an id whose case the provider ignores, may fit several users.
//! These are kept, durably, until the look-up has asked all that could show another one; only then is it
//! decided which user is meant.

use std::collections::BTreeMap;

use serde_json::json;
use sqlx::FromRow;

use crate::domain::{
    Door, Entry, Fact, Goal, KnownNames, Line, Outcome, Reason, Settlement, Timestamp, UserState,
    and_more,
};
use crate::ledger::record::{EventBody, NewEvent};
use crate::ledger::sql::{
    BoundValues, Count, Flag, Json, Nullable, RowsSql, Sql, SqlConnection, given, member, query,
    query_scalar, twin,
};
use crate::ledger::store::Pages;
use crate::ledger::store::events::{ShownUser, append_events, record, store_looks};
use crate::ledger::store::looks::sightings::{goal_of, is_named};
use crate::ledger::store::users::KnownColumns;
use crate::ledger::store::{of_line, users_of_given};
use crate::ledger::{Job, Ledger, LedgerError, NewRun};

/// Users of one line that a refusal names.
const SHOWN: usize = 3;

/// A user that may be meant by a line.
#[derive(FromRow)]
struct Candidate {
    line: Line,
    /// Whether the roster spells the id just so.
    #[sqlx(try_from = "Flag")]
    is_exact: bool,
    #[sqlx(flatten, try_from = "CandidateColumns")]
    state: UserState,
    seen_at_ms: Timestamp,
    #[sqlx(try_from = "Nullable<Json<Goal>>")]
    goal: Option<Goal>,
    /// Whether the line names a user by name.
    by_name: bool,
    /// All other names of the user.
    #[sqlx(flatten, try_from = "KnownColumns")]
    known: KnownNames,
}

/// The columns of [`Candidate::state`].
#[derive(FromRow)]
struct CandidateColumns {
    user_id: String,
    user_name: Option<String>,
    display_name: Option<String>,
    #[sqlx(try_from = "Nullable<Json<Vec<String>>>")]
    addresses: Option<Vec<String>>,
    #[sqlx(try_from = "Nullable<Flag>")]
    active: Option<bool>,
    #[sqlx(try_from = "Nullable<Json<Vec<String>>>")]
    workspaces: Option<Vec<String>>,
}

impl From<CandidateColumns> for UserState {
    fn from(row: CandidateColumns) -> Self {
        Self {
            user_name: row.user_name,
            display_name: row.display_name,
            addresses: row.addresses,
            active: row.active,
            workspaces: row.workspaces,
            ..Self::of(row.user_id)
        }
    }
}

const CANDIDATES: &str = "
    SELECT candidates.*, users.goal, users.name_key IS NOT NULL AS by_name,
           users.shown_name, users.roster_name, users.cells
    FROM candidates JOIN users USING (job, line)
    WHERE job = ? AND is_open = 1 AND status = 'pending' AND before_at_ms IS NULL
    ORDER BY line, candidates.user_id";

/// Line, id, whether it is exact, name, display name, addresses, active, workspaces, time.
const KEEP: RowsSql = RowsSql {
    before: "
    INSERT INTO candidates (job, line, user_id, is_exact, user_name, display_name,
        addresses, active, workspaces, seen_at_ms)
    SELECT ?, column1, column2, column3, column4, column5, column6, column7, column8, column9
    FROM",
    columns: 9,
    after: Sql::same(
        "
    WHERE column1 IS NOT NULL
    ON CONFLICT (job, line, user_id) DO UPDATE SET
        is_exact = excluded.is_exact, user_name = excluded.user_name,
        display_name = excluded.display_name, addresses = excluded.addresses,
        active = excluded.active, workspaces = excluded.workspaces,
        seen_at_ms = excluded.seen_at_ms",
    ),
};

/// Line, id, key of the id, name, display name, addresses.
const STORE_IDENTITIES: RowsSql = RowsSql {
    before: "
    UPDATE users SET user_id = coalesce(user_id, column2),
        user_key = coalesce(user_key, column3),
        user_name = coalesce(column4, user_name),
        shown_name = coalesce(column4, shown_name),
        display_name = coalesce(column5, display_name),
        addresses = coalesce(column6, addresses)
    FROM",
    columns: 6,
    after: of_line!(),
};

/// The call of `coalesce` keeps SQLite from the index of names: open lines are fewer.
const FORGET_UNREAD_NAMES: &str = "
    UPDATE users SET user_id = NULL, user_key = NULL
    WHERE job = ? AND is_open = 1 AND status = 'pending' AND effect = 'none'
          AND before_at_ms IS NULL AND coalesce(name_key, '') <> '' AND user_id IS NOT NULL";

macro_rules! is_old {
    ($database:ident) => {
        concat!(
            "SELECT EXISTS (SELECT 1 FROM candidates
                           WHERE job = ?1 AND seen_at_ms NOT BETWEEN ?2 AND ?3)
                OR EXISTS (SELECT 1 FROM users WHERE job = ?1 AND is_open = 1 AND status = 'pending'
                           AND effect = 'none' AND before_at_ms NOT BETWEEN ?2 AND ?3)
                OR EXISTS (SELECT 1 FROM jobs WHERE number = ?1 AND list_position IS NOT NULL
                           AND coalesce(CAST(",
            member!($database, "list_position", "at"),
            " AS bigint), 0) NOT BETWEEN ?2 AND ?3)"
        )
    };
}

const IS_OLD: Sql = twin!(is_old);

const OLD_LINES: &str = "
    SELECT line FROM users
    WHERE job = ? AND line > ? AND is_open = 1 AND status = 'pending' AND effect = 'none'
          AND (before_at_ms IS NULL OR before_at_ms NOT BETWEEN ? AND ?)
    ORDER BY line LIMIT ?";

macro_rules! seen_lines {
    ($database:ident) => {
        concat!(
            "SELECT line FROM ",
            users_of_given!($database, "?2", "bigint", "job = ?1 AND line = given.value"),
            " AND before_at_ms IS NOT NULL ORDER BY line"
        )
    };
}

const SEEN_LINES: Sql = twin!(seen_lines);

const FORGET_LIST_POSITION: &str = "UPDATE jobs SET list_position = NULL WHERE number = ?";

// A name that was resolved is resolved again: it may be another user's by now.
macro_rules! forget_lines {
    ($database:ident) => {
        concat!(
            "UPDATE users SET before_at_ms = NULL, active_before = NULL, workspaces_before = NULL,
                 user_id = CASE WHEN name_key IS NULL THEN user_id END,
                 user_key = CASE WHEN name_key IS NULL THEN user_key END,
                 user_name = CASE WHEN name_key IS NULL THEN user_name
                                  ELSE coalesce(roster_name, user_name) END,
                 display_name = CASE WHEN name_key IS NULL THEN display_name END,
                 shown_name = NULL, addresses = NULL
             FROM ",
            given!($database, "?2", "bigint"),
            " WHERE users.number = (SELECT one.number FROM users AS one
                                    WHERE one.job = ?1 AND one.line = given.value)"
        )
    };
}

const FORGET_LINES: Sql = twin!(forget_lines);

impl Ledger {
    /// Called when the look-up has sent all requests that could show a user of a line: chooses the
    /// candidate with the exact spelling, else the only one. If there are several, the line is
    /// ambiguous. A chosen user that was not shown with all that the goal is about, and with the
    /// names that `door` asks for, is still to be read.
    ///
    /// # Errors
    /// The ledger cannot be written, or a candidate is not stored as this version stores it. Then no user is
    /// chosen.
    pub async fn resolve(
        &mut self,
        job: &Job,
        run: &NewRun,
        door: &Door,
    ) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.begin(job.number).await?;
        let candidates: Vec<Candidate> = query(CANDIDATES)
            .bind(job.number)
            .fetch_all(&mut transaction)
            .await?;
        let (mut shown, mut entries) = (Vec::new(), Vec::new());
        let mut known = Vec::new();
        for of_line in candidates.chunk_by(|a, b| a.line == b.line) {
            let exact = of_line.iter().find(|candidate| candidate.is_exact);
            match (exact, of_line) {
                (Some(meant), _) | (None, [meant]) => {
                    let goal = goal_of(meant.goal.clone(), job);
                    if goal.is_none_or(|goal| goal.is_shown_by(&meant.state))
                        && is_named(door, meant.known.clone(), &meant.state)
                    {
                        shown.push(ShownUser {
                            line: meant.line,
                            at: meant.seen_at_ms,
                            state: &meant.state,
                        });
                    } else {
                        known.push(meant);
                    }
                }
                (None, several) => entries.push(ambiguity(several, now)),
            }
        }
        store_looks(&mut transaction, job, run, &shown).await?;
        record(&mut transaction, job.number, run.number, job.ids, &entries).await?;
        let bind = |values: &mut BoundValues, meant: &&Candidate| {
            let state = &meant.state;
            values.push(meant.line);
            values.text(&state.id);
            values.text(&job.ids.key(&state.id));
            values.optional(state.user_name.as_deref());
            values.optional(state.display_name.as_deref());
            values.push(state.addresses.as_ref().map(Json));
        };
        STORE_IDENTITIES
            .execute(&mut transaction, &[], &known, bind, &[Some(job.number)])
            .await?;
        forget_candidates(&mut transaction, job.number).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Forgets what a look-up saw before this moment, or is said to have seen in the future: users are
    /// looked up anew, and the list is gone through from its beginning.
    ///
    /// # Errors
    /// The ledger cannot be written, for example on a full disk. Then nothing of this is stored.
    pub async fn forget_looks(
        &mut self,
        job: &Job,
        run: &NewRun,
        before: Timestamp,
    ) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let mut transaction = self.begin(job.number).await?;
        // The ledger does not record when a name was resolved, if its user was not read since.
        query(FORGET_UNREAD_NAMES)
            .bind(job.number)
            .execute(&mut transaction)
            .await?;
        let is_old: bool = query_scalar(IS_OLD)
            .bind(job.number)
            .bind(before)
            .bind(now)
            .fetch_one(&mut transaction)
            .await?;
        if is_old {
            forget_look_up(&mut transaction, job).await?;
            let mut pages = Pages::of_lines();
            loop {
                let page = pages.next(async |after, limit| {
                    query_scalar(OLD_LINES)
                        .bind(job.number)
                        .bind(after)
                        .bind(before)
                        .bind(now)
                        .bind(Count::limit(limit))
                        .fetch_all(&mut transaction)
                        .await
                });
                let page: Option<Vec<Line>> = page.await?;
                let Some(lines) = page else { break };
                forget_lines(&mut transaction, job, run, now, &lines).await?;
            }
        }
        transaction.commit().await?;
        Ok(())
    }
}

/// Forgets how far a look-up has come: in the list, and with lines that several users may fit.
pub(in crate::ledger::store) async fn forget_look_up(
    connection: &mut SqlConnection,
    job: &Job,
) -> Result<(), LedgerError> {
    forget_candidates(connection, job.number).await?;
    query(FORGET_LIST_POSITION)
        .bind(job.number)
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets what was seen of lines that were never written, so that they are looked up again. Each line that had been
/// seen gets an event `look_forgotten`.
pub(in crate::ledger::store) async fn forget_lines(
    connection: &mut SqlConnection,
    job: &Job,
    run: &NewRun,
    at: Timestamp,
    lines: &[Line],
) -> Result<(), LedgerError> {
    let lines: Vec<_> = lines.iter().map(|line| line.0).collect();
    let lines = json!(lines).to_string();
    let seen: Vec<Line> = query_scalar(SEEN_LINES)
        .bind(job.number)
        .bind(&lines)
        .fetch_all(&mut *connection)
        .await?;
    let events: Vec<_> = seen
        .into_iter()
        .map(|line| NewEvent::new(Some(line), at, &EventBody::LookForgotten {}))
        .collect();
    append_events(connection, job.number, Some(run.number), &events).await?;
    query(FORGET_LINES)
        .bind(job.number)
        .bind(&lines)
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets the candidates of a job.
pub(in crate::ledger::store) async fn forget_candidates(
    connection: &mut SqlConnection,
    job: i64,
) -> Result<(), LedgerError> {
    query("DELETE FROM candidates WHERE job = ?")
        .bind(job)
        .execute(connection)
        .await?;
    Ok(())
}

/// Keeps candidates; a later look takes the place of an earlier one.
pub(super) async fn keep(
    connection: &mut SqlConnection,
    job: &Job,
    candidates: &[(Line, usize, bool)],
    users: &[UserState],
    now: Timestamp,
) -> Result<(), LedgerError> {
    // A list may show a user twice: one statement may store a row only once.
    let rows = candidates.iter().map(|(line, nth, is_exact)| {
        let user = &users[*nth];
        ((line.0, user.id.as_str()), (*line, user, *is_exact))
    });
    let rows: BTreeMap<_, _> = rows.collect();
    let rows: Vec<_> = rows.into_values().collect();
    let bind = |values: &mut BoundValues, (line, user, is_exact): &(Line, &UserState, bool)| {
        values.push(*line);
        values.text(&user.id);
        values.push(*is_exact);
        values.optional(user.user_name.as_deref());
        values.optional(user.display_name.as_deref());
        values.push(user.addresses.as_ref().map(Json));
        values.push(user.active);
        values.push(user.workspaces.as_ref().map(Json));
        values.push(now);
    };
    KEEP.execute(connection, &[Some(job.number)], &rows, bind, &[])
        .await
}

/// Several users fit a line: none of them is written, and none of their ids is kept.
fn ambiguity(several: &[Candidate], at: Timestamp) -> Entry {
    let ids: Vec<_> = several.iter().map(|one| one.state.id.as_str()).collect();
    let first = &ids[..ids.len().min(SHOWN)];
    let more = and_more(ids.len() as u64, SHOWN).map(|more| format!(" {more}"));
    let what = match several.first() {
        Some(one) if !one.by_name => "id, but for its case",
        _ => "name",
    };
    let detail = format!(
        "{} users of the provider have this {what}: {}{}",
        several.len(),
        first.join(", "),
        more.unwrap_or_default()
    );
    Entry {
        line: several.first().map_or(Line(0), |one| one.line),
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
mod tests {
    use super::*;
    use crate::domain::IdRule;
    use crate::ledger::RunKind;
    use crate::ledger::testing::LedgerBed;

    #[tokio::test]
    async fn no_statement_goes_through_all_lines() {
        let mut bed = LedgerBed::new(IdRule::Exact, RunKind::Run, Vec::new()).await;
        for sql in [OLD_LINES.into(), FORGET_UNREAD_NAMES.into(), IS_OLD] {
            bed.ledger.assert_found_by("users_open", sql).await;
        }
    }
}
