//! Arguments that several verbs take beside the settings: the roster or job, the change, and the confirmation.

use clap::Args;

use crate::domain::{Access, Change, ChangeError};
use crate::job::JobRequest;
use crate::settings::StrictSettings;

/// What a job is made from.
#[derive(Debug, Args)]
pub(crate) struct SubjectArgs {
    /// The CSV that names the users, or a job: the beginning of its id, or `latest`.
    #[arg(value_name = "ROSTER|JOB")]
    pub(crate) subject: String,

    /// Start a new job although the same one is in the ledger.
    #[arg(long)]
    pub(crate) new: bool,

    /// Whether one bad line refuses the whole roster.
    #[command(flatten)]
    pub(crate) strict: StrictSettings,
}

impl SubjectArgs {
    /// The job that is meant, with this change.
    pub(crate) fn request(&self, change: Option<Change>) -> JobRequest<'_> {
        JobRequest {
            subject: &self.subject,
            change,
            new: self.new,
            strict: self.strict.strict(),
        }
    }
}

/// What lets a job begin.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ConfirmArgs {
    /// The number of users that the job will write, as a confirmation without a terminal.
    // A command that was printed with a number, and is pasted with another one, has the last.
    #[arg(
        long,
        value_name = "N",
        env = "OFFBOARD_CONFIRM",
        overrides_with = "confirm"
    )]
    pub(crate) confirm: Option<u64>,
}

/// What to change; at least one, no default: only disabling can be taken back in full.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Change")]
pub(crate) struct ChangeArgs {
    /// Keep the user from signing in (`active` becomes false).
    #[arg(long)]
    pub(crate) disable: bool,

    /// Remove the user from all workspaces. Roles and selective access in their models are lost.
    #[arg(long, conflicts_with = "from_workspace")]
    pub(crate) remove_access: bool,

    /// Remove the user from this workspace only, by its id; again for more. All others stay.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) from_workspace: Vec<String>,

    /// Delete the user, where the profile allows it. Nothing can give back what is deleted.
    #[arg(long, conflicts_with_all = ["disable", "remove_access", "from_workspace"])]
    pub(crate) delete: bool,
}

impl ChangeArgs {
    /// The change; `None` if none was asked for.
    ///
    /// # Errors
    /// [`ChangeError::Workspace`] for a text that is no workspace's id.
    pub(crate) fn change(&self) -> Result<Option<Change>, ChangeError> {
        if self.delete {
            return Ok(Some(Change::delete()));
        }
        let access = if self.remove_access {
            Access::RemoveAll
        } else if self.from_workspace.is_empty() {
            Access::Keep
        } else {
            Access::RemoveFrom(self.from_workspace.clone())
        };
        match Change::new(self.disable, access) {
            Err(ChangeError::Nothing) => Ok(None),
            other => other.map(Some),
        }
    }
}
