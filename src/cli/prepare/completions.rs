//! `offboard completions` and `offboard man`: what shells and readers of manuals want to know, made of
//! the command line's own description.

use clap::CommandFactory;

use crate::cli::args::{CompletionsArgs, ManArgs};
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::cli::{Cli, Exit};

const PROGRAM: &str = env!("CARGO_PKG_NAME");

pub(in crate::cli) fn completions(
    args: &CompletionsArgs,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), PROGRAM, &mut script);
    terminal.data(String::from_utf8_lossy(&script).trim_end())?;
    Ok(Exit::Done)
}

pub(in crate::cli) fn man(args: &ManArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let folder = &args.folder;
    let written = std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), folder));
    written.map_err(|error| {
        let folder = folder.display();
        Failure::new(
            Exit::Settings,
            format!("cannot write to `{folder}`: {error}"),
        )
    })?;
    terminal.note(&format!(
        "for the pages: man -l {}/{PROGRAM}.1",
        folder.display()
    ));
    Ok(Exit::Done)
}
