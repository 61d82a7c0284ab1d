//! The plan: how a roster becomes a job in the ledger, and what that job will do to each user.
//!
//! [`intake`] finds the job that a command means, or loads it, and refuses a roster that has changed
//! under an unfinished job. [`make`] looks up all users, decides for each what to do, and fixes the plan
//! with its digest. [`verify`] looks the users up again afterwards. This room reads from the provider
//! and never writes to it.

mod comparison;
mod line_decision;
mod lookup_register;
mod new_job;
mod overview;
mod plan_digest;
mod plan_totals;
mod planning;
mod unwritten;
mod verification;

pub(crate) use comparison::compare;
pub(crate) use line_decision::Criteria;
pub(crate) use new_job::{
    Intake, IntakeError, JobIdentity, ProfileReading, differences, intake, left_to_undo, loaded,
    may_be_loaded, provider, reading, undo,
};
pub(crate) use overview::{
    Overview, PlanGroup, UnmetPatterns, active_to_write, overview, overview_of_new, unmet,
};
pub(crate) use plan_digest::plan_header;
pub(crate) use planning::{LookUpSummary, LookUps, PlanError, look_again, make};
pub(crate) use verification::verify;
