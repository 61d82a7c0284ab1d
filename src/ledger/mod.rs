//! The ledger: one SQLite file that remembers jobs, runs, the state of every user, and everything
//! that happened. All SQL of the crate is here.
//!
//! One process writes (a file lock sees to it), through one connection; any number may read. While
//! a run is under way the writing connection belongs to one task ([`Writer`]) that gathers whatever
//! has queued up into one transaction: a state and the event that explains it are durable together
//! or not at all. Nothing here knows how a provider is asked or what an answer means.

mod afterwards;
mod canary;
mod error;
mod file;
mod history;
mod job;
mod journal;
mod load;
mod look_up;
mod plan;
mod record;
mod run;
#[cfg(test)]
mod testing;
mod timeline;
mod view;
mod writer;

pub use afterwards::{
    Retriable, ToMatch, UndoMark, UndoRow, UndoScope, Undone, UndoneBy, VerifiedRow,
};
pub use canary::CanaryRow;
pub use error::LedgerError;
pub use file::{Holder, Ledger, Reader};
pub use history::EventRecord;
pub use job::{Job, JobPlan, JobSelector, Retry};
pub use journal::LedgerJournal;
pub use load::{Difference, Loaded, Loading, Names, NewJob, NewLine, Unusable};
pub use plan::{PlanRow, Unseen};
pub use record::Head;
pub use run::{Mandate, NewRun, RunEnding, RunKind, RunTally};
pub use timeline::{AnswerTimes, Answers, RunStory, Step, Trouble, Wait, Words};
pub use view::{Activity, Counts, RunRow, StoredEvent, UserRow};
pub use writer::Writer;
