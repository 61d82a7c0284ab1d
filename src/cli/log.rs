//! The log: to standard error with `-v`, or to a file.
//!
//! It holds what this crate says, and nothing of its libraries': an HTTP/2 library that logs frames
//! would log credentials with them.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Mutex;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

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
        // What cannot be logged would be said to standard error by a macro that panics when nobody
        // listens there any more: a reader of the log that goes away must not end a run.
        .log_internal_errors(false)
        .with_ansi(false);
    let ours = Targets::new().with_target(env!("CARGO_CRATE_NAME"), level);
    match &cli.log_file {
        None => builder.with_writer(io::stderr).finish().with(ours).init(),
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
            let writer = builder.with_writer(Mutex::new(file));
            writer.finish().with(ours).init();
        }
    }
    Ok(())
}
