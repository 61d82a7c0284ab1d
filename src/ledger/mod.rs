//! The ledger: one SQLite file that stores jobs, runs, the state of every user, and every event. All SQL
//! of the crate is here.
//!
//! One process writes (a file lock sees to it), through one connection; any number may read. While a run
//! is under way one task (`Writer`) owns the writing connection. It gathers all facts that have queued
//! up into one transaction: a state and the event that explains it become durable together, or not at all.
//!
//! `model` has what a ledger holds, `record` has the events, `sqlite` has the file, the rows and the
//! statements. Nothing here knows how a provider is asked or what an answer means.

mod error;
mod journal;
mod model;
mod record;
mod sqlite;
#[cfg(test)]
mod testing;
mod writer;

pub use error::LedgerError;
pub(crate) use journal::LedgerJournal;
pub(crate) use model::{Counts, Difference, Loaded, NewRun, WorkLeft};
pub use model::{Mandate, Names, NewJob, NewLine, RunEnding, RunKind, RunTally, Unusable};
pub(crate) use record::{BodyOf, EventBody};
pub(crate) use sqlite::PlanLine;
pub(crate) use sqlite::{
    Activity, AnswerTimes, Answers, Head, Holder, JobPlan, Pages, ProgressPoint, Retriable, RunRow,
    RunStory, SaidText, StoredEvent, Trouble, UndoMark, UndoRow, UndoScope, Undone, UndoneBy, Wait,
};
pub use sqlite::{Job, JobSelector, Ledger, Reader, UserRow};
pub(crate) use writer::Writer;
