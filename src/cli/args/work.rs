//! What can be typed for the verbs that work on a job.

use std::path::PathBuf;

use clap::Args;

use crate::cli::args::sources::SettingsArgs;
use crate::domain::{Access, Change, ChangeError, Reason};
use crate::settings::{LookUpSettings, ProgressSettings, StrictSettings};

/// Look every user up and show what a job would change; nothing is written.
///
/// The run that follows works on this plan, once, and only while it is fresh (`--plan-ttl`).
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard plan leavers.csv --disable --remove-access --username admin@example.com
  offboard plan leavers.csv --from-workspace 8a8b00ff --csv plan.csv --username admin@example.com")]
pub(in crate::cli) struct PlanArgs {
    #[command(flatten)]
    pub(in crate::cli) subject: SubjectArgs,

    /// Write every line of the plan to this file; an older table of this kind is replaced, no other
    /// file.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) csv: Option<PathBuf>,

    /// Print the plan as JSON.
    #[arg(long)]
    pub(in crate::cli) json: bool,

    #[command(flatten)]
    pub(in crate::cli) progress: ProgressSettings,

    #[command(flatten)]
    pub(in crate::cli) change: ChangeArgs,

    #[command(flatten)]
    pub(in crate::cli) settings: SettingsArgs,
}

/// Work on a job: load the roster, plan, confirm, and see every user to an outcome.
///
/// The same command again continues where it stopped; nobody is done twice.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard run leavers.csv --disable --remove-access --username admin@example.com
  OFFBOARD_PASSWORD=… offboard run leavers.csv --disable --username admin@example.com --confirm 812
  offboard run 0193af --username admin@example.com      (continue a job by its id)")]
pub(in crate::cli) struct RunArgs {
    #[command(flatten)]
    pub(in crate::cli) subject: SubjectArgs,

    #[command(flatten)]
    pub(in crate::cli) confirm: ConfirmArgs,

    #[command(flatten)]
    pub(in crate::cli) look_up: LookUpSettings,

    /// Print the summary as JSON.
    #[arg(long)]
    pub(in crate::cli) json: bool,

    #[command(flatten)]
    pub(in crate::cli) progress: ProgressSettings,

    // A heading goes on until the next one: what has none stands above.
    #[command(flatten)]
    pub(in crate::cli) change: ChangeArgs,

    #[command(flatten)]
    pub(in crate::cli) settings: SettingsArgs,
}

/// Try the failed users of a job once more.
///
/// Whoever may have been written is read first. Each has all attempts again.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard retry --username admin@example.com
  offboard retry 0193af --only server_error --only no_answer --username admin@example.com")]
pub(in crate::cli) struct RetryArgs {
    /// The beginning of a job's id, or `latest`.
    #[arg(value_name = "JOB", default_value = "latest")]
    pub(in crate::cli) job: String,

    /// Only those who failed for this reason, a code of the report; again for more. `--reason CODE`
    /// does the same.
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    pub(in crate::cli) only: Vec<Reason>,

    #[command(flatten)]
    pub(in crate::cli) confirm: ConfirmArgs,

    /// Print the summary as JSON.
    #[arg(long)]
    pub(in crate::cli) json: bool,

    #[command(flatten)]
    pub(in crate::cli) progress: ProgressSettings,

    #[command(flatten)]
    pub(in crate::cli) settings: SettingsArgs,
}

/// Read every user of a job again and compare: confirmed, drifted, or gone.
///
/// Whoever has something again that the job took has drifted: exit code 12. Whom an undo of the job
/// gave it back is compared with what was given back. Users with whom the job is not done, and users
/// who failed or were not found, are not read: exit code 10.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  offboard verify --username admin@example.com")]
pub(in crate::cli) struct VerifyArgs {
    /// The beginning of a job's id, or `latest`.
    #[arg(value_name = "JOB", default_value = "latest")]
    pub(in crate::cli) job: String,

    /// Print the result as JSON.
    #[arg(long)]
    pub(in crate::cli) json: bool,

    #[command(flatten)]
    pub(in crate::cli) progress: ProgressSettings,

    #[command(flatten)]
    pub(in crate::cli) settings: SettingsArgs,
}

/// Give back what a job took: a new job, planned, confirmed and worked on like any other.
///
/// Only users whom the job changed and nobody has changed since are written. Roles and selective
/// access in the models of a workspace cannot be given back.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard undo --username admin@example.com
  offboard undo 0193af --plan-only --username admin@example.com   (look first)")]
pub(in crate::cli) struct UndoArgs {
    /// The beginning of the id of the job to take back, or `latest`.
    #[arg(value_name = "JOB", default_value = "latest")]
    pub(in crate::cli) job: String,

    /// Plan it and show the plan; nothing is written.
    #[arg(long)]
    pub(in crate::cli) plan_only: bool,

    #[command(flatten)]
    pub(in crate::cli) confirm: ConfirmArgs,

    /// Start another undo for everybody whom the job has changed.
    ///
    /// Without it an unfinished undo is continued; after a finished one, another is made for those
    /// only whom the job has written since, or who could not be given back what was taken.
    #[arg(long)]
    pub(in crate::cli) new: bool,

    /// Print the summary as JSON.
    #[arg(long)]
    pub(in crate::cli) json: bool,

    #[command(flatten)]
    pub(in crate::cli) progress: ProgressSettings,

    #[command(flatten)]
    pub(in crate::cli) settings: SettingsArgs,
}

/// Look at settings, secret, sign-in, role, provider and clock; nothing is changed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard check --username admin@example.com
  offboard check leavers.csv --username admin@example.com       (with an estimate for this roster)")]
pub(in crate::cli) struct CheckArgs {
    /// A roster to estimate the requests and the time for.
    #[arg(value_name = "ROSTER")]
    pub(in crate::cli) roster: Option<PathBuf>,

    /// Print JSON.
    #[arg(long)]
    pub(in crate::cli) json: bool,

    #[command(flatten)]
    pub(in crate::cli) settings: SettingsArgs,
}

/// What a job is made from.
#[derive(Debug, Args)]
pub(in crate::cli) struct SubjectArgs {
    /// The CSV that names the users, or a job: the beginning of its id, or `latest`.
    #[arg(value_name = "ROSTER|JOB")]
    pub(in crate::cli) subject: String,

    /// Start a new job although the same one is in the ledger.
    #[arg(long)]
    pub(in crate::cli) new: bool,

    #[command(flatten)]
    pub(in crate::cli) strict: StrictSettings,
}

/// What lets a job begin.
#[derive(Debug, Clone, Copy, Args)]
pub(in crate::cli) struct ConfirmArgs {
    /// The number of users that the job will write, as a confirmation without a terminal.
    #[arg(long, value_name = "N", env = "OFFBOARD_CONFIRM")]
    pub(in crate::cli) confirm: Option<u64>,
}

/// What to change; at least one, no default: only disabling can be taken back in full.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Change")]
pub(in crate::cli) struct ChangeArgs {
    /// Keep the user from signing in (`active` becomes false).
    #[arg(long)]
    pub(in crate::cli) disable: bool,

    /// Remove the user from all workspaces. Roles and selective access in their models are lost.
    #[arg(long, conflicts_with = "from_workspace")]
    pub(in crate::cli) remove_access: bool,

    /// Remove the user from this workspace only, by its id; again for more. All others stay.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(in crate::cli) from_workspace: Vec<String>,

    /// Delete the user, where the profile allows it. Nothing can give back what is deleted.
    #[arg(long, conflicts_with_all = ["disable", "remove_access", "from_workspace"])]
    pub(in crate::cli) delete: bool,
}

impl ChangeArgs {
    /// The change; `None` if nothing was asked for.
    ///
    /// # Errors
    /// [`ChangeError::Workspace`] for what is no workspace's id.
    pub(in crate::cli) fn change(&self) -> Result<Option<Change>, ChangeError> {
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
