//! `offboard status`: the verb, and the state of a job at one moment.

mod show_status;
mod standing;

pub(crate) use show_status::{StatusArgs, status};
