//! `offboard jobs`: lists, shows, copies and prunes the jobs of a ledger.

mod copy_job;
mod jobs_command;
mod prune_jobs;

pub(crate) use jobs_command::{JobsArgs, JobsCommand, jobs};
