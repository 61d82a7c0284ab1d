//! `offboard jobs`: the jobs of a ledger listed, shown, and pruned.

use std::fmt::Write;

use indicatif::HumanCount;
use serde_json::json;

use crate::cli::Exit;
use crate::cli::args::{JobsArgs, JobsCommand, ListArgs, PruneArgs};
use crate::cli::failure::Failure;
use crate::cli::look::{selector, status};
use crate::cli::terminal::Terminal;
use crate::domain::{Clock, Timestamp};
use crate::ledger::{Job, Ledger, Reader};
use crate::report::{Privacy, Summary};

pub(in crate::cli) async fn jobs(args: JobsArgs, terminal: Terminal) -> Result<Exit, Failure> {
    match args.command {
        JobsCommand::List(args) => list(args, terminal).await,
        JobsCommand::Show(args) => status(args, terminal).await,
        JobsCommand::Prune(args) => prune(args, terminal).await,
    }
}

async fn list(args: ListArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let mut reader = Reader::open(&args.files.ledger()?).await?;
    reader.begin_snapshot().await?;
    let mut summaries = Vec::new();
    for job in reader.jobs().await? {
        let summary = Summary::gather(&mut reader, &job, Privacy::Open).await?;
        summaries.push((summary, job));
    }
    reader.end_snapshot().await?;
    if args.json {
        let all: Vec<_> = summaries.iter().map(|(summary, _)| summary).collect();
        terminal.json(&json!(all))?;
        return Ok(Exit::Done);
    }
    let mut text = String::new();
    for (summary, job) in &summaries {
        let _ = writeln!(text, "{}", line(summary, job));
    }
    if text.is_empty() {
        text.push_str("the ledger holds no job yet");
    }
    terminal.data(text.trim_end())?;
    Ok(Exit::Done)
}

fn line(summary: &Summary, job: &Job) -> String {
    let undone = summary.undone.as_ref();
    let state = if undone.is_some_and(|undone| undone.given_back > 0) {
        "undone"
    } else if summary.finished {
        "finished"
    } else if job.plan.is_some() || summary.runs.iter().any(|run| run.kind == "run") {
        "unfinished"
    } else {
        "loaded"
    };
    let outcomes = summary.outcomes.iter().filter(|(_, lines)| **lines > 0);
    let counts = outcomes.map(|(outcome, lines)| format!("{} {outcome}", HumanCount(*lines)));
    format!(
        "{}  {}  {state:<10}  {}  {}: {}",
        job.id,
        job.created_at,
        job.change,
        job.roster_path,
        counts.collect::<Vec<_>>().join(", ")
    )
}

async fn prune(args: PruneArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let path = args.files.ledger()?;
    // A missing ledger is an error here: opening it to read fails, where opening it to write would create it.
    drop(Reader::open(&path).await?);
    let mut ledger = Ledger::open(&path, Clock::System).await?;
    let jobs = chosen(&mut ledger, &args).await?;
    for job in &jobs {
        let counts = ledger.counts(job).await?;
        terminal.data(&format!(
            "job {} of {}: {} lines",
            job.id,
            job.created_at,
            HumanCount(counts.lines())
        ))?;
    }
    if args.dry_run || jobs.is_empty() {
        terminal.note(&format!("{} jobs; nothing was deleted", jobs.len()));
        return Ok(Exit::Done);
    }
    confirm(&jobs, args.confirm, terminal)?;
    for job in &jobs {
        ledger.prune(job).await?;
    }
    ledger.compact().await?;
    ledger.close().await?;
    terminal.note(&format!("{} jobs were deleted", jobs.len()));
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
        let job = ledger.select_job(&selector(name)?).await?;
        if ledger.counts(&job).await?.open() > 0 {
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
            let typed = terminal
                .ask(&format!("Type {number} to go on:"))
                .map_err(|error| Failure::new(Exit::Rail, format!("no answer: {error}")))?;
            (typed == number.to_string())
                .then_some(())
                .ok_or_else(refusal)
        }
        Some(_) | None => Err(refusal()),
    }
}
