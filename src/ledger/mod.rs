//! The ledger stores jobs, runs, the state of every user, and every event: in one SQLite file, or in a PostgreSQL
//! database. All SQL of the crate is here.
//!
//! `model` has what a ledger holds, `record` has the events, `store` has what writes and what reads, with the
//! statements, `sql` has what the two databases have in common, and `sqlite` and `postgres` open them. Nothing here
//! knows how a provider is asked or what an answer means.
//!
//! A file has one process that writes (a file lock sees to it), through one connection; any number may read. In
//! PostgreSQL a job is locked by each transaction that writes to it. While a run is under way one task (`Writer`)
//! owns the writing connection. It gathers all facts that have queued up into one transaction: a state and the event
//! that explains it become durable together, or not at all.

mod error;
mod journal;
mod model;
mod postgres;
mod record;
mod sql;
mod sqlite;
mod store;
#[cfg(test)]
mod testing;
mod writer;

pub use error::LedgerError;
pub(crate) use journal::LedgerJournal;
pub(crate) use model::{
    Counts, Difference, Holder, Loaded, NewOrder, NewRun, Order, OrderReport, OrderState, WorkLeft,
};
pub use model::{Mandate, Names, NewJob, NewLine, RunEnding, RunKind, RunTally, Unusable};
pub(crate) use postgres::{Contention, HeldLease, LeaseTimes, LeaseWait};
pub(crate) use record::{BodyOf, EventBody};
pub(crate) use store::PlanLine;
pub(crate) use store::{
    Activity, AnswerTimes, Answers, Backlog, Head, JobPlan, OrderBook, OrderListener, PaceStore,
    Pages, ProgressPoint, Retriable, RunRow, RunStory, SaidText, ServedTarget, SharedReader,
    StoredEvent, Trouble, UndoMark, UndoRow, UndoScope, Undone, UndoneBy, Wait, with_workers,
};
pub use store::{Job, JobSelector, Ledger, Reader, UserRow};
pub(crate) use writer::Writer;
