//! The plan of a job.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::Operation;
use crate::ledger::UserRow;
use crate::plan::LookUpSummary;

/// `plan`, `run --dry-run` and `undo --plan-only`: what would be done.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct PlanForm<'a> {
    /// The version of this form.
    pub(crate) schema: u32,
    /// The version of the program.
    pub(crate) version: &'static str,
    /// The job.
    pub(crate) job: &'a str,
    /// The SCIM base URL.
    pub(crate) target: &'a str,
    /// The change that is asked for.
    pub(crate) change: String,
    /// The path of the roster when it was loaded.
    pub(crate) roster: &'a str,
    /// SHA-256 of the roster's bytes.
    pub(crate) roster_digest: &'a str,
    /// The number of records in the roster.
    pub(crate) lines: u64,
    /// When the plan was made: RFC 3339, UTC; null if there is none.
    pub(crate) planned_at: Option<String>,
    /// SHA-256 of the plan; null if there is none.
    pub(crate) digest: Option<&'a str>,
    /// How the users were looked up.
    pub(crate) looked_up: &'a LookUpSummary,
    /// Users that the plan writes: the number to confirm.
    pub(crate) to_write: u64,
    /// The lines by what happens to them; `pending` are those that are written.
    pub(crate) groups: BTreeMap<&'static str, GroupForm>,
    /// The rails that would refuse a run; empty if none would.
    pub(crate) refused_by: Vec<RefusalForm>,
    /// What the run will take, if no request fails.
    pub(crate) estimate: WorkForm,
    /// The command that works on this plan; null if nothing is to be written, or if the job has begun.
    pub(crate) next: Option<&'a str>,
}

/// The lines to which the same happens.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct GroupForm {
    /// How many there are.
    pub(crate) lines: u64,
    /// The first of them; `--csv FILE` writes all.
    pub(crate) first: Vec<PlannedUser>,
}

/// A line of a plan.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct PlannedUser {
    /// The line of the roster on which the record begins; the header is line 1.
    line: u64,
    /// The user's id; null if it is not known.
    user_id: Option<String>,
    /// The user's name at the provider, or in the roster.
    user_name: Option<String>,
    /// The user's name for people.
    display_name: Option<String>,
    /// What is done to the user, in words.
    operations: Vec<String>,
    /// The code of the reason why nothing is done.
    reason: Option<String>,
    /// The same in words.
    detail: Option<String>,
    /// Whether the user is active now; null if it is not known.
    active_before: Option<bool>,
    /// The workspaces of the user now; null if they are not known.
    workspaces_before: Option<Vec<String>>,
}

/// A rail that would refuse a run.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RefusalForm {
    /// Why, in words.
    pub(crate) message: String,
    /// The flag, with its value, that would allow it.
    pub(crate) flag: String,
}

/// How much work there is.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct WorkForm {
    /// Requests, at most.
    pub(crate) requests: u64,
    /// Seconds at the set rate; null if the rate is not limited.
    pub(crate) seconds: Option<u64>,
}

impl PlannedUser {
    /// A line, with what is done to its user.
    pub(crate) fn new(row: &UserRow, operations: &[Operation]) -> Self {
        let state = row.before.as_ref().map(|seen| &seen.state);
        Self {
            line: row.line.0,
            user_id: row.user_id.clone(),
            user_name: row.user_name.clone(),
            display_name: row.display_name.clone(),
            operations: operations.iter().map(ToString::to_string).collect(),
            reason: row.reason.clone(),
            detail: row.detail.clone(),
            active_before: state.and_then(|state| state.active),
            workspaces_before: state.and_then(|state| state.workspaces.clone()),
        }
    }
}
