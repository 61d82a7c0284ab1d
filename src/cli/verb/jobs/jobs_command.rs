//! `offboard jobs`: the jobs of a ledger listed, shown, copied, and pruned.

use std::collections::BTreeSet;
use std::fmt::Write;

use clap::{Args, Subcommand};

use crate::cli::Exit;
use crate::cli::args::FileArgs;
use crate::cli::failure::Failure;
use crate::cli::json::{JobsForm, OrderForm, SCHEMA, VERSION};
use crate::cli::output::Terminal;
use crate::cli::verb::jobs::copy_job::{CopyArgs, copy};
use crate::cli::verb::jobs::prune_jobs::{PruneArgs, prune};
use crate::cli::verb::status::{StatusArgs, status};
use crate::domain::grouped;
use crate::ledger::{Activity, Job, Order, OrderState, Reader};
use crate::report::{Privacy, Summary};

/// List, show, copy and prune the jobs of a ledger.
#[derive(Debug, Args)]
pub(crate) struct JobsArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub(crate) command: JobsCommand,
}

/// The word that follows `jobs`.
#[derive(Debug, Subcommand)]
pub(crate) enum JobsCommand {
    /// One line for each job, the latest first.
    List(ListArgs),
    /// Everything about one job: its plan, its runs, and the outcomes of its lines.
    Show(StatusArgs),
    /// Copy a job into another ledger, with the jobs that take it back.
    ///
    /// Everything is copied that a run, an undo, a report and an audit need. The chain of events is compared
    /// meanwhile. The job stays in this ledger, too.
    Copy(CopyArgs),
    /// Delete finished jobs from the ledger, with everything that happened in them.
    ///
    /// The ledger keeps that the job existed, and the end of its chain of events, so that a report
    /// that was written before can still be checked.
    Prune(PruneArgs),
}

/// The arguments of `jobs list`. The help text is that of the variant.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,

    /// The ledger to read, and the settings file that may name it.
    #[command(flatten)]
    pub(crate) files: FileArgs,
}

pub(crate) async fn jobs(args: JobsArgs, terminal: Terminal) -> Result<Exit, Failure> {
    match args.command {
        JobsCommand::List(args) => list(args, terminal).await,
        JobsCommand::Show(args) => status(args, terminal).await,
        JobsCommand::Copy(args) => copy(args, terminal).await,
        JobsCommand::Prune(args) => prune(args, terminal).await,
    }
}

async fn list(args: ListArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let mut reader = Reader::open(&args.files.ledger()?).await?;
    reader.begin_snapshot().await?;
    let mut summaries = Vec::new();
    let mut at_work = BTreeSet::new();
    for job in reader.jobs().await? {
        let summary = Summary::gather(&mut reader, &job, Privacy::Open).await?;
        let order = reader.order(&job).await?;
        if order.is_some()
            && let Some(holder) = reader.holder(&job).await?
            && reader.activity(&job, &holder).await? == Activity::Writing
        {
            at_work.insert(job.id.to_string());
        }
        summaries.push((summary, job, order));
    }
    reader.end_snapshot().await?;
    if args.json {
        let orders = summaries.iter().filter_map(|(.., order)| order.as_ref());
        terminal.json(&JobsForm {
            schema: SCHEMA,
            version: VERSION,
            orders: orders.map(OrderForm::from).collect(),
            jobs: summaries.into_iter().map(|(summary, ..)| summary).collect(),
        })?;
        return Ok(Exit::Done);
    }
    let mut text = String::new();
    for (summary, job, order) in &summaries {
        let _ = writeln!(
            text,
            "{}",
            line(
                summary,
                job,
                order.as_ref(),
                at_work.contains(job.id.as_str())
            )
        );
    }
    if text.is_empty() {
        text.push_str("the ledger holds no job yet");
    }
    terminal.data(text.trim_end())?;
    Ok(Exit::Done)
}

fn line(summary: &Summary, job: &Job, order: Option<&Order>, is_at_work: bool) -> String {
    let undone = summary.undone.as_ref();
    let order = order.filter(|order| order.state != OrderState::Done);
    let state = if undone.is_some_and(|undone| undone.given_back > 0) {
        "undone"
    } else if summary.finished {
        "finished"
    } else if is_at_work {
        "at work"
    } else if let Some(order) = order {
        order.state.as_str()
    } else if summary.runs.iter().any(|run| run.kind == "run") {
        "unfinished"
    } else if job.plan.is_some() {
        "planned"
    } else {
        "loaded"
    };
    let outcomes = summary.outcomes.iter().filter(|(_, lines)| **lines > 0);
    let counts = outcomes.map(|(outcome, lines)| format!("{} {outcome}", grouped(*lines)));
    format!(
        "{}  {}  {state:<10}  {}  {}: {}",
        job.id,
        job.created_at,
        job.change,
        job.roster_path,
        counts.collect::<Vec<_>>().join(", ")
    )
}
