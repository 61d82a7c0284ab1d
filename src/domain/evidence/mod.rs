//! What the ledger stores about a user, and the hash chain that protects it.

mod chain;
mod entry;

pub use chain::{EventParts, NO_HASH, hex, link};
pub use entry::{Effect, Entry, Fact, Finding};
