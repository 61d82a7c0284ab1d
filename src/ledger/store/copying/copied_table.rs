//! The tables of a job, as they are copied: which columns there are, how a page of rows is read, and how it is stored.
//!
//! The columns are listed here, so that one that is added later is missed by the test which compares them with those
//! of the database.

use serde_json::Value;

use crate::domain::Line;
use crate::ledger::LedgerError;
use crate::ledger::sql::{
    BoundValues, Count, RowsSql, Sql, SqlConnection, query_scalar, rows_as_json,
};

/// The type of a column. Both databases know these two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnKind {
    Number,
    Text,
    /// The number of a run, which is another one in the other ledger.
    Run,
}

/// A table whose rows belong to one job each.
#[derive(Debug)]
pub(super) struct CopiedTable {
    pub(super) name: &'static str,
    pub(super) columns: &'static [(&'static str, ColumnKind)],
    /// A page of rows, as one JSON array: the place of each row, then its columns. The places for values are the job,
    /// the place after which the page begins, and the number of rows.
    page: Sql,
    insert: RowsSql,
}

/// A row: its place, and its columns.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CopiedRow {
    pub(super) place: i64,
    pub(super) columns: Vec<Value>,
}

/// Declares a table. Its rows are copied in the order of the column that is named as the place.
macro_rules! copied_table {
    ($name:ident, $table:literal, by $place:literal, [$first:ident $first_kind:ident $(, $column:ident $kind:ident)* $(,)?]) => {
        pub(super) const $name: CopiedTable = CopiedTable {
            name: $table,
            columns: &[
                (stringify!($first), ColumnKind::$first_kind)
                $(, (stringify!($column), ColumnKind::$kind))*
            ],
            page: Sql::twin(
                copied_table!(@page sqlite, $table, $place, [$first $(, $column)*]),
                copied_table!(@page postgres, $table, $place, [$first $(, $column)*]),
            ),
            insert: RowsSql {
                before: concat!(
                    "INSERT INTO ", $table, " (job, ", stringify!($first), $(", ", stringify!($column),)*
                    ") SELECT ?, given.* FROM"
                ),
                columns: copied_table!(@count $first $($column)*),
                after: Sql::same("WHERE column1 IS NOT NULL"),
            },
        };
    };
    (@page $database:ident, $table:literal, $place:literal, [$first:ident $(, $column:ident)*]) => {
        concat!(
            "SELECT ",
            rows_as_json!(
                $database,
                concat!($place, ", ", stringify!($first) $(, ", ", stringify!($column))*)
            ),
            " FROM (SELECT * FROM ", $table, " WHERE job = ? AND ", $place, " > ? ORDER BY ", $place,
            " LIMIT ?) AS page"
        )
    };
    (@count) => { 0 };
    (@count $first:ident $($rest:ident)*) => { 1 + copied_table!(@count $($rest)*) };
}

// In each table the first column is never `NULL`.

copied_table!(RUNS, "runs", by "number", [
    id Text, host Text, pid Number, account Text, version Text, started_at_ms Number, ended_at_ms Number,
    ending Text, kind Text, operator Text, actor_id Text, tenant Text, ticket Text, reason Text,
    approver Text, settings Text, requests Number, throttled Number, result Text, stopped Text,
]);

copied_table!(USERS, "users", by "line", [
    line Number, user_id Text, user_key Text, name_key Text, cells Text, goal Text, status Text,
    reason Text, detail Text, attempts Number, http_status Number, request_id Text, user_name Text,
    display_name Text, before_at_ms Number, active_before Number, workspaces_before Text,
    active_after Number, workspaces_after Text, first_attempt_at_ms Number, done_at_ms Number,
    confirmed_at_ms Number, confirmed_by Text, verified_at_ms Number, verified Text,
    verified_detail Text, event_hash Text, run Run, verified_run Run, effect Text, sent Number,
    roster_name Text, addresses Text, shown_name Text, is_open Number,
]);

copied_table!(EVENTS, "events", by "number", [
    at_ms Number, run Run, line Number, kind Text, body Text, seq Number, hash Text,
]);

copied_table!(PLAN_PAGES, "plan_pages", by "last_line", [last_line Number, digest Text]);

impl CopiedTable {
    /// The next rows of a job after a place, in their order.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub(super) async fn page(
        &self,
        connection: &mut SqlConnection,
        job: i64,
        after: i64,
        limit: usize,
    ) -> Result<Vec<CopiedRow>, LedgerError> {
        let page: String = query_scalar(self.page)
            .bind(job)
            .bind(after)
            .bind(Count::limit(limit))
            .fetch_one(connection)
            .await?;
        let unreadable =
            |error: serde_json::Error| LedgerError::value(self.name, error.to_string());
        let rows: Vec<Vec<Value>> = serde_json::from_str(&page).map_err(unreadable)?;
        let mut read = Vec::with_capacity(rows.len());
        for mut columns in rows {
            let place = (!columns.is_empty()).then(|| columns.remove(0));
            let place = place.as_ref().and_then(Value::as_i64);
            let place =
                place.ok_or_else(|| LedgerError::value(self.name, "a row without a place"))?;
            read.push(CopiedRow { place, columns });
        }
        read.sort_unstable_by_key(|row| row.place);
        Ok(read)
    }

    /// Stores rows for a job of the other ledger. `run` gives the number that a run has there.
    ///
    /// # Errors
    /// A value is none of its column's type, or the ledger cannot be written.
    pub(super) async fn store(
        &self,
        connection: &mut SqlConnection,
        job: i64,
        rows: &[CopiedRow],
        run: impl Fn(i64) -> Option<i64>,
    ) -> Result<(), LedgerError> {
        for row in rows {
            self.check(row, &run)?;
        }
        let bind = |values: &mut BoundValues, row: &CopiedRow| {
            for ((_, kind), value) in self.columns.iter().zip(&row.columns) {
                match kind {
                    ColumnKind::Number => values.push(value.as_i64()),
                    ColumnKind::Run => values.push(value.as_i64().and_then(&run)),
                    ColumnKind::Text => values.optional(value.as_str()),
                }
            }
        };
        self.insert
            .execute(connection, &[Some(job)], rows, bind, &[])
            .await
    }

    /// Each value is of the type of its column, and each run is known.
    fn check(&self, row: &CopiedRow, run: impl Fn(i64) -> Option<i64>) -> Result<(), LedgerError> {
        let fits = |kind: ColumnKind, value: &Value| match kind {
            _ if value.is_null() => true,
            ColumnKind::Number => value.is_i64(),
            ColumnKind::Text => value.is_string(),
            ColumnKind::Run => value.as_i64().and_then(&run).is_some(),
        };
        if row.columns.len() != self.columns.len() {
            return Err(LedgerError::value(self.name, "a row of another length"));
        }
        for ((name, kind), value) in self.columns.iter().zip(&row.columns) {
            if !fits(*kind, value) {
                return Err(LedgerError::value(*name, value.to_string()));
            }
        }
        Ok(())
    }
}

impl CopiedRow {
    /// The value of a column of [`EVENTS`].
    pub(super) fn of(&self, name: &str) -> &Value {
        let place = EVENTS
            .columns
            .iter()
            .position(|(column, _)| *column == name);
        place
            .and_then(|place| self.columns.get(place))
            .unwrap_or(&Value::Null)
    }

    /// The line of an event, if it is about one.
    pub(super) fn line(&self) -> Option<Line> {
        self.of("line").as_u64().map(Line)
    }
}
