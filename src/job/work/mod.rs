//! The work on a job: a plan alone, a run with its canary, a verification, an undo, and the check of a provider
//! before there is a job.

mod engine_run;
mod lifecycle;
mod ordered;
mod plan_alone;
mod provider_check;
mod result;
mod undo_jobs;
mod verify_users;

pub(crate) use lifecycle::retry;
pub use lifecycle::run;
pub(crate) use ordered::{by_order, order};
pub(crate) use plan_alone::{PlannedJob, plan};
pub(crate) use provider_check::{ProviderCheck, ProviderCheckError, check_provider};
pub(crate) use result::warn_if_undone;
pub use result::{JobEnd, JobResult};
pub(crate) use undo_jobs::{LeftAlone, UndoError, UndoRest, UndoStart, continue_undo, start_undo};
pub(crate) use verify_users::VerifyResult;
pub use verify_users::{VerifyOptions, verify};
