//! Jobs in SQLite, from the roster that is loaded to the job that is pruned: plans, runs, canaries, retries
//! and undos.

mod canaries;
mod job_row;
mod loading;
mod plans;
mod pruning;
mod retries;
mod run_row;
mod runs;
mod undo_jobs;

pub use job_row::{Job, JobPlan, JobSelector, Retry};
pub use loading::Loading;
pub use retries::Retriable;
pub use run_row::RunRow;
pub use undo_jobs::{UndoMark, Undone, UndoneBy};
pub(in crate::ledger::sqlite) use undo_jobs::{is_given_back, last_undo};
