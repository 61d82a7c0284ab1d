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

pub(crate) use job_row::JobPlan;
pub use job_row::{Job, JobSelector};
pub(in crate::ledger) use plans::PlanGuard;
pub(crate) use retried_users::Retriable;
pub(crate) use run_row::RunRow;
pub(crate) use undone_users::{UndoMark, Undone, UndoneBy};
pub(in crate::ledger::store) use undone_users::{has_begun, is_given_back, last_undo};
