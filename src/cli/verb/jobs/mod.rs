//! `offboard jobs`: lists, shows and prunes the jobs of a ledger.

mod jobs_command;
mod prune_jobs;

pub(crate) use jobs_command::{JobsArgs, JobsCommand, jobs};
