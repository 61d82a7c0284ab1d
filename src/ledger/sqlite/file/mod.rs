//! The ledger's file: where it is, which process may write it, and how it is opened and brought up to date.
//!
//! Nothing here knows what is stored in it.

mod ledger_path;
mod lock;
mod opened_file;
mod opening;

pub(crate) use lock::Holder;
pub use opening::{Ledger, Reader};

#[cfg(test)]
mod tests;
