//! The verbs, each in a file or folder of its name, with its arguments: what a verb does, and what it prints.

mod audit;
mod check;
mod config;
mod demo;
mod explain;
mod generated;
mod jobs;
mod plan;
mod report;
mod resume;
mod retry;
mod roster;
mod run;
mod sandbox;
mod status;
mod undo;
mod users;
mod verify;

pub(crate) use audit::{AuditArgs, AuditCommand, audit};
pub(crate) use check::{CheckArgs, check};
pub(crate) use config::{ConfigArgs, ConfigCommand, config};
pub(crate) use demo::{DemoArgs, demo};
pub(crate) use explain::{ExplainArgs, explain};
pub(crate) use generated::{CompletionsArgs, ManArgs, completions, man};
pub(crate) use jobs::{JobsArgs, JobsCommand, jobs};
pub(crate) use plan::{PlanArgs, plan};
pub(crate) use report::{ReportArgs, report};
pub(crate) use resume::{ResumeArgs, resume};
pub(crate) use retry::{RetryArgs, retry};
pub(crate) use roster::{RosterArgs, roster};
pub(crate) use run::{RunArgs, run};
pub(crate) use sandbox::{SandboxArgs, sandbox};
pub(crate) use status::{StatusArgs, status};
pub(crate) use undo::{UndoArgs, undo};
pub(crate) use users::{UsersArgs, UsersCommand, users};
pub(crate) use verify::{VerifyArgs, verify};
