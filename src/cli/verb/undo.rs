//! `offboard undo`: a job that gives back what another took.

use std::sync::Arc;

use clap::Args;

use crate::cli::Exit;
use crate::cli::args::{ConfirmArgs, SettingsArgs};
use crate::cli::failure::Failure;
use crate::cli::json::WorkedForm;
use crate::cli::output::{
    Printed, SHOWN, Terminal, TerminalVoice, failures, lister, nothing_to_do, print_result,
};
use crate::cli::process::notifying;
use crate::cli::verb::plan::{PlanTable, show_plan};
use crate::domain::one_or_many;
use crate::job::{
    LeftAlone, RunOptions, Sessions, Setup, UndoRest, UndoStart, continue_undo, plan, start_undo,
};
use crate::ledger::Job;
use crate::report::undone_in_words;
use crate::settings::{EndSettings, ProgressSettings, Settings};

/// Give back what a job took: a new job, planned, confirmed and worked on like any other.
///
/// Only users that the job changed, and that were not changed since, are written. Roles and
/// selective access in the models of a workspace cannot be given back.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard undo --username admin@example.com
  offboard undo 0193af --plan-only --username admin@example.com   (look first)")]
pub(crate) struct UndoArgs {
    /// The beginning of the id of the job to take back, or `latest`: the last job that a run has begun.
    #[arg(value_name = "JOB", default_value = "latest")]
    pub(crate) job: String,

    /// Plan it and show the plan; nothing is written.
    #[arg(long)]
    pub(crate) plan_only: bool,

    /// The number to confirm, if no terminal can ask for it.
    #[command(flatten)]
    pub(crate) confirm: ConfirmArgs,

    /// Start another undo for all users that the job has changed.
    ///
    /// Without it an unfinished undo is continued. After a finished one, another is made only for
    /// users that the job has written since, or that still lack what was taken.
    #[arg(long)]
    pub(crate) new: bool,

    /// How the command ends.
    #[command(flatten)]
    pub(crate) end: EndSettings,

    /// Print the summary as JSON.
    #[arg(long)]
    pub(crate) json: bool,

    /// How progress is shown on standard error.
    #[command(flatten)]
    pub(crate) progress: ProgressSettings,

    /// The settings of the provider and of this verb, from all sources.
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

pub(crate) async fn undo(
    args: UndoArgs,
    sessions: &Sessions,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    if args.plan_only {
        return work(&args, sessions, terminal).await.map(|(exit, _)| exit);
    }
    notifying(
        &args.end,
        terminal,
        Box::pin(work(&args, sessions, terminal)),
    )
    .await
}

async fn work(
    args: &UndoArgs,
    sessions: &Sessions,
    terminal: Terminal,
) -> Result<(Exit, Option<WorkedForm>), Failure> {
    let settings = Settings::resolve(args.settings.layer()?)?;
    let voice = TerminalVoice::of_a_run(terminal, args.progress.progress())?;
    let setup = Setup::new(&settings, Arc::new(voice), sessions)?;
    let (mut ledger, parent) = setup.pick_job(&args.job).await?;
    let undo = match start_undo(&mut ledger, &parent, args.new, setup.voice.as_ref()).await? {
        UndoStart::Job(undo) => undo,
        UndoStart::Nothing { unproven: 0 } => {
            let why = "the job has taken nothing that can be given back now";
            return nothing_to_do(Exit::Done, why, args.json, terminal);
        }
        UndoStart::Nothing { unproven } => {
            let why = format!(
                "of {}, a write was sent that failed, and may have taken effect since: `offboard retry {}` reads them first",
                users(unproven),
                parent.id
            );
            terminal.warn(&why);
            return nothing_to_do(Exit::Trouble, &why, args.json, terminal);
        }
    };
    if args.plan_only {
        let planned = plan(&setup, ledger, undo).await?;
        let exit = show_plan(planned, &settings, PlanTable::NoFlag, args.json, terminal).await?;
        return Ok((exit, None));
    }
    let options = RunOptions {
        confirm: args.confirm.confirm,
        tolerate: args.end.tolerate(),
        ..RunOptions::default()
    };
    let result = continue_undo(&setup, ledger, &parent, undo, &options, SHOWN).await?;
    report_left_alone(&result.left_alone, &result.done.job, terminal);
    if let Some(rest) = &result.rest {
        report_rest(rest, &parent, terminal);
    }
    let printed = Printed::new(args.json, &args.end);
    print_result(&result.done, &settings, printed, terminal).await
}

/// Prints what undo jobs have given back by now, and how many users still lack something.
fn report_rest(rest: &UndoRest, parent: &Job, terminal: Terminal) {
    if let Some(undone) = &rest.undone {
        terminal.note(format!("job {}: {}", parent.id, undone_in_words(undone)));
    }
    if rest.lacking > 0 {
        terminal.warn(&format!(
            "still without what the job has taken: {}; to give it back: offboard undo {}",
            users(rest.lacking),
            parent.id
        ));
    }
}

fn users(count: u64) -> String {
    format!("{count} {}", one_or_many(count, "user", "users"))
}

/// Lists the users that another administrator changed after the job. Undo does not touch them.
fn report_left_alone(left: &LeftAlone, undo: &Job, terminal: Terminal) {
    if left.users == 0 {
        return;
    }
    terminal.warn(&format!("{} users were left alone:", left.users));
    terminal.say(failures(&left.first, left.users, &lister(&undo.id)));
}
