//! The ledger: one SQLite file that remembers jobs, runs, the state of every user, and everything
//! that happened. All SQL of the crate is here.
//!
//! One process writes (a file lock sees to it), through one connection; any number may read. While
//! a run is under way the writing connection belongs to one task ([`Writer`]) that gathers whatever
//! has queued up into one transaction: a state and the event that explains it are durable together
//! or not at all. Nothing here knows how a provider is asked or what an answer means.

mod again;
mod canary;
mod candidates;
mod error;
mod found;
mod history;
mod identity;
mod job;
mod journal;
mod load;
mod lock;
mod open;
mod place;
mod plan;
mod prune;
mod record;
mod retry;
mod run;
#[cfg(test)]
mod testing;
mod timeline;
mod undone;
mod verify;
mod view;
mod writer;

pub use again::{UndoRow, UndoScope};
pub use canary::CanaryRow;
pub use error::LedgerError;
pub use history::EventRecord;
pub use job::{Job, JobPlan, JobSelector, Retry};
pub use journal::LedgerJournal;
pub use load::{Difference, Loaded, Loading, Names, NewJob, NewLine, Unusable};
pub use lock::Holder;
pub use open::{Ledger, Reader};
pub use plan::{PlanRow, Unseen};
pub use record::Head;
pub use retry::Retriable;
pub use run::{Mandate, NewRun, RunEnding, RunKind, RunTally};
pub use timeline::{AnswerTimes, Answers, RunStory, Step, Trouble, Wait, Words};
pub use undone::{UndoMark, Undone, UndoneBy};
pub use verify::{ToMatch, VerifiedRow};
pub use view::{Counts, RunRow, StoredEvent, UserRow};
pub use writer::Writer;
