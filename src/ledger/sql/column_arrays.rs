//! Rows of a statement as PostgreSQL takes them: an array for each column. The text of the statement is then the same for
//! however many rows, and a row costs the server less than one whose values have places of their own.

use std::fmt::Write;
use std::sync::Arc;

use sqlx::Arguments;
use sqlx::postgres::PgArguments;

use crate::ledger::sql::BoundValues;
use crate::ledger::sql::values::{BoundValue, encode_error, storable};

/// The values of several rows, by column. There is at least one row.
#[derive(Debug)]
pub(super) struct ColumnArrays {
    columns: Vec<ColumnArray>,
    bytes: usize,
}

/// The values of one column.
#[derive(Debug)]
enum ColumnArray {
    Numbers(Vec<Option<i64>>),
    Texts(Vec<Option<Arc<str>>>),
}

impl ColumnArrays {
    /// One row.
    pub(super) fn of(first: BoundValues) -> Self {
        let column = |value: &BoundValue| match value {
            BoundValue::Number(_) => ColumnArray::Numbers(Vec::new()),
            BoundValue::Text(_) => ColumnArray::Texts(Vec::new()),
        };
        let columns = first.0.iter().map(column).collect();
        let mut arrays = Self { columns, bytes: 0 };
        arrays.push(first);
        arrays
    }

    /// Adds a row, whose columns have the same types.
    pub(super) fn push(&mut self, row: BoundValues) {
        self.bytes += row.bytes();
        for (column, value) in self.columns.iter_mut().zip(row.0) {
            match (column, value) {
                (ColumnArray::Numbers(numbers), BoundValue::Number(number)) => numbers.push(number),
                (ColumnArray::Texts(texts), BoundValue::Text(text)) => texts.push(text),
                (column, value) => unreachable!("{column:?} holds no {value:?}"),
            }
        }
    }

    /// About how many bytes they are on their way.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The table `given`, with a place for each array, as a part of the text of a statement.
    pub(super) fn text(&self) -> String {
        let (mut places, mut names) = (String::new(), String::new());
        for (nth, column) in self.columns.iter().enumerate() {
            let comma = if nth > 0 { ", " } else { "" };
            let kind = match column {
                ColumnArray::Numbers(_) => "bigint",
                ColumnArray::Texts(_) => "text",
            };
            // Writing to a `String` cannot fail.
            let _ = write!(places, "{comma}CAST(? AS {kind}[])");
            let _ = write!(names, "{comma}column{}", nth + 1);
        }
        format!(" unnest({places}) AS given ({names}) ")
    }

    /// The values of the statement: those before the arrays, the arrays, those after them.
    pub(super) fn between(
        self,
        before: &[Option<i64>],
        after: &[Option<i64>],
    ) -> Result<PgArguments, sqlx::Error> {
        let mut arguments = PgArguments::default();
        let places = before.len() + self.columns.len() + after.len();
        arguments.reserve(places, self.bytes);
        for number in before {
            arguments.add(number).map_err(encode_error)?;
        }
        for column in self.columns {
            let added = match column {
                ColumnArray::Numbers(numbers) => arguments.add(numbers),
                ColumnArray::Texts(texts) => {
                    let texts: Vec<_> = texts
                        .iter()
                        .map(|text| text.as_deref().map(storable))
                        .collect();
                    arguments.add(texts)
                }
            };
            added.map_err(encode_error)?;
        }
        for number in after {
            arguments.add(number).map_err(encode_error)?;
        }
        Ok(arguments)
    }
}
