//! How a job comes into the ledger: from a roster, or from the job that an undo takes back.

mod from_roster;
mod giving_back;
mod job_identity;

pub(crate) use from_roster::{Intake, IntakeError, intake};
pub(crate) use giving_back::{left_to_undo, undo};
pub(crate) use job_identity::{ProfileReading, differences, provider, reading};
