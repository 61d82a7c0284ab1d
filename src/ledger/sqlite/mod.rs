//! The ledger in SQLite: the file, the rows, and all SQL of the crate.
//!
//! A statement is a constant beside the type of the row that it fills or stores. Each column type binds
//! and decodes itself (`stored_columns`), so that a row type is one `FromRow` structure.

mod bound_rows;
mod events;
mod file;
mod jobs;
mod looks;
mod paging;
mod stored_columns;
mod timeline;
mod users;

use bound_rows::{BoundValues, RowsSql};
pub(in crate::ledger) use events::commit;
pub(crate) use events::{Head, StoredEvent};
pub(crate) use file::Holder;
pub use file::{Ledger, Reader};
pub(in crate::ledger) use jobs::PlanGuard;
pub use jobs::{Job, JobSelector};
pub(crate) use jobs::{JobPlan, Retriable, RunRow, UndoMark, Undone, UndoneBy};
pub(crate) use paging::{Pages, Placed};
pub(in crate::ledger) use stored_columns::Unreadable;
use stored_columns::{Count, Json, Nullable};
pub(crate) use timeline::{
    Activity, AnswerTimes, Answers, ProgressPoint, RunStory, SaidText, Trouble, Wait,
};
pub use users::UserRow;
pub(in crate::ledger) use users::open_users;
pub(crate) use users::{PlanLine, UndoRow, UndoScope};

#[cfg(test)]
mod tests;
