//! `offboard roster`: shows how a roster would be read, without a ledger, a provider or a job.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::Exit;
use crate::cli::failure::Failure;
use crate::cli::json::{BadLineForm, ColumnForm, RepeatForm, RosterForm, SCHEMA, VERSION};
use crate::cli::output::Terminal;
use crate::domain::{and_more, name_key};
use crate::roster::{Inspection, inspect};
use crate::settings::{Layer, ReadingSettings};

/// Look at a roster before there is a job, or begin one.
#[derive(Debug, Args)]
pub(crate) struct RosterArgs {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: RosterCommand,
}

/// The word that follows `roster`.
#[derive(Debug, Subcommand)]
#[cfg_attr(
    not(test),
    expect(
        clippy::missing_docs_in_private_items,
        reason = "help shows the documentation of the arguments"
    )
)]
pub(crate) enum RosterCommand {
    Check(RosterCheckArgs),
    /// Print a roster to begin with: a header, and an example.
    Template,
}

/// Say how a roster would be read: encoding, columns, users, bad lines. Nothing is stored or sent.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  offboard roster check leavers.csv
  offboard roster check leavers.csv --id-column '#3' --json

Exit codes: 0 every line can be used, 4 the roster cannot be used, 10 some lines cannot.")]
pub(crate) struct RosterCheckArgs {
    /// The CSV that names the users.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Which column and which line hold what, where the roster itself does not say it.
    #[command(flatten)]
    pub(crate) reading: ReadingSettings,

    /// Whose ids these are, which says whether their case counts: a built-in profile, or a file.
    #[arg(
        long,
        value_name = "NAME|FILE",
        default_value = "anaplan",
        env = "OFFBOARD_PROFILE"
    )]
    pub(crate) profile: String,

    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// An example of a roster. The ids have the form of Anaplan's.
const TEMPLATE: &str = "\
User ID,Email
8a8b00000000000000000000000000a1,ada@example.com
8a8b00000000000000000000000000a2,grace@example.com";

/// Lines that are listed in the text; JSON has up to a thousand.
const LISTED: usize = 20;

pub(crate) fn roster(args: RosterArgs, terminal: Terminal) -> Result<Exit, Failure> {
    match args.command {
        RosterCommand::Template => {
            terminal.data(TEMPLATE)?;
            Ok(Exit::Done)
        }
        RosterCommand::Check(args) => check(args, terminal),
    }
}

fn check(args: RosterCheckArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let flags = Layer {
        reading: args.reading,
        ..Layer::default()
    };
    let options = flags
        .over(Layer::profile(&args.profile)?)
        .roster_options()?;
    let found = inspect(&args.file, &options, name_key)?;
    let exit = match found.summary.rejected {
        0 => Exit::Done,
        _ => Exit::Trouble,
    };
    if args.json {
        terminal.json(&form(found))?;
    } else {
        terminal.data(as_text(&found))?;
    }
    Ok(exit)
}

fn form(found: Inspection) -> RosterForm {
    let summary = found.summary;
    let column = |(number, name): (usize, String)| ColumnForm { number, name };
    let rejections = summary.rejections.iter();
    let repeats = found.repeats.iter();
    RosterForm {
        schema: SCHEMA,
        version: VERSION,
        bytes: summary.bytes,
        encoding: found.encoding,
        delimiter: char::from(found.delimiter).to_string(),
        header_line: summary.reading.header_line,
        columns: found.header,
        key: summary.key.to_string(),
        key_column: column(found.key_column),
        email_column: found.email_column.map(column),
        lines: summary.lines,
        users: summary.accepted - found.duplicates,
        duplicates: found.duplicates,
        invalid: summary.rejected,
        not_utf8: summary.not_utf8,
        repeated_lines: repeats
            .map(|(line, first)| RepeatForm {
                line: *line,
                first: *first,
            })
            .collect(),
        invalid_lines: rejections
            .map(|(line, why)| BadLineForm {
                line: *line,
                reason: why.to_string(),
            })
            .collect(),
        sha256: summary.digest,
    }
}

fn as_text(found: &Inspection) -> String {
    let summary = &found.summary;
    let delimiter = match found.delimiter {
        b',' => "comma".to_owned(),
        b';' => "semicolon".to_owned(),
        b'\t' => "tab".to_owned(),
        other => format!("`{}`", char::from(other)),
    };
    let column = |(number, name): &(usize, String)| format!("#{number} `{name}`");
    let email = found
        .email_column
        .as_ref()
        .map_or("none".to_owned(), column);
    let mut rows = vec![
        ("encoding", found.encoding.to_owned()),
        ("delimiter", delimiter),
        ("columns", found.header.join(", ")),
        (
            "users by",
            format!("{}, column {}", summary.key, column(&found.key_column)),
        ),
        ("e-mail", email),
        ("lines", summary.lines.to_string()),
        ("users", (summary.accepted - found.duplicates).to_string()),
        ("duplicates", found.duplicates.to_string()),
        ("invalid", summary.rejected.to_string()),
        ("sha256", summary.digest.clone()),
    ];
    let remarks = summary.remarks();
    let bad = summary.rejections.iter().take(LISTED);
    let bad = bad.map(|(line, why)| (*line, why.to_string()));
    let again = found.repeats.iter().take(LISTED);
    let again = again.map(|(line, first)| (*line, format!("duplicate of line {first}")));
    let mut lines: Vec<_> = bad.chain(again).collect();
    lines.sort();
    let unlisted = and_more(summary.rejected + found.duplicates, lines.len());
    let mut text: Vec<String> = rows
        .drain(..)
        .map(|(name, value)| format!("{name:<12}{value}"))
        .collect();
    text.extend(remarks);
    text.extend(
        lines
            .iter()
            .map(|(line, why)| format!("  line {line}: {why}")),
    );
    if let Some(more) = unlisted {
        text.push(format!("  … {more}: see `--json`"));
    }
    text.join("\n")
}
