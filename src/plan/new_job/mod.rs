//! How a job comes into the ledger: from a roster, or from the job that an undo takes back.

mod giving_back;
mod intake;
mod job_identity;

pub(crate) use giving_back::{left_to_undo, undo};
pub(crate) use intake::{Intake, IntakeError, JobIdentity, intake, loaded, may_be_loaded};
pub(crate) use job_identity::{ProfileReading, differences, provider, reading};
