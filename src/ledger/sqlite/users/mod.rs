//! The rows of roster lines and their users: looked up, written, verified and given back.

mod candidates;
mod histories;
mod open_users;
mod sightings;
mod tallies;
mod undo_rows;
mod unseen;
mod user_row;
mod verifications;

pub(in crate::ledger::sqlite) use candidates::{forget_candidates, forget_lines};
pub(in crate::ledger) use open_users::open_users;
pub(crate) use undo_rows::{UndoRow, UndoScope};
pub(in crate::ledger::sqlite) use unseen::mark_duplicates;
pub use user_row::UserRow;
pub(in crate::ledger::sqlite) use user_row::{open_statuses, status_words};

#[cfg(test)]
mod tests;
