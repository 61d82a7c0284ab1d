//! What is stored, and how: the rows, the statements, and the rules between them. [`Ledger`] writes, [`Reader`] only
//! reads.
//!
//! One text of a statement serves both databases where it can. Each column type binds and decodes itself, so that a
//! row type is one `FromRow` structure.

mod copying;
mod events;
mod jobs;
mod looks;
mod open_ledger;
mod pages;
mod rows_of_lines;
mod targets;
mod timeline;
mod users;

pub(in crate::ledger) use events::commit;
pub(crate) use events::{Head, StoredEvent};
pub(in crate::ledger) use jobs::PlanGuard;
pub use jobs::{Job, JobSelector};
pub(crate) use jobs::{JobPlan, Retriable, RunRow, UndoMark, Undone, UndoneBy};
#[cfg(test)]
pub(in crate::ledger) use open_ledger::LOCK_JOB_UNDER_LEASE;
pub(crate) use open_ledger::SharedReader;
pub use open_ledger::{Ledger, Reader};
pub(crate) use pages::{Pages, Placed};
use rows_of_lines::{of_line, users_of_given};
pub(crate) use targets::{
    Backlog, OrderBook, OrderListener, PaceStore, ServedTarget, with_workers,
};
pub(crate) use timeline::{
    Activity, AnswerTimes, Answers, ProgressPoint, RunStory, SaidText, Trouble, Wait,
};
pub use users::UserRow;
pub(in crate::ledger) use users::open_users;
pub(crate) use users::{PlanLine, UndoRow, UndoScope};

#[cfg(test)]
mod tests;
