//! Statements that take many rows, as bound values.
//!
//! Rows could go to a database as one JSON text, too. But SQLite parses that text again for each column of each row,
//! which costs two to three times as much as to store the row.

use std::fmt::Write;

use sqlx::{AssertSqlSafe, SqlSafeStr};

use crate::ledger::LedgerError;
use crate::ledger::sql::query::execute;
use crate::ledger::sql::statement::numbered;
use crate::ledger::sql::{BoundValues, Sql, SqlConnection};

/// The most rows of one statement: enough to make the statement's own cost small, few enough to keep memory flat. A
/// power of two.
const MOST: usize = 64;

/// The same for PostgreSQL. A statement of more than 16 KiB would leave in two writes, of which the second waits for the
/// acknowledgement of the first (Nagle's algorithm, RFC 896): the library does not switch that off.
const MOST_IN_POSTGRES: usize = 16;

/// A statement with a place for rows. The rows are a table `given` with the columns `column1`, `column2` and so on.
///
/// The number of rows is always a power of two, so that few statements are prepared and kept: it is filled up with
/// rows whose columns are all `NULL`. The statement must leave out rows whose `column1` is `NULL`, and no row of the
/// caller's may have that.
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
        self.text_with(rows, self.after.sqlite)
    }

    fn text_with(&self, rows: usize, after: &str) -> String {
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
        let most = if connection.is_postgres() {
            MOST_IN_POSTGRES
        } else {
            MOST
        };
        for part in rows.chunks(most) {
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
            execute(connection, values, |is_postgres| {
                // The text holds no value.
                let text = if is_postgres {
                    numbered(&self.text_with(length, self.after.postgres))
                } else {
                    self.text(length)
                };
                AssertSqlSafe(text).into_sql_str()
            })
            .await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection as _, SqliteConnection};

    use super::*;
    use crate::ledger::sql::query;

    #[tokio::test]
    async fn each_row_is_stored_once_and_in_order() {
        let connection = SqliteConnection::connect("sqlite::memory:").await;
        let mut connection = SqlConnection::from(connection.unwrap());
        let made = "CREATE TABLE t (a INTEGER, b TEXT, c INTEGER, d TEXT) STRICT";
        query(made).execute(&mut connection).await.unwrap();
        let insert = RowsSql {
            before: "INSERT INTO t SELECT column1, column2, ?, column3 FROM",
            columns: 3,
            after: Sql::same("WHERE column1 <> ?"),
        };
        for count in [0, 1, 2, 7, MOST, 2 * MOST + 3] {
            let rows: Vec<usize> = (0..count).collect();
            let bind = |values: &mut BoundValues, nth: &usize| {
                values.push(i64::try_from(*nth).unwrap());
                values.text(&format!("row {nth}"));
                values.optional(nth.is_multiple_of(2).then_some("even"));
            };
            let stored = insert.execute(&mut connection, &[Some(7)], &rows, bind, &[Some(3)]);
            stored.await.unwrap();
            let all: Vec<(i64, String, i64, Option<String>)> =
                query("SELECT * FROM t ORDER BY rowid")
                    .fetch_all(&mut connection)
                    .await
                    .unwrap();
            let expected = rows.iter().filter(|nth| **nth != 3).map(|nth| {
                let even = nth.is_multiple_of(2).then(|| "even".to_owned());
                (i64::try_from(*nth).unwrap(), format!("row {nth}"), 7, even)
            });
            assert_eq!(all, expected.collect::<Vec<_>>());
            let emptied = query("DELETE FROM t").execute(&mut connection).await;
            emptied.unwrap();
        }
    }
}
