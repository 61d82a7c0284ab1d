//! What can be typed. No logic: what it means is decided elsewhere.

mod rails;
mod sources;

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::cli::args::sources::{FileArgs, SettingsArgs};
use crate::domain::{Access, Change, ChangeError};
use crate::progress::ProgressMode;
use crate::settings::Span;

/// Removes the access of many users over SCIM 2.0, survives interruption, and proves what it did.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, disable_help_subcommand = true, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,

    /// Log what happens to standard error; twice for more.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,

    /// Say nothing but data and failures.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,

    /// Append the log to this file instead.
    #[arg(long, global = true, value_name = "FILE", env = "OFFBOARD_LOG_FILE")]
    pub(super) log_file: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  See the whole story on the built-in sandbox:
    offboard demo

  Disable everybody in a CSV and remove all their workspaces:
    offboard run leavers.csv --disable --remove-access --username admin@example.com

  The same command again continues an interrupted job. Afterwards:
    offboard report -o evidence

Exit codes: 0 done, 1 bug, 2 usage, 3 settings, 4 roster, 5 sign-in, 6 stopped by a rail, 7 ledger,
10 finished with failures, 11 stopped early, 12 totals do not add up, 129/130/143 interrupted.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Run(Box<RunArgs>),
    Status(StatusArgs),
    Report(ReportArgs),
    Sandbox(SandboxArgs),
    Demo(DemoArgs),
}

/// Work on a job: load the roster, confirm, and see every user to an outcome.
///
/// The same command again continues where it stopped; nobody is done twice.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard run leavers.csv --disable --remove-access --username admin@example.com
  OFFBOARD_PASSWORD=… offboard run leavers.csv --disable --username admin@example.com --confirm 812
  offboard run 0193af --username admin@example.com      (continue a job by its id)")]
pub(super) struct RunArgs {
    /// The CSV that names the users, or a job: the beginning of its id, or `latest`.
    #[arg(value_name = "ROSTER|JOB")]
    pub(super) subject: String,

    /// The number of users that the job will write, as a confirmation without a terminal.
    #[arg(long, value_name = "N", env = "OFFBOARD_CONFIRM")]
    pub(super) confirm: Option<u64>,

    /// Start a new job although the same one is in the ledger.
    #[arg(long)]
    pub(super) new: bool,

    /// Refuse a roster with any bad line.
    #[arg(long, env = "OFFBOARD_STRICT", value_parser = BoolishValueParser::new())]
    pub(super) strict: bool,

    /// Look nobody up beforehand: each user is read right before the write, which takes twice the
    /// requests.
    #[arg(long, env = "OFFBOARD_NO_LOOKUP", value_parser = BoolishValueParser::new())]
    pub(super) no_lookup: bool,

    /// Print the summary as JSON.
    #[arg(long)]
    pub(super) json: bool,

    #[command(flatten)]
    pub(super) progress: ProgressArgs,

    // A heading goes on until the next one: what has none stands above.
    #[command(flatten)]
    pub(super) change: ChangeArgs,

    #[command(flatten)]
    pub(super) settings: SettingsArgs,
}

/// What to change; at least one, no default: only disabling can be taken back in full.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Change")]
pub(super) struct ChangeArgs {
    /// Keep the user from signing in (`active` becomes false).
    #[arg(long)]
    pub(super) disable: bool,

    /// Remove the user from all workspaces. Roles and selective access in their models are lost.
    #[arg(long, conflicts_with = "from_workspace")]
    pub(super) remove_access: bool,

    /// Remove the user from this workspace only, by its id; again for more. All others stay.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(super) from_workspace: Vec<String>,
}

impl ChangeArgs {
    /// The change; `None` if nothing was asked for.
    ///
    /// # Errors
    /// [`ChangeError::Workspace`] for what is no workspace's id.
    pub(super) fn change(&self) -> Result<Option<Change>, ChangeError> {
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

#[derive(Debug, Clone, Copy, Args)]
pub(super) struct ProgressArgs {
    /// How to show progress.
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "HOW",
        env = "OFFBOARD_PROGRESS"
    )]
    pub(super) progress: ProgressMode,
}

/// Show where a job stands, also while another process works on it.
#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// The beginning of a job's id, or `latest`.
    #[arg(value_name = "JOB", default_value = "latest")]
    pub(super) job: String,

    /// Print JSON.
    #[arg(long)]
    pub(super) json: bool,

    #[command(flatten)]
    pub(super) files: FileArgs,
}

/// Write what was done, user by user, into a folder.
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// The beginning of a job's id, or `latest`.
    #[arg(value_name = "JOB", default_value = "latest")]
    pub(super) job: String,

    /// The folder; it must not exist, or be empty.
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: PathBuf,

    /// Print the summary as JSON.
    #[arg(long)]
    pub(super) json: bool,

    #[command(flatten)]
    pub(super) files: FileArgs,
}

/// Run the built-in SCIM server by itself, for rehearsals.
#[derive(Debug, Args)]
#[command(after_help = "\
Faults are drawn from one seeded generator: `throttle=0.05`, `reset-after=0.02`, `latency=20ms`, …
Example:
  offboard sandbox --users 1000 --port 8080 --fault error500=0.1,reset-after=0.05")]
pub(super) struct SandboxArgs {
    /// The loopback port; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub(super) port: u16,

    /// How many made users it has.
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub(super) users: usize,

    /// What users and faults follow from.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,

    /// Faults to inject: `none`, `mild`, `harsh`, or a list.
    #[arg(long, value_name = "FAULTS", default_value = "none")]
    pub(super) fault: String,

    /// Users whom it refuses to change.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) refused: usize,

    /// Throttle as Anaplan documents it: 600 requests, 10 more each second.
    #[arg(long)]
    pub(super) throttle: bool,

    /// Time until a token ends.
    #[arg(long, value_name = "TIME", default_value = "35m")]
    pub(super) token_life: Span,

    /// Append what is really applied to this file, a JSON line each.
    #[arg(long, value_name = "FILE")]
    pub(super) log: Option<PathBuf>,

    /// Write a roster of all its users to this file.
    #[arg(long, value_name = "FILE")]
    pub(super) roster: Option<PathBuf>,
}

/// The whole story on the sandbox: a roster with bad lines, a run under faults, the report.
///
/// Kill it half way and run it again: it continues.
#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// How many users the roster names.
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub(super) users: usize,

    /// How bad the provider behaves.
    #[arg(long, value_enum, default_value_t)]
    pub(super) faults: DemoFaults,

    /// The folder for roster, ledger and report [default: offboard-demo, or the next free name].
    #[arg(long, value_name = "DIR")]
    pub(super) dir: Option<PathBuf>,

    #[command(flatten)]
    pub(super) progress: ProgressArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum DemoFaults {
    /// Everything works.
    None,
    /// About one request in twelve fails.
    #[default]
    Mild,
    /// About one request in three fails, in many ways.
    Harsh,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
