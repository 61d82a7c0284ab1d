//! What a plan is decided by, of each line: for passes over all lines of a job.

use std::borrow::Cow;

use serde::Deserialize;

use crate::domain::{Effect, Goal, KnownNames, Line, Seen, Status, Timestamp, UserState};
use crate::ledger::sql::{Count, Sql, query_scalar, rows_as_json};
use crate::ledger::store::Placed;
use crate::ledger::store::users::user_columns::{json, optional, parsed, word};
use crate::ledger::{Job, Ledger, LedgerError, UserRow};

/// The part of a roster line and its user that decides what a plan does. See [`UserRow`], which has all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlanLine {
    /// Where the record begins in the roster.
    pub(crate) line: Line,
    /// The user's id, if it is known.
    pub(crate) user_id: Option<String>,
    /// The state of the line.
    pub(crate) status: Status,
    /// What the user had when last seen before the first write.
    pub(crate) before: Option<Seen>,
    /// What the user is to have, where the change of the job does not say.
    pub(crate) goal: Option<Goal>,
    /// What the writes of the job may have done.
    pub(crate) effect: Effect,
    /// All names of the user.
    pub(crate) known: KnownNames,
}

impl Placed for PlanLine {
    type Place = Line;

    fn place(&self) -> Line {
        self.line
    }
}

impl From<&UserRow> for PlanLine {
    fn from(row: &UserRow) -> Self {
        Self {
            line: row.line,
            user_id: row.user_id.clone(),
            status: row.status,
            before: row.before.clone(),
            goal: row.goal.clone(),
            effect: row.effect,
            known: row.known.clone(),
        }
    }
}

/// A page as one row: each row is sent from the thread of SQLite by itself, value by value.
macro_rules! plan_lines {
    ($database:ident, $condition:literal) => {
        concat!(
            "SELECT ",
            rows_as_json!(
                $database,
                "line, user_id, status, before_at_ms, active_before, workspaces_before, goal, effect,
                 shown_name, addresses, roster_name, cells"
            ),
            " FROM (SELECT line, user_id, status, before_at_ms, active_before, workspaces_before, goal,
                          effect, shown_name, addresses, roster_name, cells
                   FROM users WHERE job = ? AND line > ?",
            $condition,
            " ORDER BY line LIMIT ?) AS page"
        )
    };
}

const PLAN_LINES: Sql = Sql::twin(plan_lines!(sqlite, ""), plan_lines!(postgres, ""));

const OPEN_PLAN_LINES: Sql = Sql::twin(
    plan_lines!(sqlite, " AND is_open = 1"),
    plan_lines!(postgres, " AND is_open = 1"),
);

/// The columns of [`PLAN_LINES`].
#[derive(Deserialize)]
struct PlanColumns<'a>(
    u64,
    Option<String>,
    #[serde(borrow)] Cow<'a, str>,
    Option<i64>,
    Option<i64>,
    #[serde(borrow)] Option<Cow<'a, str>>,
    #[serde(borrow)] Option<Cow<'a, str>>,
    #[serde(borrow)] Cow<'a, str>,
    Option<String>,
    #[serde(borrow)] Option<Cow<'a, str>>,
    Option<String>,
    #[serde(borrow)] Cow<'a, str>,
);

impl TryFrom<PlanColumns<'_>> for PlanLine {
    type Error = LedgerError;

    fn try_from(row: PlanColumns<'_>) -> Result<Self, LedgerError> {
        let PlanColumns(line, user_id, status, before_at, active, workspaces, ..) = row;
        let PlanColumns(.., goal, effect, shown_name, addresses, roster_name, cells) = row;
        let state = UserState {
            active: active.map(|active| active != 0),
            workspaces: optional("workspaces_before", workspaces)?,
            ..UserState::of(user_id.clone().unwrap_or_default())
        };
        Ok(Self {
            line: Line(line),
            user_id,
            status: word("status", &status)?,
            before: before_at.map(|at| Seen {
                state,
                at: Timestamp::from_millis(at),
            }),
            goal: optional("goal", goal)?,
            effect: word("effect", &effect)?,
            known: KnownNames {
                user_name: shown_name,
                addresses: optional("addresses", addresses)?,
                roster_name,
                cells: json("cells", &cells)?,
            },
        })
    }
}

impl Ledger {
    /// The next `limit` lines of a job after line `after`, as a plan decides them.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub(crate) async fn plan_lines(
        &mut self,
        job: &Job,
        after: Line,
        limit: usize,
    ) -> Result<Vec<PlanLine>, LedgerError> {
        self.plan_lines_by(PLAN_LINES, job, after, limit).await
    }

    /// The next `limit` lines of a job after line `after` that a run still has to deal with.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub(crate) async fn open_plan_lines(
        &mut self,
        job: &Job,
        after: Line,
        limit: usize,
    ) -> Result<Vec<PlanLine>, LedgerError> {
        self.plan_lines_by(OPEN_PLAN_LINES, job, after, limit).await
    }

    async fn plan_lines_by(
        &mut self,
        sql: Sql,
        job: &Job,
        after: Line,
        limit: usize,
    ) -> Result<Vec<PlanLine>, LedgerError> {
        let rows: String = query_scalar(sql)
            .bind(job.number)
            .bind(after)
            .bind(Count::limit(limit))
            .fetch_one(&mut self.connection)
            .await?;
        let rows: Vec<PlanColumns<'_>> = parsed("users", &rows)?;
        let lines: Result<Vec<_>, _> = rows.into_iter().map(PlanLine::try_from).collect();
        let mut lines = lines?;
        // No order is promised of what is gathered.
        lines.sort_unstable_by_key(|line: &PlanLine| line.line);
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use macro_rules_attribute::apply;

    use super::*;
    use crate::domain::{Door, IdRule};
    use crate::ledger::testing::{LedgerBed, TestStore, id, on_each_store};
    use crate::ledger::{Names, RunKind};

    #[apply(on_each_store)]
    async fn a_line_is_the_same_as_in_the_whole_row(store: TestStore) {
        let names = vec![
            id("u\"1"),
            id("u2"),
            Names::UserName("Zo\u{eb}@x.com".to_owned()),
            id("u2"),
        ];
        let mut bed = LedgerBed::within(store, IdRule::Exact, RunKind::Plan, names).await;
        let users = [
            UserState {
                user_name: Some("ada \u{e9}\\".to_owned()),
                addresses: Some(vec!["a@x.com".to_owned(), "\u{1f600}".to_owned()]),
                active: Some(false),
                workspaces: Some(vec!["w\"1".to_owned(), "w2".to_owned()]),
                ..UserState::of("u\"1")
            },
            UserState {
                addresses: Some(Vec::new()),
                active: Some(true),
                workspaces: Some(Vec::new()),
                ..UserState::of("u2")
            },
        ];
        let door = Door::default();
        let found = bed.ledger.found(&bed.job, &bed.run, &door, &users, None);
        assert_eq!(found.await.unwrap().len(), 2);
        let rows = bed.ledger.lines(&bed.job, Line(0), 9).await.unwrap();
        let lines = bed.ledger.plan_lines(&bed.job, Line(0), 9).await.unwrap();
        assert_eq!(lines, rows.iter().map(PlanLine::from).collect::<Vec<_>>());
        let looked_up = lines.iter().filter(|line| line.before.is_some());
        assert_eq!((lines.len(), looked_up.count()), (4, 2));
        let last = bed.ledger.plan_lines(&bed.job, Line(4), 9).await.unwrap();
        assert_eq!(last, lines[3..]);
        let none = bed.ledger.plan_lines(&bed.job, Line(9), 9).await.unwrap();
        assert!(none.is_empty());
    }
}
