//! Starts the process: reads the command line, runs the verb, and signs out at its end.

use std::process::ExitCode;

use crate::cli::command_line::{Cli, VerbArgs};
use crate::cli::failure::Failure;
use crate::cli::output::Terminal;
use crate::cli::process::{log_file, panics, signals};
use crate::cli::{Exit, typed, verb};
use crate::job::Sessions;
use crate::platform;

/// Parses the command line, runs the command, and returns its exit code.
pub fn main() -> ExitCode {
    panics::watch();
    platform::keep_memory_private();
    panics::guard(run).into()
}

fn run() -> Exit {
    let cli = match typed::read() {
        Ok(cli) => cli,
        Err(error) => return typed::answer(&error),
    };
    let terminal = Terminal::new(cli.quiet, typed::asks_for_json());
    let cli = typed::with_file(cli, terminal);
    let exit = cli.and_then(|cli| start(cli, terminal));
    exit.unwrap_or_else(|failure| {
        terminal.failure(&failure);
        failure.exit
    })
}

fn start(cli: Cli, terminal: Terminal) -> Result<Exit, Failure> {
    log_file::start(&cli)?;
    // One thread: the work waits for answers and for the ledger, which has threads of its own. Tasks on
    // two threads would spend more time on waking each other than they gain.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Bug, format!("cannot start: {error}")))?;
    let exit = runtime.block_on(async {
        platform::outlive_file_limit().map_err(|error| {
            Failure::new(Exit::Bug, format!("cannot listen to signals: {error}"))
        })?;
        let sessions = Sessions::default();
        let done = Box::pin(carry_out(cli.command, &sessions, terminal)).await;
        if let Err(failure) = &done {
            terminal.failure(failure);
        }
        sign_out(&sessions).await;
        Ok(done.unwrap_or_else(|failure| failure.exit))
    });
    // A question that the administrator did not answer may still be waiting at the terminal.
    runtime.shutdown_background();
    exit
}

async fn carry_out(
    verb: VerbArgs,
    sessions: &Sessions,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    match verb {
        VerbArgs::Check(args) => verb::check(*args, sessions, terminal).await,
        VerbArgs::Plan(args) => verb::plan(*args, sessions, terminal).await,
        VerbArgs::Run(args) => verb::run(*args, sessions, terminal).await,
        VerbArgs::Resume(args) => verb::resume(*args, sessions, terminal).await,
        VerbArgs::Retry(args) => verb::retry(*args, sessions, terminal).await,
        VerbArgs::Verify(args) => verb::verify(*args, sessions, terminal).await,
        VerbArgs::Undo(args) => Box::pin(verb::undo(*args, sessions, terminal)).await,
        VerbArgs::Worker(args) => verb::worker(args, terminal).await,
        VerbArgs::Cancel(args) => verb::cancel(args, terminal).await,
        VerbArgs::Status(args) => verb::status(args, terminal).await,
        VerbArgs::Jobs(args) => verb::jobs(args, terminal).await,
        VerbArgs::Report(args) => verb::report(args, terminal).await,
        VerbArgs::Audit(args) => verb::audit(args, terminal).await,
        VerbArgs::Explain(args) => verb::explain(args, terminal).await,
        VerbArgs::Sandbox(args) => verb::sandbox(args, terminal).await,
        VerbArgs::Demo(args) => Box::pin(verb::demo(args, sessions, terminal)).await,
        VerbArgs::Users(args) => verb::users(args, sessions, terminal).await,
        VerbArgs::Roster(args) => verb::roster(args, terminal),
        VerbArgs::Config(args) => verb::config(args, terminal),
        VerbArgs::Completions(args) => verb::completions(&args, terminal),
        VerbArgs::Man(args) => verb::man(&args, terminal),
    }
}

/// Gives back the tokens that this process still has, whether the verb is done, has failed or was interrupted. A
/// signal cuts this short.
async fn sign_out(sessions: &Sessions) {
    if sessions.is_empty() {
        return;
    }
    match signals::listen() {
        Ok(mut signals) => tokio::select! {
            () = sessions.sign_out() => {}
            _ = signals.next() => tracing::debug!("a signal: the token is not given back"),
        },
        Err(_) => sessions.sign_out().await,
    }
}
