//! `offboard jobs copy`: a job in another ledger.

use std::time::Duration;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};

use crate::cli::Exit;
use crate::cli::args::FileArgs;
use crate::cli::failure::Failure;
use crate::cli::json::{CopiedForm, SCHEMA, VERSION};
use crate::cli::output::Terminal;
use crate::domain::{Clock, LedgerAddress, counted, grouped};
use crate::job::select;
use crate::ledger::{Contention, LeaseTimes, LeaseWait, Ledger, Reader};

/// How often the lease is renewed that keeps other processes from the job while it is copied.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// The arguments of `jobs copy`. The help text is that of the variant.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard jobs copy 0193af --to postgres://offboard@db.example.com/offboard
  offboard jobs copy latest --ledger postgres://offboard@db.example.com/offboard --to copy.db")]
pub(crate) struct CopyArgs {
    /// The job: the beginning of its id, or `latest`.
    #[arg(value_name = "JOB")]
    pub(crate) job: String,

    /// The ledger that gets the copy: a file, or the address of a database. It is made if it is not there.
    #[arg(long, value_name = "FILE|ADDRESS",
          value_parser = OsStringValueParser::new().try_map(LedgerAddress::parse))]
    pub(crate) to: LedgerAddress,

    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,

    /// The ledger to read, and the settings file that may name it.
    #[command(flatten)]
    pub(crate) files: FileArgs,
}

pub(super) async fn copy(args: CopyArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let from = args.files.ledger()?;
    if from == args.to {
        let what = "`--to` names the ledger that the job is in";
        return Err(Failure::new(Exit::Usage, what));
    }
    // A missing ledger is an error here: opening it to read fails, where opening it to write would create it.
    drop(Reader::open(&from).await?);
    let mut ledger = Ledger::open(&from, Clock::System).await?;
    let job = ledger.select_job(&select(&args.job)?).await?;
    if job.is_undo() {
        let what = format!("job {} takes another job back", job.id);
        return Err(Failure::new(Exit::Usage, what)
            .hint("copy that one: its undos come with it".to_owned()));
    }
    if ledger.is_left_to_workers(&job).await? {
        let what = format!(
            "job {} is left to the workers of this ledger, who go on with it",
            job.id
        );
        return Err(Failure::new(Exit::Usage, what)
            .hint("stop them with `offboard cancel`, then copy it".to_owned()));
    }
    let times = LeaseTimes::new(HEARTBEAT, Duration::ZERO);
    let mut waiting = |wait: &LeaseWait| terminal.note(wait.to_string());
    ledger
        .take_lease(&job.target, times, Contention::Refuse, &mut waiting)
        .await?;
    let mut other = Ledger::open(&args.to, Clock::System).await?;
    let copied = ledger.copy_job(&job, &mut other).await?;
    other.close().await?;
    ledger.close().await?;
    let undos = copied.jobs as u64 - 1;
    terminal.note("it is still in this ledger: work on it in one of the two from now on");
    if args.json {
        terminal.json(&CopiedForm {
            schema: SCHEMA,
            version: VERSION,
            job: job.id.to_string(),
            to: args.to.to_string(),
            undos,
            lines: copied.lines,
            events: copied.events,
        })?;
        return Ok(Exit::Done);
    }
    let undos = match undos {
        0 => String::new(),
        undos => format!(", with {}", counted(undos, "undo", "undos")),
    };
    terminal.data(format!(
        "job {} is in {} too{undos}: {} lines, {} events, chain intact",
        job.id,
        args.to,
        grouped(copied.lines),
        grouped(copied.events)
    ))?;
    Ok(Exit::Done)
}
