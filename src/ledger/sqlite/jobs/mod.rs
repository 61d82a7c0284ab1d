//! Jobs in SQLite, from the roster that is loaded to the job that is pruned: plans, runs, canaries, retries
//! and undos.

mod canaries;
mod job_row;
mod loading;
mod plans;
mod pruning;
mod retried_users;
mod run_row;
mod runs;
mod undone_users;

pub use job_row::{Job, JobPlan, JobSelector, Retry};
pub use loading::Loading;
pub use retried_users::Retriable;
pub use run_row::RunRow;
pub use undone_users::{UndoMark, Undone, UndoneBy};
pub(in crate::ledger::sqlite) use undone_users::{is_given_back, last_undo};
