//! The work on a job: a plan alone, a run with its canary, a verification, an undo, and the check of a provider
//! before there is a job.

mod engine_run;
mod lifecycle;
mod plan_alone;
mod provider_check;
mod result;
mod undo_jobs;
mod verify_users;

pub use lifecycle::{retry, run};
pub use plan_alone::{PlannedJob, plan};
pub use provider_check::{AccessSeen, ProviderCheck, ProviderCheckError, check_provider};
pub use result::{JobEnd, JobResult, warn_if_undone};
pub use undo_jobs::{UndoError, UndoRest, UndoResult, UndoStart, continue_undo, start_undo};
pub use verify_users::{VerifyResult, verify};
