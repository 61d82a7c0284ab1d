//! What a ledger holds, without SQL: counts, what makes a job, and what makes a run.

mod counts;
mod new_job;
mod run_facts;

pub use counts::Counts;
pub use new_job::{Difference, Loaded, Names, NewJob, NewLine, Unusable};
pub use run_facts::{Mandate, NewRun, RunEnding, RunKind, RunTally};
