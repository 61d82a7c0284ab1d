//! The verbs that help before there is a job: users to choose from, rosters, settings, the shell.

mod completions;
mod config;
mod export;
mod profiles;
mod roster;

pub(super) use completions::{completions, man};
pub(super) use config::config;
pub(super) use export::users;
pub(super) use roster::roster;
