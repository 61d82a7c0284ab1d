//! `offboard report`: writes the evidence of a job into a folder that a person reads and an auditor keeps.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::cli::Exit;
use crate::cli::args::FileArgs;
use crate::cli::failure::Failure;
use crate::cli::output::Terminal;
use crate::domain::Clock;
use crate::job::{ChosenJob, choose_begun};
use crate::ledger::{Job, Reader};
use crate::report::{FILES, Format, Privacy, ReportOptions, Summary, write_bundle, write_single};
use crate::settings::ReportSettings;

/// One file of the bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// `report.csv`.
    Csv,
    /// `events.jsonl`.
    Jsonl,
    /// `summary.json`.
    Json,
    /// `report.html`.
    Html,
    /// A workbook of Excel: the users on one sheet, the summary on another. More than 1,048,575 lines
    /// go on in further sheets. It is no part of the evidence that `audit` checks.
    Xlsx,
}

/// Write what was done, user by user, into a folder.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The beginning of a job's id, or `latest`: the last job that a run has begun.
    #[arg(value_name = "JOB", default_value = "latest")]
    pub(crate) job: String,

    /// The folder; it must not exist, or be empty.
    #[arg(
        short,
        long,
        value_name = "DIR",
        required_unless_present = "format",
        conflicts_with = "format"
    )]
    pub(crate) output: Option<PathBuf>,

    /// Write one file to standard output instead: the table, the events, the summary, the page, or a
    /// workbook.
    #[arg(long, value_enum, value_name = "FORMAT", conflicts_with = "json")]
    pub(crate) format: Option<ReportFormat>,

    /// What the files show, and how tables are written.
    #[command(flatten)]
    pub(crate) form: ReportSettings,

    /// Print the summary as JSON.
    #[arg(long)]
    pub(crate) json: bool,

    /// The ledger to read, and the settings file that may name it.
    #[command(flatten)]
    pub(crate) files: FileArgs,
}

pub(crate) async fn report(args: ReportArgs, terminal: Terminal) -> Result<Exit, Failure> {
    if args.format == Some(ReportFormat::Xlsx) && terminal.is_data_seen() {
        let what = "a workbook is no text that a terminal can show";
        let hint = "write it to a file: `offboard report --format xlsx > report.xlsx`";
        return Err(Failure::new(Exit::Usage, what).hint(hint.to_owned()));
    }
    let mut reader = Reader::open(&args.files.ledger()?).await?;
    let ChosenJob { job, notes } =
        choose_begun(&mut reader, &args.job, Clock::System.now()).await?;
    for note in &notes {
        terminal.note(note);
    }
    if let Some(holder) = reader.holder(&job).await? {
        terminal.warn(&format!(
            "note: {holder} works on this ledger: the report shows this moment"
        ));
    }
    // A program reads standard output: its parser may take the mark for a part of the first column's name.
    let has_mark = match &args.output {
        Some(_) => !args.form.no_bom(),
        None => args.form.no_bom == Some(false),
    };
    let options = options(&args.form, has_mark);
    let summary = match (&args.output, args.format) {
        (Some(dir), _) => bundle(&mut reader, &job, dir, &options, args.json, terminal).await?,
        (None, Some(format)) => {
            let format = match format {
                ReportFormat::Csv => Format::Csv,
                ReportFormat::Jsonl => Format::Jsonl,
                ReportFormat::Json => Format::Json,
                ReportFormat::Html => Format::Html,
                ReportFormat::Xlsx => Format::Xlsx,
            };
            let out = terminal.data_stream();
            write_single(&mut reader, &job, format, &options, out).await?
        }
        (None, None) => {
            let what = "nothing says where the report is to go";
            return Err(Failure::new(Exit::Usage, what).hint("give `-o DIR`".to_owned()));
        }
    };
    if summary.balanced {
        Ok(Exit::Done)
    } else {
        let lines = summary.lines;
        let message = format!("the outcomes do not add up to the {lines} lines of the roster");
        terminal.explain(&Failure::new(Exit::Imbalance, message));
        Ok(Exit::Imbalance)
    }
}

/// How the files are written: by the settings, and with the mark of UTF-8 in CSV files or without.
fn options(settings: &ReportSettings, has_mark: bool) -> ReportOptions {
    let privacy = if settings.redact() {
        Privacy::Masked
    } else {
        Privacy::Open
    };
    ReportOptions {
        zone: settings.time_zone.clone(),
        bom: has_mark,
        ..ReportOptions::new(privacy)
    }
}

async fn bundle(
    reader: &mut Reader,
    job: &Job,
    dir: &Path,
    options: &ReportOptions,
    json: bool,
    terminal: Terminal,
) -> Result<Summary, Failure> {
    let summary = write_bundle(reader, job, dir, options).await?;
    if json {
        terminal.json(&summary)?;
    } else {
        for name in FILES {
            terminal.data(dir.join(name).display().to_string())?;
        }
    }
    Ok(summary)
}
