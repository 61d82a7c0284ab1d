//! The top of the command line: the flags that all verbs share, and the verbs. What each verb does is in `verb`.

use clap::{Parser, Subcommand};

use crate::cli::args::FileArgs;
use crate::cli::verb::{
    AuditArgs, AuditCommand, CancelArgs, CheckArgs, CompletionsArgs, ConfigArgs, ConfigCommand,
    DemoArgs, ExplainArgs, JobsArgs, JobsCommand, ManArgs, PlanArgs, ReportArgs, ResumeArgs,
    RetryArgs, RosterArgs, RunArgs, SandboxArgs, StatusArgs, UndoArgs, UsersArgs, UsersCommand,
    VerifyArgs, WorkerArgs,
};
use crate::settings::{ColorSettings, LogSettings};

/// Removes the access of many users over SCIM 2.0, survives interruption, and proves what it did.
#[derive(Debug, Parser)]
#[command(version = VERSION, max_term_width = 100, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: VerbArgs,

    /// Log what happens to standard error; twice for more.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,

    /// Say nothing but data and failures.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// The file of the log, if it does not go to standard error, and its form.
    #[command(flatten)]
    pub(crate) log: LogSettings,

    /// Whether what is printed has colours.
    #[command(flatten)]
    pub(crate) color: ColorSettings,
}

/// The version, the commit where it is known, and the machine that it is built for.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("OFFBOARD_BUILD"), ")");

const EXAMPLES: &str = "\
Examples:
  See the whole story on the built-in sandbox:
    offboard demo

  Look first, then disable all users in a CSV and remove them from all workspaces:
    offboard plan leavers.csv --disable --remove-access --username admin@example.com
    offboard run  leavers.csv --disable --remove-access --username admin@example.com

  The same command again, or `offboard resume`, continues an interrupted job. Afterwards:
    offboard verify --username admin@example.com
    offboard report -o evidence

Exit codes: 0 done, 1 bug, 2 usage, 3 settings, 4 roster, 5 sign-in, 6 stopped by a rail, 7 ledger,
10 finished with failures, 11 stopped early, 12 drifted or does not add up, 129/130/143 interrupted.";

/// A verb with its arguments.
#[derive(Debug, Subcommand)]
#[cfg_attr(
    not(test),
    expect(
        clippy::missing_docs_in_private_items,
        reason = "help shows the documentation of the arguments"
    )
)]
pub(crate) enum VerbArgs {
    Check(Box<CheckArgs>),
    Plan(Box<PlanArgs>),
    Run(Box<RunArgs>),
    Resume(Box<ResumeArgs>),
    Retry(Box<RetryArgs>),
    Verify(Box<VerifyArgs>),
    Undo(Box<UndoArgs>),
    Worker(WorkerArgs),
    Cancel(CancelArgs),
    Status(StatusArgs),
    Jobs(JobsArgs),
    Report(ReportArgs),
    Audit(AuditArgs),
    Explain(ExplainArgs),
    Sandbox(SandboxArgs),
    Demo(DemoArgs),
    Users(UsersArgs),
    Roster(RosterArgs),
    Config(ConfigArgs),
    Completions(CompletionsArgs),
    #[command(hide = true)]
    Man(ManArgs),
}

impl VerbArgs {
    /// Where the settings file and the ledger are, for a verb that takes them.
    pub(crate) fn files(&mut self) -> Option<&mut FileArgs> {
        Some(match self {
            Self::Check(args) => &mut args.settings.files,
            Self::Plan(args) => &mut args.settings.files,
            Self::Run(args) => &mut args.settings.files,
            Self::Resume(args) => &mut args.settings.files,
            Self::Retry(args) => &mut args.settings.files,
            Self::Verify(args) => &mut args.settings.files,
            Self::Undo(args) => &mut args.settings.files,
            Self::Worker(args) => &mut args.files,
            Self::Cancel(args) => &mut args.files,
            Self::Status(args) => &mut args.files,
            Self::Jobs(args) => match &mut args.command {
                JobsCommand::List(args) => &mut args.files,
                JobsCommand::Show(args) => &mut args.files,
                JobsCommand::Copy(args) => &mut args.files,
                JobsCommand::Prune(args) => &mut args.files,
            },
            Self::Report(args) => &mut args.files,
            Self::Audit(AuditArgs {
                command: AuditCommand::Verify(args),
            }) => &mut args.files,
            Self::Explain(args) => &mut args.files,
            Self::Users(UsersArgs {
                command: UsersCommand::Export(args),
            }) => &mut args.settings.files,
            Self::Config(args) => match &mut args.command {
                ConfigCommand::Show(args) => &mut args.settings.files,
                ConfigCommand::Init(_) | ConfigCommand::Profiles(_) => return None,
            },
            Self::Sandbox(_)
            | Self::Demo(_)
            | Self::Roster(_)
            | Self::Completions(_)
            | Self::Man(_) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::command;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }
}
