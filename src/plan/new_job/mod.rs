//! How a job comes into the ledger: from a roster, or from the job that an undo takes back.

mod from_roster;
mod giving_back;
mod job_identity;

pub use from_roster::{Intake, IntakeError, intake};
pub use giving_back::{left_to_undo, undo};
pub use job_identity::{ProfileReading, differences, provider, reading};
