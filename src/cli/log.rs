//! The log: to standard error with `-v`, or to a file.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Mutex;

use tracing::level_filters::LevelFilter;

use crate::cli::failure::Failure;
use crate::cli::{Cli, Exit};

/// Starts logging, if it was asked for.
pub(super) fn start(cli: &Cli) -> Result<(), Failure> {
    let level = match (cli.verbose, &cli.log_file) {
        (0, None) => return Ok(()),
        (0 | 1, _) => LevelFilter::DEBUG,
        (2.., _) => LevelFilter::TRACE,
    };
    let builder = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_target(true)
        // A log that cannot be written, such as to a full disk, must not end a run: without this the
        // complaint is written to standard error, and panics where that is what is full.
        .log_internal_errors(false)
        .with_ansi(false);
    match &cli.log_file {
        None => builder.with_writer(io::stderr).init(),
        Some(path) => {
            let file = OpenOptions::new()
                .append(true)
                .create(true)
                .mode(0o600)
                .open(path)
                .map_err(|error| {
                    let path = path.display();
                    Failure::new(Exit::Settings, format!("cannot write `{path}`: {error}"))
                })?;
            builder.with_writer(Mutex::new(file)).init();
        }
    }
    Ok(())
}
