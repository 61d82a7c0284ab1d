//! Jobs: after a run, at one moment, verified, listed and deleted.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cli::Exit;
use crate::cli::json::{SCHEMA, UserForm, VERSION};
use crate::ledger::Order;
use crate::report::{Summary, UndoneSummary};

/// `run`, `resume`, `retry` and `undo`: the job after the run.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RunForm {
    /// The job, as in `summary.json` of the report.
    #[serde(flatten)]
    pub(crate) summary: Summary,
    /// The exit code of the command.
    pub(crate) exit: u8,
    /// Why the run stopped early, in words; null if it did not.
    pub(crate) stopped: Option<String>,
    /// Users that failed, are in doubt or were not found, and lines that cannot be used: the first thousand.
    pub(crate) failures: Vec<UserForm>,
    /// How many there are in all.
    pub(crate) failures_in_all: u64,
    /// Of these, the lines that `--tolerate` names.
    pub(crate) tolerated: u64,
    /// The command that continues the job; null if no user is left.
    pub(crate) next: Option<String>,
}

/// `status` and `jobs show`: the job at this moment.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct StatusForm {
    /// The job, as in `summary.json` of the report.
    #[serde(flatten)]
    pub(crate) summary: Summary,
    /// The process that works on the ledger; null if none does.
    pub(crate) held_by: Option<String>,
    /// What that process does; null if there is none.
    pub(crate) activity: Option<&'static str>,
    /// Users that the run works on: a request for them has left and is not answered yet, or waits for its turn.
    pub(crate) in_flight: u64,
    /// Users that failed, are in doubt or were not found, and lines that cannot be used: the first thousand.
    pub(crate) failures: Vec<UserForm>,
    /// How many there are in all.
    pub(crate) failures_in_all: u64,
    /// The command that continues the job; null if it is done, or if a process works on it.
    pub(crate) next: Option<String>,
    /// If the job was left to the workers, what became of that; otherwise null.
    pub(crate) order: Option<OrderForm>,
}

/// `resume` and `undo`, if there is nothing to do.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct NothingForm {
    /// The version of this form.
    schema: u32,
    /// The version of the program.
    version: &'static str,
    /// The exit code of the command.
    exit: u8,
    /// Why there is nothing to do, in words.
    nothing_to_do: String,
}

impl NothingForm {
    pub(crate) fn new(exit: Exit, why: &str) -> Self {
        Self {
            schema: SCHEMA,
            version: VERSION,
            exit: exit.code(),
            nothing_to_do: why.to_owned(),
        }
    }
}

/// What a verb that works on a job has done.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum WorkedForm {
    /// A run.
    Run(Box<RunForm>),
    /// It was left to the workers.
    Ordered(OrderedForm),
    /// Nothing.
    Nothing(NothingForm),
}

/// `run --detach`: a job that was left to the workers.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct OrderedForm {
    /// The version of this form.
    pub(crate) schema: u32,
    /// The version of the program.
    pub(crate) version: &'static str,
    /// The job.
    pub(crate) job: String,
    /// The exit code of the command.
    pub(crate) exit: u8,
    /// Users that a worker will write: the number that was confirmed.
    pub(crate) users: u64,
    /// The command that shows how it goes.
    pub(crate) next: String,
}

/// A job that was left to the workers, and what became of that.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct OrderForm {
    /// The job.
    job: String,
    /// `waiting` (also while a worker is at work), `done`, `stopped` or `cancelled`.
    state: &'static str,
    /// Why it was stopped or cancelled, or waits for another try; null if there is nothing to say.
    why: Option<String>,
    /// When it was left to the workers.
    at: String,
    /// The user of the operating system who did that.
    by: String,
    /// On which machine.
    host: String,
    /// The number of users that was confirmed.
    users: u64,
    /// How often in a row a worker had to give it up for a while.
    tries: u64,
}

impl From<&Order> for OrderForm {
    fn from(order: &Order) -> Self {
        Self {
            job: order.job.to_string(),
            state: order.state.as_str(),
            why: order.why.clone(),
            at: order.ordered_at.to_string(),
            by: order.decided.operator.clone(),
            host: order.host.clone(),
            users: order.decided.confirmed,
            tries: order.tries,
        }
    }
}

/// `cancel`: a job that the workers leave.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CancelledForm {
    /// The version of this form.
    pub(crate) schema: u32,
    /// The version of the program.
    pub(crate) version: &'static str,
    /// The job.
    pub(crate) job: String,
    /// The process that works on the target: it stops, if it is at work on this job; null if none does.
    pub(crate) held_by: Option<String>,
}

/// `verify`: what was found.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct VerifyForm {
    /// The version of this form.
    pub(crate) schema: u32,
    /// The version of the program.
    pub(crate) version: &'static str,
    /// The job.
    pub(crate) job: String,
    /// The exit code of the command.
    pub(crate) exit: u8,
    /// How many users have which finding.
    pub(crate) findings: BTreeMap<&'static str, u64>,
    /// The first users that have drifted.
    pub(crate) drifted: Vec<UserForm>,
    /// Requests that were sent.
    pub(crate) requests: u64,
    /// Whether no user has drifted.
    pub(crate) holds: bool,
    /// Users of the job that were not read, because the job is not done with them.
    pub(crate) not_verified: u64,
    /// Of these, the users whose outcome `--tolerate` names.
    pub(crate) tolerated: u64,
    /// What undo jobs have given back; null if there is no undo.
    pub(crate) undone: Option<UndoneSummary>,
}

/// `jobs list`: all jobs of the ledger.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct JobsForm {
    /// The version of this form.
    pub(crate) schema: u32,
    /// The version of the program.
    pub(crate) version: &'static str,
    /// The jobs, the latest first, each as in `summary.json` of its report.
    pub(crate) jobs: Vec<Summary>,
    /// Those of them that were left to the workers.
    pub(crate) orders: Vec<OrderForm>,
}

/// `jobs prune`: the jobs that were deleted.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct PrunedForm {
    /// The version of this form.
    pub(crate) schema: u32,
    /// The version of the program.
    pub(crate) version: &'static str,
    /// The jobs.
    pub(crate) jobs: Vec<String>,
    /// Whether they were deleted; false with `--dry-run`.
    pub(crate) deleted: bool,
}

/// `jobs copy`: the job that another ledger has too.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CopiedForm {
    /// The version of this form.
    pub(crate) schema: u32,
    /// The version of the program.
    pub(crate) version: &'static str,
    /// The job.
    pub(crate) job: String,
    /// The ledger that it was copied into: a file, or the address of a database.
    pub(crate) to: String,
    /// Jobs that take it back, and were copied with it.
    pub(crate) undos: u64,
    /// Roster lines of all of them.
    pub(crate) lines: u64,
    /// Events of all of them.
    pub(crate) events: u64,
}
