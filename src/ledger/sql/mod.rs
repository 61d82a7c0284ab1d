//! What the two databases have in common: a connection, statements, and the values that go in and come out.
//!
//! A statement is a constant beside the type of the row that it fills or stores. Most are one text for both
//! databases; where the languages differ, the words of `dialect` make the two texts from one. Nothing here knows
//! what is stored.

mod column_arrays;
mod connection;
mod dialect;
mod first_statements;
mod query;
mod rows_sql;
mod statement;
mod stored_columns;
mod values;

pub(in crate::ledger) use connection::{SqlConnection, Transaction, within};
pub(in crate::ledger) use dialect::{
    elements, given, json_in, member, now_ms, object_as_json, row_as_json, rows_as_json, twin,
};
pub(in crate::ledger) use first_statements::FirstStatements;
pub(in crate::ledger) use query::{query, query_scalar};
pub(in crate::ledger) use rows_sql::RowsSql;
pub(in crate::ledger) use statement::Sql;
pub(in crate::ledger) use stored_columns::{Count, Flag, Json, Nullable, Unreadable};
pub(in crate::ledger) use values::BoundValues;
