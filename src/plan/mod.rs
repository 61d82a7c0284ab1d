//! The plan: from a roster to a job in the ledger, before anything is sent.
//!
//! It joins what the roster reads and what the ledger stores, finds the job that a command means, and
//! refuses a roster that has changed under an unfinished job. It never asks the provider.

mod intake;
mod key;

pub use intake::{Intake, IntakeError, intake};
