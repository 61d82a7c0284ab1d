//! `offboard cancel`: takes a job back that was left to the workers.

use clap::Args;

use crate::cli::Exit;
use crate::cli::args::FileArgs;
use crate::cli::failure::Failure;
use crate::cli::json::{CancelledForm, SCHEMA, VERSION};
use crate::cli::output::Terminal;
use crate::domain::Clock;
use crate::job::{operator, select};
use crate::ledger::{Ledger, Reader, with_workers};

/// Cancel a job that was left to the workers with `run --detach`.
///
/// A worker that is at work on it stops: requests in flight end, and no other is begun. Users who were written stay as
/// they are; `undo` gives back what they had.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard cancel 0193af --ledger postgres://offboard@db.example.com/offboard")]
pub(crate) struct CancelArgs {
    /// The job: the beginning of its id, or `latest`.
    #[arg(value_name = "JOB")]
    pub(crate) job: String,

    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,

    /// The ledger to read, and the settings file that may name it.
    #[command(flatten)]
    pub(crate) files: FileArgs,
}

pub(crate) async fn cancel(args: CancelArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let address = args.files.ledger()?;
    with_workers(&address)?;
    // A missing ledger is an error here: opening it to read fails, where opening it to write would create it.
    let mut reader = Reader::open(&address).await?;
    let job = reader.select_job(&select(&args.job)?).await?;
    let order = reader.order(&job).await?;
    let mut ledger = Ledger::open(&address, Clock::System).await?;
    let why = format!("by {}", operator());
    if !ledger.cancel_order(&job, &why).await? {
        let Some(order) = order else {
            let what = format!("job {} was not left to the workers", job.id);
            let hint = "a run at a terminal stops with Ctrl-C".to_owned();
            return Err(Failure::new(Exit::Usage, what).hint(hint));
        };
        let state = order.state.as_str();
        let why = order.why.map(|why| format!(" ({why})")).unwrap_or_default();
        let what = format!("the order of job {} is {state} already{why}", job.id);
        let hint = "a run at a terminal stops with Ctrl-C".to_owned();
        return Err(Failure::new(Exit::Usage, what).hint(hint));
    }
    ledger.close().await?;
    let holder = reader.holder(&job).await?.map(|holder| holder.to_string());
    if args.json {
        terminal.json(&CancelledForm {
            schema: SCHEMA,
            version: VERSION,
            job: job.id.to_string(),
            held_by: holder,
        })?;
        return Ok(Exit::Done);
    }
    terminal.data(match holder {
        None => format!("job {} is cancelled: no worker is at work on it", job.id),
        Some(holder) => format!(
            "job {} is cancelled: if {holder} is a worker that is at work on it, it ends what is in flight and stops",
            job.id
        ),
    })?;
    Ok(Exit::Done)
}
