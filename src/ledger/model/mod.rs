//! What a ledger holds, without SQL: counts, what makes a job, and what makes a run.

mod counts;
mod holder;
mod new_job;
mod order;
mod run_facts;

pub(crate) use counts::{Counts, WorkLeft};
pub(crate) use holder::Holder;
pub(crate) use new_job::{Difference, Loaded};
pub use new_job::{Names, NewJob, NewLine, Unusable};
pub(crate) use order::{NewOrder, Order, OrderReport, OrderState};
pub(crate) use run_facts::NewRun;
pub use run_facts::{Mandate, RunEnding, RunKind, RunTally};
