//! What is done with the users of a job once it has written: retry, verify, undo, prune.

mod prune;
mod retry;
mod undo_rows;
mod undone;
mod verify;

pub use retry::Retriable;
pub use undo_rows::{UndoRow, UndoScope};
pub(in crate::ledger) use undone::tell_parent;
pub use undone::{UndoMark, Undone, UndoneBy};
pub use verify::{ToMatch, VerifiedRow};
