//! `offboard completions` and `offboard man`: what shells and readers of manuals want to know, made of
//! the command line's own description.

use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;

use clap_mangen::Man;

use crate::cli::args::{CompletionsArgs, ManArgs};
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::cli::{Exit, typed};
use crate::files::{OutputPath, Signature};

const PROGRAM: &str = env!("CARGO_PKG_NAME");

/// How a page of a manual is recognised.
const PAGE: Signature = Signature {
    what: "page of the manual",
    is_ours: |head| {
        let head = String::from_utf8_lossy(head);
        head.contains(&format!(".TH {PROGRAM}"))
    },
};

/// The pages of a verb and of those below it.
fn pages(
    command: &clap::Command,
    write: &mut impl FnMut(&Man) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let verbs = command.get_subcommands();
    for verb in verbs.filter(|verb| !verb.is_hide_set()) {
        pages(verb, write)?;
    }
    write(&Man::new(command.clone()))
}

pub(in crate::cli) fn completions(
    args: &CompletionsArgs,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut typed::command(), PROGRAM, &mut script);
    // A script is for a shell: it goes out as it is.
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

pub(in crate::cli) fn man(args: &ManArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let folder = &args.folder;
    let failed = |error: io::Error| {
        let folder = folder.display();
        Failure::new(
            Exit::Settings,
            format!("cannot write to `{folder}`: {error}"),
        )
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut command = typed::command();
    command.build();
    pages(&command, &mut |page| {
        let path = folder.join(page.get_filename());
        let mut draft = OutputPath::new(&path, PAGE)?.begin()?;
        page.render(&mut draft).map_err(failed)?;
        draft.finish()?;
        // All accounts of the machine may read a manual page.
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).map_err(failed)
    })?;
    terminal.note(&format!(
        "for the pages: man -l {}/{PROGRAM}.1",
        folder.display()
    ));
    Ok(Exit::Done)
}
