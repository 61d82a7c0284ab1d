//! What the ledger stores about a user, and the hash chain that protects it.

mod chain;
mod entry;

pub use chain::hex;
pub(crate) use chain::{EventParts, NO_HASH, link};
pub use entry::{Effect, Entry, Fact, Finding};
