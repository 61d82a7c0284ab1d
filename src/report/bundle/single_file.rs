//! Writes one file of the bundle without the others.

use std::io::Write;

use crate::ledger::{Job, Reader};
use crate::report::csv_files::report_table;
use crate::report::mask::Privacy;
use crate::report::{ReportError, Summary, events, html};

/// Which file of the bundle to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// `report.csv`.
    Csv,
    /// `events.jsonl`.
    Jsonl,
    /// `summary.json`.
    Json,
    /// `report.html`.
    Html,
}

/// Writes one file of a job's bundle, from one snapshot of the ledger. Memory does not grow with the job.
pub(crate) async fn write_single(
    reader: &mut Reader,
    job: &Job,
    format: Format,
    privacy: Privacy,
    mut file: impl Write,
) -> Result<Summary, ReportError> {
    reader.begin_snapshot().await?;
    let summary = Summary::gather(reader, job, privacy).await?;
    match format {
        Format::Csv => {
            report_table::write(reader, job, privacy, &mut file, |_| Ok(())).await?;
        }
        Format::Jsonl => {
            events::write(reader, job, privacy, &mut file).await?;
        }
        Format::Json => {
            serde_json::to_writer_pretty(&mut file, &summary).map_err(std::io::Error::from)?;
            file.write_all(b"\n")?;
        }
        Format::Html => html::write(reader, job, &summary, privacy, &mut file).await?,
    }
    file.flush()?;
    reader.end_snapshot().await?;
    Ok(summary)
}
