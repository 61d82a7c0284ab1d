//! Puts the sheets together and writes the file.

use std::io::{self, Seek, Write};

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook};

use crate::ledger::{Job, Reader};
use crate::report::workbook::{summary_sheet, users_sheet};
use crate::report::{ReportError, ReportOptions, Summary};

/// From this number of lines on, a sheet may need more than the 4 GB that the simple form of ZIP can hold.
const LARGE: u64 = 500_000;

/// Writes the workbook of a job. `summary` must have been made with the same privacy. The same ledger gives the
/// same bytes. Rows wait in temporary files without a name, so memory does not grow with the job.
///
/// # Errors
/// The ledger cannot be read, or a file cannot be written.
pub(in crate::report) async fn write(
    reader: &mut Reader,
    job: &Job,
    summary: &Summary,
    options: &ReportOptions,
    file: impl Write,
) -> Result<(), ReportError> {
    let most_rows = users_sheet::MOST_ROWS;
    write_sheets(reader, job, summary, options, most_rows, file).await
}

/// Writes the workbook with at most `most_rows` rows on a sheet.
async fn write_sheets(
    reader: &mut Reader,
    job: &Job,
    summary: &Summary,
    options: &ReportOptions,
    most_rows: u32,
    mut file: impl Write,
) -> Result<(), ReportError> {
    let mut workbook = Workbook::new();
    // The time of writing would make each file another one.
    let made_at = ExcelDateTime::from_timestamp(job.created_at.as_millis() / 1000)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made_at));
    workbook.use_zip_large_file(job.lines >= LARGE);
    users_sheet::write(reader, job, options, &mut workbook, most_rows).await?;
    let runs = reader.runs(job).await?;
    summary_sheet::write(&mut workbook, job, summary, &runs, options.zone.as_ref())?;
    let mut whole = tempfile::tempfile()?;
    workbook.save_to_writer(&mut whole)?;
    whole.rewind()?;
    io::copy(&mut whole, &mut file)?;
    Ok(())
}
