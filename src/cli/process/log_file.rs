//! The log: to standard error with `-v`, or to a file.
//!
//! It holds the events of this crate only, and none of the libraries: an HTTP/2 library that logs frames would log
//! credentials.

use std::sync::Mutex;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::cli::Cli;
use crate::cli::command_line::VerbArgs;
use crate::cli::failure::Failure;
use crate::files::{self, Signature};
use crate::screen;
use crate::settings::LogFormat;

/// How a log of this program is recognised: by the time and the level of its first line, in either form.
const LOG: Signature = Signature {
    what: "log",
    is_ours: |head| {
        let line = head.split(|byte| *byte == b'\n').next();
        let line = String::from_utf8_lossy(line.unwrap_or_default());
        if let Ok(event) = serde_json::from_str::<serde_json::Value>(&line) {
            return event["timestamp"].is_string() && event["level"].is_string();
        }
        let mut words = line.split_whitespace();
        let time = words.next().unwrap_or_default();
        let level = words.next().unwrap_or_default();
        time.parse::<jiff::Timestamp>().is_ok() && level.parse::<tracing::Level>().is_ok()
    },
};

/// Starts logging, if it was asked for.
pub(crate) fn start(cli: &Cli) -> Result<(), Failure> {
    let level = match (cli.verbose, &cli.log.log_file) {
        // The log of a service is what it has to say.
        (0, None) if matches!(cli.command, VerbArgs::Worker(_)) => {
            if cli.quiet {
                LevelFilter::WARN
            } else {
                LevelFilter::INFO
            }
        }
        (0, None) => return Ok(()),
        (0 | 1, _) => LevelFilter::DEBUG,
        (2.., _) => LevelFilter::TRACE,
    };
    let builder = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_target(true)
        // With internal errors on, tracing reports a failed log write by `eprintln!`, which panics if standard
        // error is closed. A log reader that has gone away must not end a run.
        .log_internal_errors(false)
        .with_ansi(false);
    let ours = Targets::new().with_target(env!("CARGO_CRATE_NAME"), level);
    let file = cli.log.log_file.as_deref();
    let file = file.map(|path| files::append(path, LOG)).transpose()?;
    let file = file.map(|file| Mutex::new(screen::Cleaned::new(file)));
    match (file, cli.log.log_format()) {
        (None, LogFormat::Text) => builder.with_writer(screen::log).finish().with(ours).init(),
        (Some(file), LogFormat::Text) => builder.with_writer(file).finish().with(ours).init(),
        (None, LogFormat::Json) => {
            let builder = builder.json().with_writer(screen::log);
            builder.finish().with(ours).init();
        }
        (Some(file), LogFormat::Json) => {
            let builder = builder.json().with_writer(file);
            builder.finish().with(ours).init();
        }
    }
    Ok(())
}
