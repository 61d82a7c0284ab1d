//! Users, one at a time.

use serde::Serialize;
use serde_json::Value;

use crate::ledger::UserRow;

/// A line of the roster with the user that it names, and how the user ended.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct UserForm {
    /// The line of the roster on which the record begins; the header is line 1.
    line: u64,
    /// The user's id; null if the line names no user.
    user_id: Option<String>,
    /// The user's name at the provider, or else the address in the roster.
    user_name: Option<String>,
    /// The user's name for people.
    display_name: Option<String>,
    /// The outcome, as in the report.
    outcome: &'static str,
    /// The code of a failure.
    reason: Option<String>,
    /// The provider's words, or ours.
    detail: Option<String>,
    /// What the last verification found: `confirmed`, `drifted`, `gone` or `unread`; null if there was none.
    verified: Option<String>,
    /// What differed then, or why nothing was shown.
    verified_detail: Option<String>,
}

impl From<UserRow> for UserForm {
    fn from(row: UserRow) -> Self {
        Self {
            line: row.line.0,
            user_id: row.user_id,
            user_name: row.user_name.or(row.known.roster_name),
            display_name: row.display_name,
            outcome: row.status.reported().as_str(),
            reason: row.reason,
            detail: row.detail,
            verified: row.verified.map(|(_, finding)| finding),
            verified_detail: row.verified_detail,
        }
    }
}

/// `explain`: all that happened to one user.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ExplainForm {
    /// The version of this form.
    pub(crate) schema: u32,
    /// The version of the program.
    pub(crate) version: &'static str,
    /// Each line of a job that names the user, the oldest job first.
    pub(crate) lines: Vec<HistoryForm>,
}

/// One line that names the user, with its events.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct HistoryForm {
    /// The job.
    pub(crate) job: String,
    /// Its change.
    pub(crate) change: String,
    /// The line, and how the user ended.
    #[serde(flatten)]
    pub(crate) user: UserForm,
    /// What happened, in order.
    pub(crate) events: Vec<EventForm>,
}

/// One event of the ledger.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct EventForm {
    /// When: RFC 3339, UTC.
    pub(crate) at: String,
    /// The run; null for an event outside a run.
    pub(crate) run: Option<String>,
    /// The kind of event.
    pub(crate) kind: String,
    /// The event as the ledger stores it.
    pub(crate) body: Value,
}
