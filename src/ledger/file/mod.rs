//! The ledger's file: where it is, who may write it, and how it is opened and brought up to date.
//!
//! Nothing here knows what is stored in it.

mod identity;
mod lock;
mod open;
mod place;

pub use lock::Holder;
pub use open::{Ledger, Reader};
