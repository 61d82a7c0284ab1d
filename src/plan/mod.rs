//! The plan: from a roster to a job in the ledger, before anything is sent.
//!
//! It joins what the roster reads and what the ledger stores, finds the job that a command means, and
//! refuses a roster that has changed under an unfinished job. Then it has every user looked up, and
//! decides for each what is to be done. It never writes to the provider.

mod compare;
mod decide;
mod digest;
mod intake;
mod key;
mod make;
mod reading;
mod survey;
mod undo;
mod verify;

pub use compare::compare;
pub use decide::{Criteria, LineDecision};
pub use intake::{Intake, IntakeError, intake};
pub use make::{LookUps, LookUpSummary, PlanError, look_again, make};
pub use reading::{ProfileReading, differences, provider, reading};
pub use survey::{Group, Overview, UnmetPatterns, active_to_write, overview, protect, settle, unmet};
pub use undo::{left_to_undo, undo};
pub use verify::verify;
