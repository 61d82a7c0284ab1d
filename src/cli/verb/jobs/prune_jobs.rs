//! `offboard jobs prune`: deletes finished jobs from the ledger.

use clap::Args;

use crate::cli::Exit;
use crate::cli::args::FileArgs;
use crate::cli::failure::Failure;
use crate::cli::json::{PrunedForm, SCHEMA, VERSION};
use crate::cli::output::{Terminal, TerminalVoice};
use crate::domain::{Clock, Timestamp, grouped};
use crate::job::{Voice, select};
use crate::ledger::{Job, Ledger, Reader};
use crate::progress::ProgressMode;
use crate::settings::Span;

/// The jobs to delete, by id or by age. The help text is that of the variant.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard jobs prune --older-than 400d --dry-run
  offboard jobs prune 0193af --confirm 1")]
pub(crate) struct PruneArgs {
    /// These jobs: the beginnings of their ids.
    #[arg(value_name = "JOB", required_unless_present = "older_than")]
    pub(crate) jobs: Vec<String>,

    /// All jobs that have been finished for so long, such as `400d`.
    #[arg(long, value_name = "TIME", conflicts_with = "jobs")]
    pub(crate) older_than: Option<Span>,

    /// Only say what would be deleted.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,

    /// The number of jobs, as a confirmation without a terminal.
    #[arg(long, value_name = "N")]
    pub(crate) confirm: Option<u64>,

    /// The ledger to read, and the settings file that may name it.
    #[command(flatten)]
    pub(crate) files: FileArgs,
}

pub(super) async fn prune(args: PruneArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let path = args.files.ledger()?;
    // A missing ledger is an error here: opening it to read fails, where opening it to write would create it.
    drop(Reader::open(&path).await?);
    let mut ledger = Ledger::open(&path, Clock::System).await?;
    let jobs = chosen(&mut ledger, &args).await?;
    if !args.json {
        for job in &jobs {
            let counts = ledger.counts(job).await?;
            terminal.data(format!(
                "job {} of {}: {} lines",
                job.id,
                job.created_at,
                grouped(counts.lines())
            ))?;
        }
    }
    if args.dry_run || jobs.is_empty() {
        terminal.note(format!("{} jobs; nothing was deleted", jobs.len()));
        return print(&jobs, false, &args, terminal);
    }
    confirm(&jobs, args.confirm, terminal)?;
    for job in &jobs {
        ledger.prune(job).await?;
    }
    ledger.compact().await?;
    ledger.close().await?;
    terminal.note(format!("{} jobs were deleted", jobs.len()));
    print(&jobs, true, &args, terminal)
}

fn print(
    jobs: &[Job],
    deleted: bool,
    args: &PruneArgs,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    if args.json {
        terminal.json(&PrunedForm {
            schema: SCHEMA,
            version: VERSION,
            jobs: jobs.iter().map(|job| job.id.to_string()).collect(),
            deleted,
        })?;
    }
    Ok(Exit::Done)
}

/// The jobs that are meant; each undo before the job that it takes back.
async fn chosen(ledger: &mut Ledger, args: &PruneArgs) -> Result<Vec<Job>, Failure> {
    if let Some(age) = args.older_than {
        let age = i64::try_from(age.0.as_millis()).unwrap_or(i64::MAX);
        let moment = Clock::System.now().as_millis().saturating_sub(age);
        let jobs = ledger
            .finished_before(Timestamp::from_millis(moment))
            .await?;
        // A job stays as long as its undo does.
        let mut prunable = Vec::with_capacity(jobs.len());
        for job in jobs {
            let undos = ledger.undos_of(&job).await?;
            if undos.iter().all(|undo| prunable.contains(undo)) {
                prunable.push(job);
            }
        }
        return Ok(prunable);
    }
    let mut jobs = Vec::new();
    for name in &args.jobs {
        let job = ledger.select_job(&select(name)?).await?;
        if ledger.is_open(&job).await? {
            let message = format!("job {} is not finished", job.id);
            return Err(Failure::new(Exit::Rail, message)
                .hint("see it to its end first: its users are not all dealt with".to_owned()));
        }
        if !jobs.contains(&job) {
            jobs.push(job);
        }
    }
    jobs.sort_by_key(|job| (!job.is_undo(), job.created_at));
    Ok(jobs)
}

fn confirm(jobs: &[Job], given: Option<u64>, terminal: Terminal) -> Result<(), Failure> {
    let number = jobs.len() as u64;
    let refusal = || {
        let message = format!("this deletes {number} jobs and everything that happened in them");
        let hint = "write their reports first; to go on, give";
        Failure::new(Exit::Rail, message).hint(format!("{hint} `--confirm {number}`"))
    };
    match given {
        Some(given) if given == number => Ok(()),
        None if terminal.can_ask() => {
            terminal.warn("everything that happened in these jobs is deleted for good.");
            let voice = TerminalVoice::new(terminal, ProgressMode::Off);
            let is_typed = voice
                .ask_exactly(&format!("Type {number} to go on:"), number)
                .map_err(|error| Failure::new(Exit::Rail, format!("no answer: {error}")))?;
            is_typed.then_some(()).ok_or_else(refusal)
        }
        Some(_) | None => Err(refusal()),
    }
}
