//! The command line: what was typed, what it means, what is printed, and the exit code.
//!
//! One verb, one file. Data goes to standard output, everything else to standard error. Nothing else
//! in the crate knows this module.

mod args;
mod audit;
mod bug;
mod exit;
mod failure;
mod given;
mod job;
mod log;
mod look;
mod memory;
mod prepare;
mod rehearse;
mod signals;
mod terminal;
mod totals;
mod typed;
mod variables;
mod work;

pub use args::Cli;
pub use exit::Exit;
pub use typed::command;

use std::process::ExitCode;

use args::Command;
use failure::Failure;
use terminal::Terminal;

/// Parses the command line, runs the command, and returns its exit code.
pub fn main() -> ExitCode {
    bug::watch();
    memory::keep_private();
    bug::guard(run).into()
}

fn run() -> Exit {
    let cli = match typed::read() {
        Ok(cli) => cli,
        Err(error) => return typed::answer(&error),
    };
    let terminal = Terminal::new(cli.quiet);
    let cli = typed::with_file(cli, terminal);
    let exit = cli.and_then(|cli| start(cli, terminal));
    exit.unwrap_or_else(|failure| {
        terminal.failure(&failure);
        failure.exit
    })
}

fn start(cli: Cli, terminal: Terminal) -> Result<Exit, Failure> {
    log::start(&cli)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Bug, format!("cannot start: {error}")))?;
    let exit = runtime.block_on(async {
        signals::outlive_file_limit()?;
        let done = match cli.command {
            Command::Check(args) => work::check(*args, terminal).await,
            Command::Plan(args) => work::plan(*args, terminal).await,
            Command::Run(args) => work::run(*args, terminal).await,
            Command::Retry(args) => work::retry(*args, terminal).await,
            Command::Verify(args) => work::verify(*args, terminal).await,
            Command::Undo(args) => work::undo(*args, terminal).await,
            Command::Status(args) => look::status(args, terminal).await,
            Command::Jobs(args) => look::jobs(args, terminal).await,
            Command::Report(args) => look::report(args, terminal).await,
            Command::Audit(args) => audit::audit(args, terminal).await,
            Command::Explain(args) => look::explain(args, terminal).await,
            Command::Sandbox(args) => rehearse::sandbox(args, terminal).await,
            Command::Demo(args) => rehearse::demo(args, terminal).await,
            Command::Users(args) => prepare::users(args, terminal).await,
            Command::Roster(args) => prepare::roster(args, terminal),
            Command::Config(args) => prepare::config(args, terminal),
            Command::Completions(args) => prepare::completions(&args, terminal),
            Command::Man(args) => prepare::man(&args, terminal),
        };
        if let Err(failure) = &done {
            terminal.failure(failure);
        }
        job::sign_out().await;
        Ok(done.unwrap_or_else(|failure| failure.exit))
    });
    // A question that the user did not answer may still be waiting at the terminal.
    runtime.shutdown_background();
    exit
}
