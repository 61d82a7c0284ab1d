//! `offboard run`: from a roster, or a job, to an outcome for every line.

use std::sync::Arc;

use clap::Args;

use crate::cli::Exit;
use crate::cli::args::{ChangeArgs, ConfirmArgs, SettingsArgs, SubjectArgs};
use crate::cli::failure::Failure;
use crate::cli::json::WorkedForm;
use crate::cli::output::{Printed, Terminal, TerminalVoice, print_result};
use crate::cli::process::notifying;
use crate::cli::verb::plan::{PlanTable, show_plan};
use crate::cli::verb::workers::leave;
use crate::job::{self, JobRequest, RunOptions, Sessions, Setup};
use crate::settings::{EndSettings, LookUpSettings, ProgressSettings, Settings};

/// Run a job: load the roster, plan, confirm, and bring every user to an outcome.
///
/// The same command again continues where it stopped; no user is done twice.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard run leavers.csv --disable --remove-access --username admin@example.com
  OFFBOARD_PASSWORD=… offboard run leavers.csv --disable --username admin@example.com --confirm 412
  offboard run 0193af --username admin@example.com      (continue a job by its id)")]
pub(crate) struct RunArgs {
    /// The roster or the job to work on.
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,

    /// Only show what would change, as `plan` does; nothing is written.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Plan and confirm the job, and leave it to the workers of the ledger (`offboard worker`).
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) detach: bool,

    /// How the job is worked on.
    #[command(flatten)]
    pub(crate) work: WorkArgs,

    // A heading goes on until the next one: what has none stands above.
    /// What a new job does to each user.
    #[command(flatten)]
    pub(crate) change: ChangeArgs,

    /// The settings of the provider and of this verb, from all sources.
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

/// How a job is worked on, whichever verb names it.
#[derive(Debug, Args)]
pub(crate) struct WorkArgs {
    /// The number to confirm, if no terminal can ask for it.
    #[command(flatten)]
    pub(crate) confirm: ConfirmArgs,

    /// Whether users are read before the first write.
    #[command(flatten)]
    pub(crate) look_up: LookUpSettings,

    /// How the command ends.
    #[command(flatten)]
    pub(crate) end: EndSettings,

    /// Print the summary as JSON.
    #[arg(long)]
    pub(crate) json: bool,

    /// How progress is shown on standard error.
    #[command(flatten)]
    pub(crate) progress: ProgressSettings,
}

/// Who works on a job that is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WorkedBy {
    /// This process, now.
    ThisProcess,
    /// The workers of the ledger.
    Workers,
}

impl WorkArgs {
    /// Works on the job that is meant, until each line has an outcome or something stops it.
    pub(super) async fn work(
        &self,
        request: &JobRequest<'_>,
        by: WorkedBy,
        settings: &Settings,
        sessions: &Sessions,
        terminal: Terminal,
    ) -> Result<(Exit, Option<WorkedForm>), Failure> {
        let voice = TerminalVoice::of_a_run(terminal, self.progress.progress())?;
        let setup = Setup::new(settings, Arc::new(voice), sessions)?;
        let options = RunOptions {
            confirm: self.confirm.confirm,
            no_lookup: self.look_up.no_lookup(),
            tolerate: self.end.tolerate(),
            ..RunOptions::default()
        };
        let printed = Printed::new(self.json, &self.end);
        if by == WorkedBy::Workers {
            return leave(setup, request, &options, printed, terminal).await;
        }
        let (ledger, job) = setup.find_job(request).await?;
        let done = job::run(&setup, ledger, job, &options).await?;
        print_result(&done, settings, printed, terminal).await
    }
}

pub(crate) async fn run(
    args: RunArgs,
    sessions: &Sessions,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    if !args.dry_run {
        let work = async {
            let settings = Settings::resolve(args.settings.layer()?)?;
            let request = args.subject.request(args.change.change()?);
            let by = if args.detach {
                WorkedBy::Workers
            } else {
                WorkedBy::ThisProcess
            };
            args.work
                .work(&request, by, &settings, sessions, terminal)
                .await
        };
        return notifying(&args.work.end, terminal, Box::pin(work)).await;
    }
    let settings = Settings::resolve(args.settings.layer()?)?;
    let request = args.subject.request(args.change.change()?);
    let voice = TerminalVoice::new(terminal, args.work.progress.progress());
    let setup = Setup::new(&settings, Arc::new(voice), sessions)?;
    let (ledger, job) = setup.find_job(&request).await?;
    let planned = job::plan(&setup, ledger, job).await?;
    show_plan(
        planned,
        &settings,
        PlanTable::NoFlag,
        args.work.json,
        terminal,
    )
    .await
}
