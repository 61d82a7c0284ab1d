//! The users that a run has to deal with, a page at a time.
//!
//! SQLite makes one JSON text of a page: the library sends each row through a channel, and copies each value of
//! it, which costs more than the rest of the claim of a user.

use serde::Deserialize;

use crate::domain::{Effect, Goal, KnownNames, Line, Seen, Timestamp, UserId, UserState};
use crate::ledger::sql::{Count, Sql, json_in, query_scalar, rows_as_json, twin};
use crate::ledger::store::users::user_columns::parsed;
use crate::ledger::{LedgerError, Reader};
use crate::port::Subject;

/// Columns of a user in the order of [`PAGE`]. Lists and the goal are stored as JSON, and arrive as such.
#[derive(Debug, PartialEq, Deserialize)]
struct OpenUser(
    u64,
    String,
    u32,
    String,
    Option<Goal>,
    Option<i64>,
    Option<i64>,
    Option<Vec<String>>,
    Option<String>,
    Option<Vec<String>>,
    Option<String>,
    Vec<String>,
);

/// SQLite prepares a statement anew whenever the value of a bare `LIMIT ?` is bound. It does not where the limit is
/// computed.
macro_rules! page {
    ($database:ident) => {
        concat!(
            "SELECT ",
            rows_as_json!(
                $database,
                concat!(
                    "line, user_id, attempts, effect, ",
                    json_in!($database, "goal"),
                    ", before_at_ms, active_before, ",
                    json_in!($database, "workspaces_before"),
                    ", shown_name, ",
                    json_in!($database, "addresses"),
                    ", roster_name, ",
                    json_in!($database, "cells")
                )
            ),
            " FROM (SELECT * FROM users
                    WHERE job = ? AND line > ? AND is_open = 1 AND status IN ('pending', 'in_doubt')
                          AND user_id IS NOT NULL
                    ORDER BY line LIMIT ? + 0) AS page"
        )
    };
}

const PAGE: Sql = twin!(page);

impl OpenUser {
    /// The user as the engine works on it; `goal` is what the change of the job asks for every user.
    fn into_subject(self, goal: Option<&Goal>) -> Result<Subject, LedgerError> {
        let Self(line, user, attempts, effect, own_goal, at, active, workspaces, ..) = self;
        let Self(.., user_name, addresses, roster_name, cells) = self;
        let state = UserState {
            active: active.map(|active| active != 0),
            workspaces,
            ..UserState::of(user.clone())
        };
        let goal = own_goal.or_else(|| goal.cloned());
        Ok(Subject {
            line: Line(line),
            user: UserId::new(user),
            attempts,
            effect: Effect::parse(&effect).ok_or_else(|| LedgerError::value("effect", &effect))?,
            goal: goal.ok_or_else(|| LedgerError::value("goal", ""))?,
            before: at.map(|at| Seen {
                state,
                at: Timestamp::from_millis(at),
            }),
            known: KnownNames {
                user_name,
                addresses,
                roster_name,
                cells,
            },
        })
    }
}

/// The next `limit` users without an outcome after line `after`, in the order of their lines. `goal` is what
/// the change of the job asks for every user.
///
/// # Errors
/// The ledger cannot be read, or a row is not what this version writes.
pub(in crate::ledger) async fn open_users(
    reader: &mut Reader,
    job: i64,
    after: Line,
    limit: usize,
    goal: Option<&Goal>,
) -> Result<Vec<Subject>, LedgerError> {
    let page: String = query_scalar(PAGE)
        .bind(job)
        .bind(after)
        .bind(Count::limit(limit))
        .fetch_one(&mut reader.connection)
        .await?;
    let page: Vec<OpenUser> = parsed("users", &page)?;
    let subjects: Result<Vec<_>, _> = page
        .into_iter()
        .map(|user| user.into_subject(goal))
        .collect();
    let mut subjects = subjects?;
    // No order is promised of what is gathered.
    subjects.sort_unstable_by_key(|subject| subject.line);
    Ok(subjects)
}
