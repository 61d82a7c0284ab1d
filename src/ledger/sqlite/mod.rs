//! A ledger in a file of SQLite: where it is, which process may write it, and how it is opened and brought up to
//! date.
//!
//! Nothing here knows what is stored in it.

mod ledger_path;
mod lock;
mod opened_file;
mod opening;

pub(in crate::ledger) use lock::holder;
pub(in crate::ledger) use opening::{LedgerFile, checkpoint, open_beside, open_to_read};

#[cfg(test)]
mod tests;
