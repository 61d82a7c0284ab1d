//! The rows of roster lines and their users: planned, written, verified and given back.

mod histories;
mod open_users;
mod plan_line;
mod tallies;
mod undo_rows;
mod user_columns;
mod user_row;
mod verifications;

pub(in crate::ledger) use open_users::open_users;
pub(crate) use plan_line::PlanLine;
pub(crate) use undo_rows::{UndoRow, UndoScope};
pub(in crate::ledger::store) use user_columns::{user_columns, user_row};
pub use user_row::UserRow;
pub(in crate::ledger::store) use user_row::{KnownColumns, open_statuses, status_words};
