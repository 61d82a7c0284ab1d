//! Writes one file of the report without the others.

use std::io::Write;

use crate::ledger::{Job, Reader};
use crate::report::csv_files::report_table;
use crate::report::{ReportError, ReportOptions, Summary, events, html, workbook};

/// Which file to write.
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
    /// The rows of `report.csv` and the summary as a workbook of Excel.
    Xlsx,
}

/// Writes one file of a job's bundle, from one snapshot of the ledger. Memory does not grow with the job.
pub(crate) async fn write_single(
    reader: &mut Reader,
    job: &Job,
    format: Format,
    options: &ReportOptions,
    mut file: impl Write,
) -> Result<Summary, ReportError> {
    reader.begin_snapshot().await?;
    let summary = Summary::gather(reader, job, options.privacy).await?;
    match format {
        Format::Csv => {
            report_table::write(reader, job, options, &mut file, |_| Ok(())).await?;
        }
        Format::Jsonl => {
            events::write(reader, job, options.privacy, &mut file).await?;
        }
        Format::Json => {
            serde_json::to_writer_pretty(&mut file, &summary).map_err(std::io::Error::from)?;
            file.write_all(b"\n")?;
        }
        Format::Html => html::write(reader, job, &summary, options, &mut file).await?,
        Format::Xlsx => workbook::write(reader, job, &summary, options, &mut file).await?,
    }
    file.flush()?;
    reader.end_snapshot().await?;
    Ok(summary)
}
