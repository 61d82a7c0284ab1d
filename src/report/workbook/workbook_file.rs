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

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use super::*;
    use crate::report::Privacy;
    use crate::report::made_job::made_job;

    /// The part of a workbook with this name; empty if there is none.
    fn part(workbook: &[u8], name: &str) -> String {
        let mut archive = zip::ZipArchive::new(Cursor::new(workbook)).unwrap();
        let mut text = String::new();
        if let Ok(mut part) = archive.by_name(name) {
            part.read_to_string(&mut text).unwrap();
        }
        text
    }

    /// A workbook of five lines, with so many rows on a sheet.
    async fn workbook(most_rows: u32) -> Vec<u8> {
        let (_dir, mut reader, job) = made_job(&["u1", "u2", "u3", "u4", "u5"]).await;
        let options = ReportOptions::new(Privacy::Open);
        let summary = Summary::gather(&mut reader, &job, options.privacy).await;
        let summary = summary.unwrap();
        let mut file = Vec::new();
        write_sheets(&mut reader, &job, &summary, &options, most_rows, &mut file)
            .await
            .unwrap();
        file
    }

    #[tokio::test]
    async fn lines_that_do_not_fit_on_a_sheet_go_on_in_the_next_one() {
        for (most_rows, users, names) in [
            (6, &["u1 u2 u3 u4 u5"][..], "users summary"),
            (
                3,
                &["u1 u2", "u3 u4", "u5"],
                "users users 2 users 3 summary",
            ),
        ] {
            let file = workbook(most_rows).await;
            let book = part(&file, "xl/workbook.xml");
            let found = book.split("<sheet name=\"").skip(1);
            let found: Vec<_> = found.filter_map(|text| text.split('"').next()).collect();
            assert_eq!(found.join(" "), names);
            for (number, users) in (1..).zip(users) {
                let sheet = part(&file, &format!("xl/worksheets/sheet{number}.xml"));
                // Each sheet has the header, which is part of its filter.
                let rows = users.split(' ').count() + 1;
                assert!(sheet.contains("<t>user_id</t>"), "{sheet}");
                assert!(
                    sheet.contains(&format!("<autoFilter ref=\"A1:AF{rows}\"")),
                    "{sheet}"
                );
                for user in ["u1", "u2", "u3", "u4", "u5"] {
                    let is_here = sheet.contains(&format!("<t>{user}</t>"));
                    assert_eq!(is_here, users.contains(user), "{user} on sheet {number}");
                }
            }
        }
    }
}
