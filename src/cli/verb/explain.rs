//! `offboard explain`: everything that happened to one user, in order.

use std::fmt::Write;

use clap::Args;

use crate::cli::Exit;
use crate::cli::args::FileArgs;
use crate::cli::failure::Failure;
use crate::cli::json::{EventForm, ExplainForm, HistoryForm, SCHEMA, VERSION};
use crate::cli::output::Terminal;
use crate::domain::on_one_line;
use crate::ledger::{Job, Reader, StoredEvent, UserRow};

/// Show everything that happened to one user, in order.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  offboard explain ada@example.com")]
pub(crate) struct ExplainArgs {
    /// The user: an id, or an e-mail address.
    #[arg(value_name = "USER")]
    pub(crate) user: String,

    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,

    /// The ledger to read, and the settings file that may name it.
    #[command(flatten)]
    pub(crate) files: FileArgs,
}

/// One line that names the user, with its history.
struct History {
    job: Job,
    row: UserRow,
    events: Vec<StoredEvent>,
}

pub(crate) async fn explain(args: ExplainArgs, terminal: Terminal) -> Result<Exit, Failure> {
    if args.user.trim().is_empty() {
        let message = "an empty text names no user";
        return Err(Failure::new(Exit::Usage, message)
            .hint("give the user's id, or an e-mail address".to_owned()));
    }
    let mut reader = Reader::open(&args.files.ledger()?).await?;
    reader.begin_snapshot().await?;
    let mut histories = Vec::new();
    for job in reader.jobs().await?.into_iter().rev() {
        for row in reader.lines_of(&job, &args.user).await? {
            let events = reader.events_of(&job, row.line).await?;
            let job = job.clone();
            histories.push(History { job, row, events });
        }
    }
    reader.end_snapshot().await?;
    if histories.is_empty() {
        let message = format!("no job in this ledger names `{}`", args.user);
        let hint = "give the user's id, or the address or user name as the roster or the provider \
                    spells it";
        return Err(Failure::new(Exit::Usage, message).hint(hint.to_owned()));
    }
    if args.json {
        terminal.json(&ExplainForm {
            schema: SCHEMA,
            version: VERSION,
            lines: histories.into_iter().map(form).collect(),
        })?;
    } else {
        let texts: Vec<_> = histories.iter().map(to_text).collect();
        terminal.data(texts.join("\n\n"))?;
    }
    Ok(Exit::Done)
}

fn form(history: History) -> HistoryForm {
    let History { job, row, events } = history;
    let events = events.into_iter().map(|event| EventForm {
        at: event.at.to_string(),
        body: event.json(),
        run: event.run,
        kind: event.kind,
    });
    HistoryForm {
        job: job.id.to_string(),
        change: job.change.to_string(),
        events: events.collect(),
        user: row.into(),
    }
}

fn to_text(history: &History) -> String {
    let History { job, row, events } = history;
    let who = [&row.display_name, &row.user_name, &row.user_id];
    let who: Vec<_> = who.into_iter().flatten().map(String::as_str).collect();
    let mut text = format!(
        "line {} of job {} ({}): {}\n  {}",
        row.line,
        job.id,
        on_one_line(&job.change.to_string()),
        on_one_line(&who.join(" · ")),
        row.status.reported().as_str().replace('_', " ")
    );
    if let Some(reason) = &row.reason {
        let _ = write!(text, " ({})", on_one_line(reason));
    }
    if let Some(detail) = &row.detail {
        let _ = write!(text, ": {}", on_one_line(detail));
    }
    for event in events {
        let _ = write!(text, "\n  {}  {}", event.at, on_one_line(&event.sentence()));
    }
    text
}
