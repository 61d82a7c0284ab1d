//! How a job comes into the ledger: from a roster, or from the job that an undo takes back.

mod from_roster;
mod giving_back;
mod identity;

pub use from_roster::{Intake, IntakeError, intake};
pub use giving_back::{left_to_undo, undo};
pub use identity::{ProfileReading, differences, provider, reading};
