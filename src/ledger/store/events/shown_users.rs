//! What users had before the job, as a look-up or a read has shown it: one rule and one pair of statements, for
//! users of whom a list shows many, and for a user that is read alone.

use std::borrow::Cow;

use crate::domain::{IdRule, Line, Timestamp, UserState};
use crate::ledger::record::{EventBody, NewEvent};
use crate::ledger::sql::{BoundValues, Json, RowsSql, Sql, SqlConnection, query_scalar};
use crate::ledger::store::events::append_events;
use crate::ledger::store::of_line;
use crate::ledger::{Job, LedgerError, NewRun};

/// The user of a line as it was shown.
#[derive(Debug)]
pub(in crate::ledger::store) struct ShownUser<'a> {
    pub(in crate::ledger::store) line: Line,
    pub(in crate::ledger::store) at: Timestamp,
    pub(in crate::ledger::store) state: &'a UserState,
}

/// Line, time, active, workspaces, name, display name, addresses.
const STATES: &str = "
    UPDATE users SET before_at_ms = column2, active_before = column3, workspaces_before = column4,
        user_name = coalesce(column5, user_name), shown_name = coalesce(column5, shown_name),
        display_name = coalesce(column6, display_name), addresses = coalesce(column7, addresses),
        run = ?
    FROM";

/// Line, id, key of the id. An id that the roster gives stays as it is, and the indexes on ids with it.
const IDS: &str = "UPDATE users SET user_id = column2, user_key = column3 FROM";

const UNTOUCHED: Sql = of_line!("effect = 'none'");

const UNTOUCHED_AND_NAMED: Sql = of_line!("name_key IS NOT NULL AND effect = 'none'");

const NAMED: Sql = of_line!("name_key IS NOT NULL");

/// Stores states and ids by one rule.
#[derive(Debug, Clone, Copy)]
pub(super) struct Showing {
    states: RowsSql,
    ids: RowsSql,
}

/// Once a write may have changed a user, a look-up does not say any more what the user had before.
pub(super) const LOOKED_UP: Showing = Showing {
    states: RowsSql {
        before: STATES,
        columns: 7,
        after: UNTOUCHED,
    },
    ids: RowsSql {
        before: IDS,
        columns: 3,
        after: UNTOUCHED_AND_NAMED,
    },
};

/// A read after a write has shown that the user still has all that was there before.
pub(super) const RENEWED: Showing = Showing {
    states: RowsSql {
        after: of_line!(),
        ..LOOKED_UP.states
    },
    ids: RowsSql {
        after: NAMED,
        ..LOOKED_UP.ids
    },
};

const HAS_NAMES: &str = "
    SELECT EXISTS (SELECT 1 FROM users WHERE job = ? AND name_key IS NOT NULL)";

impl Showing {
    /// Stores what these users have, at most one for each line, in the caller's transaction.
    pub(super) async fn store(
        self,
        connection: &mut SqlConnection,
        job: i64,
        run: i64,
        ids: IdRule,
        users: &[ShownUser<'_>],
    ) -> Result<(), LedgerError> {
        if users.is_empty() {
            return Ok(());
        }
        let (run, number) = ([Some(run)], [Some(job)]);
        let bind = |values: &mut BoundValues, user: &ShownUser<'_>| user.bind_state(values);
        let states = self.states.execute(connection, &run, users, bind, &number);
        states.await?;
        if has_names(connection, job).await? {
            let bind = |values: &mut BoundValues, user: &ShownUser<'_>| user.bind_id(values, ids);
            let stored = self.ids.execute(connection, &[], users, bind, &number);
            stored.await?;
        }
        Ok(())
    }
}

/// Whether the roster of a job names any user by name.
pub(in crate::ledger::store) async fn has_names(
    connection: &mut SqlConnection,
    job: i64,
) -> Result<bool, LedgerError> {
    let has = query_scalar(HAS_NAMES)
        .bind(job)
        .fetch_one(connection)
        .await?;
    Ok(has)
}

/// Stores users that a list or a search has shown, at most one for each line, in the caller's transaction: an
/// event for each, and what each had before the job.
pub(in crate::ledger::store) async fn store_looks(
    connection: &mut SqlConnection,
    job: &Job,
    run: &NewRun,
    users: &[ShownUser<'_>],
) -> Result<(), LedgerError> {
    let events: Vec<_> = users.iter().map(ShownUser::event).collect();
    append_events(connection, job.number, Some(run.number), &events).await?;
    LOOKED_UP
        .store(connection, job.number, run.number, job.ids, users)
        .await
}

impl ShownUser<'_> {
    fn event(&self) -> NewEvent {
        let body = EventBody::LookedUp {
            id: Cow::Borrowed(&self.state.id),
            active: self.state.active,
            workspaces: self.state.workspaces.as_deref().map(Cow::Borrowed),
        };
        NewEvent::new(Some(self.line), self.at, &body)
    }

    /// The values of [`STATES`].
    fn bind_state(&self, values: &mut BoundValues) {
        let state = self.state;
        values.push(self.line);
        values.push(self.at);
        values.push(state.active);
        values.push(state.workspaces.as_ref().map(Json));
        values.optional(state.user_name.as_deref());
        values.optional(state.display_name.as_deref());
        values.push(state.addresses.as_ref().map(Json));
    }

    /// The values of [`IDS`].
    fn bind_id(&self, values: &mut BoundValues, ids: IdRule) {
        let id = &self.state.id;
        values.push(self.line);
        values.text(id);
        values.text(&ids.key(id));
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{AssertSqlSafe, Row};

    use super::*;
    use crate::ledger::RunKind;
    use crate::ledger::testing::LedgerBed;

    #[tokio::test]
    async fn the_cost_of_a_look_does_not_grow_with_the_job() {
        let bed = LedgerBed::new(IdRule::Exact, RunKind::Plan, Vec::new()).await;
        let mut connection = bed.ledger.connection;
        let connection = connection.sqlite().unwrap();
        for sql in [LOOKED_UP.states, LOOKED_UP.ids, RENEWED.states, RENEWED.ids] {
            let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", sql.text(2)));
            let rows = sqlx::query(explain).fetch_all(&mut *connection).await;
            let steps = rows.unwrap();
            let steps: Vec<String> = steps.iter().map(|row| row.get("detail")).collect();
            let plan = steps.join("; ");
            assert!(plan.contains("(job=? AND line=?)"), "{plan}");
            assert!(!plan.contains("SCAN users"), "{plan}");
        }
    }
}
