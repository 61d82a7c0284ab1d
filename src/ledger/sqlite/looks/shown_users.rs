//! Stores what a list or a search has shown of many users: an event for each, and what each had before the job.

use std::borrow::Cow;

use sqlx::SqliteConnection;

use crate::domain::{IdRule, Line, Timestamp, UserState};
use crate::ledger::record::{EventBody, NewEvent};
use crate::ledger::sqlite::events::append_events;
use crate::ledger::sqlite::looks::unseen::has_names;
use crate::ledger::sqlite::{BoundValues, Json, RowsSql};
use crate::ledger::{Job, LedgerError, NewRun};

/// The user of a line as it was shown.
#[derive(Debug)]
pub(super) struct ShownUser<'a> {
    pub(super) line: Line,
    pub(super) at: Timestamp,
    pub(super) state: &'a UserState,
}

/// Line, time, active, workspaces, name, display name, addresses. Once a write may have changed a user, a
/// look-up does not say any more what the user had before.
const STORE_STATES: RowsSql = RowsSql {
    before: "
    UPDATE users SET before_at_ms = column2, active_before = column3, workspaces_before = column4,
        user_name = coalesce(column5, user_name), shown_name = coalesce(column5, shown_name),
        display_name = coalesce(column6, display_name), addresses = coalesce(column7, addresses),
        run = ?
    FROM",
    columns: 7,
    after: "WHERE job = ? AND line = column1 AND effect = 'none'",
};

/// Line, id, key of the id. An id that the roster gives stays as it is, and the indexes on ids with it.
const STORE_IDS: RowsSql = RowsSql {
    before: "UPDATE users SET user_id = column2, user_key = column3 FROM",
    columns: 3,
    after: "WHERE job = ? AND line = column1 AND name_key IS NOT NULL AND effect = 'none'",
};

/// Stores users that were shown, at most one for each line, in the caller's transaction.
pub(super) async fn store_looks(
    connection: &mut SqliteConnection,
    job: &Job,
    run: &NewRun,
    users: &[ShownUser<'_>],
) -> Result<(), LedgerError> {
    let events: Vec<_> = users.iter().map(ShownUser::event).collect();
    append_events(connection, job.number, Some(run.number), &events).await?;
    let number = Some(job.number);
    STORE_STATES
        .execute(
            connection,
            &[Some(run.number)],
            users,
            |values, user| user.bind_state(values),
            &[number],
        )
        .await?;
    if !users.is_empty() && has_names(connection, job.number).await? {
        STORE_IDS
            .execute(
                connection,
                &[],
                users,
                |values, user| user.bind_id(values, job.ids),
                &[number],
            )
            .await?;
    }
    Ok(())
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

    /// The values of [`STORE_STATES`].
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

    /// The values of [`STORE_IDS`].
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
        for sql in [STORE_STATES, STORE_IDS] {
            let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", sql.text(2)));
            let rows = sqlx::query(explain).fetch_all(&mut connection).await;
            let steps = rows.unwrap();
            let steps: Vec<String> = steps.iter().map(|row| row.get("detail")).collect();
            let plan = steps.join("; ");
            assert!(plan.contains("(job=? AND line=?)"), "{plan}");
            assert!(!plan.contains("SCAN users"), "{plan}");
        }
    }
}
