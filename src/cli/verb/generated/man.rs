//! `offboard man`: a page of the manual for each verb, made from the command line's own description.

use std::io;
use std::path::PathBuf;

use clap::Args;
use clap_mangen::Man;

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Terminal;
use crate::files::{OutputPath, Signature};
use crate::platform;

const PROGRAM: &str = env!("CARGO_PKG_NAME");

/// Write man pages, one for each verb, into a folder.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The folder; it is made if it is not there.
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}

/// How a page of a manual is recognised.
const MAN_PAGE: Signature = Signature {
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
    // `help` has a verb of its own for each other verb, which would be a second page with nothing on it.
    for verb in verbs.filter(|verb| !verb.is_hide_set() && verb.get_name() != "help") {
        pages(verb, write)?;
    }
    write(&Man::new(command.clone()))
}

pub(crate) fn man(args: &ManArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let folder = &args.folder;
    let failed = |error: io::Error| {
        let folder = folder.display();
        Failure::new(
            Exit::Settings,
            format!("cannot write to `{folder}`: {error}"),
        )
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut command = crate::cli::command();
    command.build();
    pages(&command, &mut |page| {
        let path = folder.join(page.get_filename());
        let mut draft = OutputPath::new(&path, MAN_PAGE)?.begin()?;
        page.render(&mut draft).map_err(failed)?;
        draft.finish()?;
        // All accounts of the machine may read a manual page.
        platform::make_readable(&path).map_err(failed)
    })?;
    terminal.note(format!(
        "for the pages: man -l {}/{PROGRAM}.1",
        folder.display()
    ));
    Ok(Exit::Done)
}
