//! `offboard plan`: looks up all users and shows what a job would change. It writes to no user.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::cli::Exit;
use crate::cli::args::{ChangeArgs, SettingsArgs, SubjectArgs};
use crate::cli::failure::Failure;
use crate::cli::next::after_planning;
use crate::cli::output::{Terminal, TerminalVoice};
use crate::cli::verb::plan::plan_table;
use crate::cli::verb::plan::plan_text::PlanText;
use crate::files::OutputPath;
use crate::job::{self, PlannedJob, Sessions, Setup};
use crate::settings::{ProgressSettings, Settings};

/// Look every user up and show what a job would change; nothing is written.
///
/// The run that follows works on this plan, once, and only while it is fresh (`--plan-ttl`).
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard plan leavers.csv --disable --remove-access --username admin@example.com
  offboard plan leavers.csv --from-workspace 8a8b00ff --csv plan.csv --username admin@example.com")]
pub(crate) struct PlanArgs {
    /// The roster or the job to work on.
    #[command(flatten)]
    pub(crate) subject: SubjectArgs,

    /// Write every line of the plan to this file; an older table of this kind is replaced, no other
    /// file.
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: Option<PathBuf>,

    /// Print the plan as JSON.
    #[arg(long)]
    pub(crate) json: bool,

    /// How progress is shown on standard error.
    #[command(flatten)]
    pub(crate) progress: ProgressSettings,

    /// What a new job does to each user.
    #[command(flatten)]
    pub(crate) change: ChangeArgs,

    /// The settings of the provider and of this verb, from all sources.
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

pub(crate) async fn plan(
    args: PlanArgs,
    sessions: &Sessions,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let settings = Settings::resolve(args.settings.layer()?)?;
    // Known before anything is read or sent, and before a ledger is made.
    let table = args.csv.as_deref().map(|path| {
        let roster = Path::new(&args.subject.subject);
        plan_table::place(path, roster, &settings.ledger)
    });
    let table = table.transpose()?;
    let voice = TerminalVoice::new(terminal, args.progress.progress());
    let setup = Setup::new(&settings, Arc::new(voice), sessions)?;
    let request = args.subject.request(args.change.change()?);
    let (ledger, job) = setup.find_job(&request).await?;
    let planned = job::plan(&setup, ledger, job).await?;
    let table = PlanTable::Flag(table.as_ref());
    show_plan(planned, &settings, table, args.json, terminal).await
}

/// Whether a command can write all lines of a plan as a table.
#[derive(Debug, Clone, Copy)]
pub(crate) enum PlanTable<'a> {
    /// It has the flag, which names this place, or is not given.
    Flag(Option<&'a OutputPath>),
    /// It has no such flag.
    NoFlag,
}

/// Prints a plan, writes its table if there is a place for one, and closes the ledger.
pub(crate) async fn show_plan(
    planned: PlannedJob,
    settings: &Settings,
    table: PlanTable<'_>,
    json: bool,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let PlannedJob {
        mut ledger,
        job,
        criteria,
        overview,
        refused_by,
        begun,
    } = planned;
    if let PlanTable::Flag(Some(place)) = table {
        plan_table::write(&mut ledger, &job, &criteria, place).await?;
        terminal.note(format!("every line: {}", place.path().display()));
    }
    ledger.close().await?;
    let mut text = PlanText::new(&job, &overview, &criteria, settings);
    text.has_table = matches!(table, PlanTable::Flag(_));
    text.refused_by = &refused_by;
    let allowing: Vec<_> = refused_by.iter().map(|rail| rail.flag()).collect();
    let users = text.to_write();
    // On a terminal the command asks for the number, which a person is to read and type.
    let confirm = (!terminal.can_ask()).then_some(users);
    let next = (!begun && users > 0)
        .then(|| after_planning(&job.id, &allowing, confirm))
        .flatten();
    text.next = next.as_ref().map(|next| next.command.clone());
    if json {
        terminal.json(&text.to_json())?;
        return Ok(Exit::Done);
    }
    terminal.data(text.to_text())?;
    if begun {
        return Ok(Exit::Done);
    }
    for rail in &refused_by {
        let flag = rail.flag();
        terminal.warn(&format!(
            "warning: a run would be refused: {rail}; look at the roster, then allow it with `{flag}`"
        ));
    }
    match next {
        None if users == 0 => terminal.note("nothing was written, and nothing has to be"),
        None => terminal.note("nothing was written"),
        Some(next) => {
            terminal.note(format!("nothing was written; to go on: {}", next.command));
            if !next.variables.is_empty() {
                let names = next.variables.join(", ");
                terminal.note(format!("(with the variables that are set now: {names})"));
            }
        }
    }
    Ok(Exit::Done)
}
