//! `offboard status`: the verb, and the state of a job at one moment.

mod show_status;
mod standing;
mod troubled_users;

pub(crate) use show_status::{StatusArgs, status};
