//! `offboard check`: the verb, and what it has found.

mod findings;
mod run_checks;

pub(crate) use run_checks::{CheckArgs, check};
