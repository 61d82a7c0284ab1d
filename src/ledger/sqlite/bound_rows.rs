//! Statements that take many rows, as bound values.
//!
//! Rows could go to SQLite as one JSON text, too. But it parses that text again for each column of each row, which
//! costs two to three times as much as to store the row.

use std::fmt::Write;
use std::sync::Arc;

use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, Encode, Sqlite, SqliteConnection, Type};

use crate::ledger::LedgerError;

/// The most rows of one statement: enough to make the statement's own cost small, few enough to keep memory flat. A
/// power of two.
const MOST: usize = 64;

/// A statement with a place for rows. The rows are a table with the columns `column1`, `column2` and so on.
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
    pub(in crate::ledger) after: &'static str,
}

/// The values of a statement, in the order of their places.
#[derive(Debug, Default)]
pub(in crate::ledger) struct BoundValues {
    arguments: SqliteArguments,
    /// Why a value cannot be stored.
    fault: Option<sqlx::Error>,
}

impl BoundValues {
    /// Takes the next value.
    pub(in crate::ledger) fn push<'v, T: Encode<'v, Sqlite> + Type<Sqlite>>(&mut self, value: T) {
        if let Err(error) = self.arguments.add(value) {
            self.fault = Some(sqlx::Error::Encode(error));
        }
    }

    /// Takes the next value, a text. It is copied once.
    pub(in crate::ledger) fn text(&mut self, text: &str) {
        self.push(Arc::<str>::from(text));
    }

    /// Takes the next value, a text or `NULL`.
    pub(in crate::ledger) fn optional(&mut self, text: Option<&str>) {
        self.push(text.map(Arc::<str>::from));
    }
}

impl RowsSql {
    /// The text of the statement for so many rows.
    pub(in crate::ledger) fn text(&self, rows: usize) -> String {
        let row = format!("({})", vec!["?"; self.columns].join(","));
        let length = self.before.len() + self.after.len() + rows * (row.len() + 1) + 16;
        let mut text = String::with_capacity(length);
        text.push_str(self.before);
        text.push_str(" (VALUES ");
        for nth in 0..rows {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{}{row}", if nth > 0 { "," } else { "" });
        }
        text.push_str(") ");
        text.push_str(self.after);
        text
    }

    /// Executes the statement with all rows. `before` and `after` are the values of the places before and after the
    /// rows, and `bind` takes the values of a row.
    pub(in crate::ledger) async fn execute<R>(
        &self,
        connection: &mut SqliteConnection,
        before: &[Option<i64>],
        rows: &[R],
        bind: impl Fn(&mut BoundValues, &R),
        after: &[Option<i64>],
    ) -> Result<(), LedgerError> {
        for part in rows.chunks(MOST) {
            let length = part.len().next_power_of_two();
            let mut values = BoundValues::default();
            let places = before.len() + length * self.columns + after.len();
            values.arguments.reserve(places, 0);
            for value in before {
                values.push(*value);
            }
            for row in part {
                bind(&mut values, row);
            }
            for _ in part.len() * self.columns..length * self.columns {
                values.push(None::<i64>);
            }
            for value in after {
                values.push(*value);
            }
            debug_assert_eq!(values.arguments.len(), places, "a value for each place");
            if let Some(fault) = values.fault {
                return Err(fault.into());
            }
            // The text holds no value.
            let sql = AssertSqlSafe(self.text(length));
            sqlx::query_with(sql, values.arguments)
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use sqlx::Connection;

    use super::*;

    #[tokio::test]
    async fn each_row_is_stored_once_and_in_order() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        let made = "CREATE TABLE t (a INTEGER, b TEXT, c INTEGER, d TEXT) STRICT";
        sqlx::query(made).execute(&mut connection).await.unwrap();
        let insert = RowsSql {
            before: "INSERT INTO t SELECT column1, column2, ?, column3 FROM",
            columns: 3,
            after: "WHERE column1 <> ?",
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
                sqlx::query_as("SELECT * FROM t ORDER BY rowid")
                    .fetch_all(&mut connection)
                    .await
                    .unwrap();
            let expected = rows.iter().filter(|nth| **nth != 3).map(|nth| {
                let even = nth.is_multiple_of(2).then(|| "even".to_owned());
                (i64::try_from(*nth).unwrap(), format!("row {nth}"), 7, even)
            });
            assert_eq!(all, expected.collect::<Vec<_>>());
            let emptied = sqlx::query("DELETE FROM t").execute(&mut connection).await;
            emptied.unwrap();
        }
    }
}
