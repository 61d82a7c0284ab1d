//! The ledger's file: where it is, which process may write it, and how it is opened and brought up to date.
//!
//! Nothing here knows what is stored in it.

mod file_id;
mod ledger_path;
mod lock;
mod opening;

pub(crate) use lock::Holder;
pub use opening::{Ledger, Reader};

#[cfg(test)]
mod tests;
