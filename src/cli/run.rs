//! `offboard run`: from a roster, or a job, to an outcome for every line.

use crate::cli::args::RunArgs;
use crate::cli::failure::Failure;
use crate::cli::job::{Ask, command_again, execute, password_source, quote};
use crate::cli::terminal::Terminal;
use crate::cli::{Exit, totals};
use crate::progress::ProgressMode;
use crate::report::Summary;
use crate::settings::Settings;

pub(super) async fn run(args: RunArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let settings = Settings::resolve(args.settings.layer()?)?;
    let password = password_source(&settings.connection, terminal)?;
    let progress = if terminal.is_quiet() {
        ProgressMode::Off
    } else {
        args.progress.progress
    };
    let ask = Ask {
        subject: &args.subject,
        change: args.change.change()?,
        confirm: args.confirm,
        new: args.new,
        strict: args.strict,
        no_lookup: args.no_lookup,
        progress,
    };
    let done = execute(&ask, &settings, password, terminal).await?;
    if args.json {
        let mut reader = crate::ledger::Reader::open(&settings.ledger).await?;
        let runs = reader.runs(&done.job).await?;
        let summary = Summary::new(&done.job, &done.counts, &runs);
        terminal.outcome(&serde_json::json!(summary).to_string());
    } else {
        terminal.outcome(&totals::totals(&done.job, &done.counts));
    }
    if done.counts.open() > 0 {
        let command = command_again(&done.job.id);
        terminal.warn(&format!("to continue: {command}"));
    } else {
        terminal.note(&format!(
            "for the report: offboard report {} --ledger {} -o DIR",
            done.job.id,
            quote(&settings.ledger.to_string_lossy())
        ));
    }
    Ok(done.exit)
}
