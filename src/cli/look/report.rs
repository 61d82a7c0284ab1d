//! `offboard report`: from the ledger to a folder that a person reads and an auditor keeps.

use std::path::Path;

use crate::cli::Exit;
use crate::cli::args::{ReportArgs, ReportFormat};
use crate::cli::failure::Failure;
use crate::cli::look::selector;
use crate::cli::terminal::Terminal;
use crate::ledger::{Job, Reader};
use crate::report::{FILES, Format, Privacy, Summary, write_bundle, write_single};

pub(in crate::cli) async fn report(args: ReportArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let selector = selector(&args.job)?;
    let mut reader = Reader::open(&args.files.ledger()?).await?;
    let job = reader.select_job(&selector).await?;
    if let Some(holder) = reader.holder() {
        terminal.warn(&format!(
            "note: {holder} works on this ledger: the report shows this moment"
        ));
    }
    let privacy = if args.redact.redact() {
        Privacy::Masked
    } else {
        Privacy::Open
    };
    let summary = match (&args.output, args.format) {
        (Some(dir), _) => bundle(&mut reader, &job, dir, privacy, args.json, terminal).await?,
        (None, Some(format)) => {
            let format = match format {
                ReportFormat::Csv => Format::Csv,
                ReportFormat::Jsonl => Format::Jsonl,
                ReportFormat::Json => Format::Json,
                ReportFormat::Html => Format::Html,
            };
            let out = terminal.data_stream();
            write_single(&mut reader, &job, format, privacy, out).await?
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
        Err(Failure::new(
            Exit::Imbalance,
            format!("the outcomes do not add up to the {lines} lines of the roster"),
        ))
    }
}

async fn bundle(
    reader: &mut Reader,
    job: &Job,
    dir: &Path,
    privacy: Privacy,
    json: bool,
    terminal: Terminal,
) -> Result<Summary, Failure> {
    let summary = write_bundle(reader, job, dir, privacy).await?;
    if json {
        terminal.json(&serde_json::json!(summary))?;
    } else {
        for name in FILES {
            terminal.data(&dir.join(name).display().to_string())?;
        }
    }
    Ok(summary)
}
