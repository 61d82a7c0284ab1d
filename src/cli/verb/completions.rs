//! `offboard completions`: what makes a shell complete the verbs and flags, made from the command line's own
//! description.

use std::io::Write;

use clap::Args;
use clap_complete::Shell;

use crate::cli::failure::Failure;
use crate::cli::output::Terminal;
use crate::cli::{Exit, command};

/// Print what makes a shell complete this program's verbs and flags.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard completions bash > ~/.local/share/bash-completion/completions/offboard
  offboard completions zsh > \"${fpath[1]}/_offboard\"")]
pub(crate) struct CompletionsArgs {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}

pub(crate) fn completions(args: &CompletionsArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(
        args.shell,
        &mut command(),
        env!("CARGO_PKG_NAME"),
        &mut script,
    );
    // A script is for a shell, so it is printed byte for byte.
    let mut out = terminal.data_stream();
    let written = out.write_all(&script).and_then(|()| out.flush());
    written.map_err(|error| {
        Failure::new(
            Exit::Bug,
            format!("cannot write to standard output: {error}"),
        )
    })?;
    Ok(Exit::Done)
}
