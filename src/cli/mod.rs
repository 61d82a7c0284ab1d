//! The command line: what was typed, what it means, what is printed, and the exit code.
//!
//! One verb, one file. Data goes to standard output, everything else to standard error. Nothing else
//! in the crate knows this module.

mod args;
mod audit;
mod exit;
mod failure;
mod job;
mod log;
mod look;
mod prepare;
mod rehearse;
mod signals;
mod terminal;
mod totals;
mod typed;
mod work;

pub use args::Cli;
pub use exit::Exit;

use std::ffi::OsStr;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use crate::domain::on_one_line;
use crate::screen;
use args::Command;
use failure::Failure;
use terminal::Terminal;

/// Reads the command line, does what it says, and tells how it went.
pub fn main() -> ExitCode {
    // clap answers `--help` with 0 and misuse with 2 by itself.
    let matches = without_empty(Cli::command()).try_get_matches();
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return misuse(&error),
    };
    let terminal = Terminal::new(cli.quiet);
    let exit = start(cli, terminal).unwrap_or_else(|failure| {
        terminal.failure(&failure);
        failure.exit
    });
    exit.into()
}

/// Prints clap's own answer. A text in colours cannot be told from one with somebody's escapes in it:
/// where the words that were typed have any, all colours go.
fn misuse(error: &clap::Error) -> ExitCode {
    let is_plain = |text: &OsStr| {
        let text = text.to_string_lossy();
        on_one_line(&text) == text
    };
    let variables = std::env::vars_os().filter(|(name, _)| {
        let name = name.to_string_lossy();
        name.starts_with("OFFBOARD_")
    });
    let given = std::env::args_os().chain(variables.map(|(_, value)| value));
    if given.into_iter().all(|text| is_plain(&text)) {
        error.exit();
    }
    let text = error.render().to_string();
    if error.use_stderr() {
        screen::say(text.trim_end());
    } else if let Err(error) = screen::data(text.trim_end()) {
        screen::say(&format!("error: cannot write to standard output: {error}"));
    }
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Lets no flag look at a variable that is set to nothing, as container files do to mean "not set".
fn without_empty(command: clap::Command) -> clap::Command {
    command
        .mut_args(|arg| {
            let empty = arg
                .get_env()
                .and_then(std::env::var_os)
                .is_some_and(|value| value.is_empty());
            if empty { arg.env(None::<&str>) } else { arg }
        })
        .mut_subcommands(without_empty)
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
        match cli.command {
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
        }
    });
    // A question that nobody answered may still be waiting at the terminal.
    runtime.shutdown_background();
    exit
}
