//! Statements that take many rows, as bound values.
//!
//! Rows could go to a database as one JSON text, too. But SQLite parses that text again for each column of each row,
//! which costs two to three times as much as to store the row.

use std::fmt::Write;

use sqlx::{AssertSqlSafe, SqlSafeStr};

use crate::ledger::LedgerError;
use crate::ledger::sql::column_arrays::ColumnArrays;
use crate::ledger::sql::query::{execute, execute_in_postgres};
use crate::ledger::sql::statement::numbered;
use crate::ledger::sql::{BoundValues, Sql, SqlConnection};

/// The most rows of one statement: enough to make the statement's own cost small, few enough to keep memory flat. A
/// power of two.
const MOST: usize = 64;

/// The most bytes of the rows of one statement for PostgreSQL. One of more than 16 KiB would leave in two writes, of which
/// the second waits for the acknowledgement of the first (Nagle's algorithm, RFC 896): the library does not switch that
/// off.
const MOST_BYTES: usize = 15 * 1024;

/// A statement with a place for rows. The rows are a table `given` with the columns `column1`, `column2` and so on.
///
/// SQLite takes each value of each row by itself. There the number of rows is always a power of two, so that few
/// statements are prepared and kept: it is filled up with rows whose columns are all `NULL`. The statement must leave out
/// rows whose `column1` is `NULL`, and no row of the caller's may have that. PostgreSQL takes an array for each column.
///
/// Each place for a value is a plain `?`: a place with a number would count for itself, and not go on after it.
#[derive(Debug, Clone, Copy)]
pub(in crate::ledger) struct RowsSql {
    /// The text before the rows, such as `UPDATE … FROM`.
    pub(in crate::ledger) before: &'static str,
    /// The number of columns.
    pub(in crate::ledger) columns: usize,
    /// The text after the rows.
    pub(in crate::ledger) after: Sql,
}

impl RowsSql {
    /// The text of the statement for so many rows, for SQLite.
    pub(in crate::ledger) fn text(&self, rows: usize) -> String {
        let after = self.after.sqlite;
        let row = format!("({})", vec!["?"; self.columns].join(","));
        let length = self.before.len() + after.len() + rows * (row.len() + 1) + 32;
        let mut text = String::with_capacity(length);
        text.push_str(self.before);
        text.push_str(" (VALUES ");
        for nth in 0..rows {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{}{row}", if nth > 0 { "," } else { "" });
        }
        text.push_str(") AS given ");
        text.push_str(after);
        text
    }

    /// Executes the statement with all rows. `before` and `after` are the values of the places before and after the
    /// rows, and `bind` takes the values of a row.
    pub(in crate::ledger) async fn execute<R>(
        &self,
        connection: &mut SqlConnection,
        before: &[Option<i64>],
        rows: &[R],
        bind: impl Fn(&mut BoundValues, &R),
        after: &[Option<i64>],
    ) -> Result<(), LedgerError> {
        if connection.is_postgres() {
            return self
                .execute_arrays(connection, before, rows, bind, after)
                .await;
        }
        for part in rows.chunks(MOST) {
            let length = part.len().next_power_of_two();
            let places = before.len() + length * self.columns + after.len();
            let mut values = BoundValues(Vec::with_capacity(places));
            for value in before {
                values.push(*value);
            }
            for row in part {
                bind(&mut values, row);
            }
            for nth in 0..(length - part.len()) * self.columns {
                let above = values.0[before.len() + nth % self.columns].null();
                values.0.push(above);
            }
            for value in after {
                values.push(*value);
            }
            debug_assert_eq!(values.0.len(), places, "a value for each place");
            // The text holds no value.
            let text = |_| AssertSqlSafe(self.text(length)).into_sql_str();
            execute(connection, values, text).await?;
        }
        Ok(())
    }

    /// Executes the statement with all rows, in PostgreSQL.
    async fn execute_arrays<R>(
        &self,
        connection: &mut SqlConnection,
        before: &[Option<i64>],
        rows: &[R],
        bind: impl Fn(&mut BoundValues, &R),
        after: &[Option<i64>],
    ) -> Result<(), LedgerError> {
        let mut rows = rows.iter().map(|row| {
            let mut values = BoundValues(Vec::with_capacity(self.columns));
            bind(&mut values, row);
            values
        });
        let mut rows = rows.by_ref().peekable();
        while let Some(first) = rows.next() {
            let mut arrays = ColumnArrays::of(first);
            while let Some(row) = rows.next_if(|row| arrays.bytes() + row.bytes() <= MOST_BYTES) {
                arrays.push(row);
            }
            let arrays_text = arrays.text();
            let text = numbered(&format!(
                "{}{arrays_text}{}",
                self.before, self.after.postgres
            ));
            let values = arrays.between(before, after)?;
            execute_in_postgres(connection, text, values).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use macro_rules_attribute::apply;

    use super::*;
    use crate::domain::Clock;
    use crate::ledger::Ledger;
    use crate::ledger::sql::query;
    use crate::ledger::testing::{TestStore, on_each_store};

    #[apply(on_each_store)]
    async fn each_row_is_stored_once_and_in_order(store: TestStore) {
        let opened = Ledger::open(store.address(), Clock::System).await;
        let mut connection = opened.unwrap().connection;
        let made = "CREATE TEMPORARY TABLE t (a BIGINT, b TEXT, c BIGINT, d TEXT)";
        let insert = RowsSql {
            before: "INSERT INTO t SELECT column1, column2, ?, column3 FROM",
            columns: 3,
            after: Sql::same("WHERE column1 <> ?"),
        };
        let in_order = Sql::twin(
            "SELECT * FROM t ORDER BY rowid",
            "SELECT * FROM t ORDER BY ctid",
        );
        // The longest texts have to be sent one by one.
        for (count, length) in [
            (0, 1),
            (1, 1),
            (2, 1),
            (7, MOST_BYTES),
            (MOST, 400),
            (2 * MOST + 3, 1),
        ] {
            query(made).execute(&mut connection).await.unwrap();
            let rows: Vec<usize> = (0..count).collect();
            let text = |nth: usize| format!("row {nth} {}", "\0é".repeat(length / 3));
            let bind = |values: &mut BoundValues, nth: &usize| {
                values.push(i64::try_from(*nth).unwrap());
                values.text(&text(*nth));
                values.optional(nth.is_multiple_of(2).then_some("even"));
            };
            let stored = insert.execute(&mut connection, &[Some(7)], &rows, bind, &[Some(3)]);
            stored.await.unwrap();
            let all: Vec<(i64, String, i64, Option<String>)> =
                query(in_order).fetch_all(&mut connection).await.unwrap();
            let is_postgres = connection.is_postgres();
            let expected = rows.iter().filter(|nth| **nth != 3).map(|nth| {
                let even = nth.is_multiple_of(2).then(|| "even".to_owned());
                let mut text = text(*nth);
                if is_postgres {
                    text = text.replace('\0', "\u{fffd}");
                }
                (i64::try_from(*nth).unwrap(), text, 7, even)
            });
            assert_eq!(all, expected.collect::<Vec<_>>());
            let dropped = query("DROP TABLE t").execute(&mut connection).await;
            dropped.unwrap();
        }
    }
}
