//! `offboard check`: the verb, and what it has found.

mod check_command;
mod findings;

pub(crate) use check_command::{CheckArgs, check};
