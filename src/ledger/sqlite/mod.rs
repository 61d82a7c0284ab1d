//! The ledger in SQLite: the file, the rows, and all SQL of the crate.
//!
//! A statement is a constant beside the type of the row that it fills or stores. Each column type binds
//! and decodes itself (`stored_columns`), so that a row type is one `FromRow` structure.

mod events;
mod file;
mod jobs;
mod paging;
mod stored_columns;
mod timeline;
mod users;

pub(in crate::ledger) use events::record;
pub use events::{Head, StoredEvent};
pub use file::{Holder, Ledger, Reader};
pub use jobs::{
    Job, JobPlan, JobSelector, Loading, Retriable, Retry, RunRow, UndoMark, Undone, UndoneBy,
};
pub use paging::{Pages, Placed};
pub(in crate::ledger) use stored_columns::Unreadable;
use stored_columns::{Count, Json, Nullable};
pub use timeline::{
    Activity, AnswerTimes, Answers, CommonWords, ProgressPoint, RunStory, Trouble, Wait,
};
pub(in crate::ledger) use users::to_write;
pub use users::{MatchedUser, UndoRow, UndoScope, Unseen, UnverifiedUser, UserRow};

#[cfg(test)]
mod tests;
