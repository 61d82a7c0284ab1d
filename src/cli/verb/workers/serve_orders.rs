//! `offboard worker`: works on the jobs that were left to it, until it is told to stop.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::cli::Exit;
use crate::cli::args::FileArgs;
use crate::cli::failure::Failure;
use crate::cli::json::{SCHEMA, VERSION, WorkerForm};
use crate::cli::output::Terminal;
use crate::cli::process::signals;
use crate::domain::counted;
use crate::job::JobError;
use crate::ledger::with_workers;
use crate::worker::{
    Crew, CrewSettings, HealthServer, TargetFolderError, WorkerMetrics, read_targets,
};

/// Work on the jobs that were left to the workers with `run --detach`, until a signal comes.
///
/// A worker takes jobs from a ledger in a database: several at a time, each at a target of its own, whatever process has
/// planned them. At SIGTERM it ends what is in flight, and another worker goes on. If the database is away, it sends
/// nothing and waits.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard worker --ledger postgres://offboard@db.example.com/offboard --targets targets
  OFFBOARD_LEDGER=postgres://offboard@db.example.com/offboard \\
    offboard worker --targets targets --listen 127.0.0.1:9464")]
pub(crate) struct WorkerArgs {
    /// The folder with a settings file, `NAME.toml`, for each target: what `--config` would name, with where its secret
    /// is. Other targets are left to other workers.
    #[arg(long, value_name = "FOLDER", env = "OFFBOARD_TARGETS")]
    pub(crate) targets: PathBuf,

    /// Jobs at the same time, at most.
    #[arg(long, value_name = "N", default_value = "16", env = "OFFBOARD_JOBS")]
    pub(crate) jobs: NonZeroUsize,

    /// Answer `/healthz`, `/readyz` and `/metrics` (Prometheus) at this address. Whoever can reach it can read it.
    #[arg(long, value_name = "ADDRESS:PORT", env = "OFFBOARD_LISTEN")]
    pub(crate) listen: Option<SocketAddr>,

    /// Print the targets, and where the worker listens, as JSON.
    #[arg(long)]
    pub(crate) json: bool,

    /// The ledger, and the settings file that may name it.
    #[command(flatten)]
    pub(crate) files: FileArgs,
}

pub(crate) async fn worker(args: WorkerArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let address = args.files.ledger()?;
    let ledger = with_workers(&address)?.clone();
    let targets = read_targets(&args.targets)?;
    let names: Vec<String> = targets.iter().map(|target| target.name.clone()).collect();
    let metrics = Arc::new(WorkerMetrics::new(names.iter().map(String::as_str)));
    // A signal may come as soon as the first line is printed.
    let signals = signals::listen().map_err(JobError::Signals)?;
    let server = match args.listen {
        Some(address) => Some(listen(address, &metrics).await?),
        None => None,
    };
    let address = server
        .as_ref()
        .map(|server| format!("http://{}", server.address()));
    if args.json {
        terminal.json(&WorkerForm {
            schema: SCHEMA,
            version: VERSION,
            targets: names,
            jobs: args.jobs.get(),
            listens: address,
        })?;
    } else {
        let count = counted(names.len() as u64, "target", "targets");
        terminal.data(format!("serving {count}: {}", names.join(", ")))?;
        if let Some(address) = address {
            terminal.data(format!("listening on {address}"))?;
        }
    }
    let settings = CrewSettings {
        ledger,
        targets,
        jobs: args.jobs.get(),
    };
    Box::pin(Crew::new(settings, metrics).work(signals)).await?;
    Ok(Exit::Done)
}

async fn listen(
    address: SocketAddr,
    metrics: &Arc<WorkerMetrics>,
) -> Result<HealthServer, Failure> {
    let started = HealthServer::start(address, Arc::clone(metrics)).await;
    started.map_err(|error| {
        Failure::new(
            Exit::Settings,
            format!("cannot listen on {address}: {error}"),
        )
    })
}

impl From<TargetFolderError> for Failure {
    fn from(error: TargetFolderError) -> Self {
        let hint = error.hint();
        Self::new(Exit::Settings, error).hint(hint)
    }
}
