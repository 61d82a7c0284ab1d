//! What can be typed for the verbs that look at a ledger and ask nobody.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::args::sources::FileArgs;
use crate::settings::{RedactSettings, Span};

/// Show where a job stands, also while another process works on it.
#[derive(Debug, Args)]
pub(in crate::cli) struct StatusArgs {
    /// The beginning of a job's id, or `latest`.
    #[arg(value_name = "JOB", default_value = "latest")]
    pub(in crate::cli) job: String,

    /// Look again every two seconds, until the job or the run ends.
    #[arg(long, conflicts_with = "json")]
    pub(in crate::cli) watch: bool,

    /// Print JSON.
    #[arg(long)]
    pub(in crate::cli) json: bool,

    #[command(flatten)]
    pub(in crate::cli) files: FileArgs,
}

/// List, show and prune the jobs of a ledger.
#[derive(Debug, Args)]
pub(in crate::cli) struct JobsArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub(in crate::cli) command: JobsCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum JobsCommand {
    /// One line for each job, the latest first.
    List(ListArgs),
    /// Everything about one job: its plan, its runs, and where its lines stand.
    Show(StatusArgs),
    /// Delete finished jobs from the ledger, with everything that happened in them.
    ///
    /// What stays is that the job was there, and the end of its chain of events, so that a report
    /// that was written before can still be told from a made-up one.
    Prune(PruneArgs),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ListArgs {
    /// Print JSON.
    #[arg(long)]
    pub(in crate::cli) json: bool,

    #[command(flatten)]
    pub(in crate::cli) files: FileArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard jobs prune --older-than 400d --dry-run
  offboard jobs prune 0193af --confirm 1")]
pub(in crate::cli) struct PruneArgs {
    /// These jobs: the beginnings of their ids.
    #[arg(value_name = "JOB", required_unless_present = "older_than")]
    pub(in crate::cli) jobs: Vec<String>,

    /// All jobs that have been finished for so long, such as `400d`.
    #[arg(long, value_name = "TIME", conflicts_with = "jobs")]
    pub(in crate::cli) older_than: Option<Span>,

    /// Only say what would be deleted.
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,

    /// The number of jobs, as a confirmation without a terminal.
    #[arg(long, value_name = "N")]
    pub(in crate::cli) confirm: Option<u64>,

    #[command(flatten)]
    pub(in crate::cli) files: FileArgs,
}

/// Tell everything that happened to one user, in order.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  offboard explain ada@example.com")]
pub(in crate::cli) struct ExplainArgs {
    /// The user: an id, or an e-mail address.
    #[arg(value_name = "USER")]
    pub(in crate::cli) user: String,

    /// Print JSON.
    #[arg(long)]
    pub(in crate::cli) json: bool,

    #[command(flatten)]
    pub(in crate::cli) files: FileArgs,
}

/// One file of the bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ReportFormat {
    /// `report.csv`.
    Csv,
    /// `events.jsonl`.
    Jsonl,
    /// `summary.json`.
    Json,
    /// `report.html`.
    Html,
}

/// Write what was done, user by user, into a folder.
#[derive(Debug, Args)]
pub(in crate::cli) struct ReportArgs {
    /// The beginning of a job's id, or `latest`.
    #[arg(value_name = "JOB", default_value = "latest")]
    pub(in crate::cli) job: String,

    /// The folder; it must not exist, or be empty.
    #[arg(
        short,
        long,
        value_name = "DIR",
        required_unless_present = "format",
        conflicts_with = "format"
    )]
    pub(in crate::cli) output: Option<PathBuf>,

    /// Write one file to standard output instead: the table, the events, the summary, or the
    /// page.
    #[arg(long, value_enum, value_name = "FORMAT", conflicts_with = "json")]
    pub(in crate::cli) format: Option<ReportFormat>,

    #[command(flatten)]
    pub(in crate::cli) redact: RedactSettings,

    /// Print the summary as JSON.
    #[arg(long)]
    pub(in crate::cli) json: bool,

    #[command(flatten)]
    pub(in crate::cli) files: FileArgs,
}
