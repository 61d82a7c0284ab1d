//! The sheet `users`: the rows of `report.csv` with typed cells. Above the limit of a sheet, the rows go on in
//! `users 2`, and so on.

use rust_xlsxwriter::{Workbook, XlsxError};

use crate::domain::NamedZone;
use crate::ledger::{Job, Reader};
use crate::report::csv_files::Table;
use crate::report::csv_files::report_table::{self, TableCell, TableRow};
use crate::report::workbook::sheet::{Sheet, SheetColumn};
use crate::report::{ReportError, ReportOptions};

/// The most rows of a sheet, with the header.
pub(super) const MOST_ROWS: u32 = 1_048_576;

/// Writes the sheets with all lines of the job, each with at most `most_rows` rows.
pub(super) async fn write(
    reader: &mut Reader,
    job: &Job,
    options: &ReportOptions,
    workbook: &mut Workbook,
    most_rows: u32,
) -> Result<(), ReportError> {
    let columns = columns(job, options.zone.as_ref());
    let mut sheet = Sheet::begin(workbook, "users", &columns)?;
    let mut sheets = 1;
    let each = |row: &TableRow<'_>| {
        if sheet.rows == most_rows {
            sheets += 1;
            let next = Sheet::begin(workbook, &format!("users {sheets}"), &columns)?;
            std::mem::replace(&mut sheet, next).finish(workbook)?;
        }
        Ok(write_row(&mut sheet, row, options.zone.as_ref())?)
    };
    report_table::for_each_row(reader, job, options.privacy, each).await?;
    sheet.finish(workbook)?;
    Ok(())
}

/// The columns of the sheet. After each time in UTC comes the same time in the zone that was asked for.
fn columns(job: &Job, zone: Option<&NamedZone>) -> Vec<SheetColumn> {
    let column = |name: String| SheetColumn {
        width: width(&name),
        name,
    };
    let mut columns = Vec::new();
    let mut names = Table::header(job).into_iter();
    for name in names.by_ref().take(report_table::COLUMNS.len()) {
        if report_table::is_time(&name) {
            columns.push(column(format!("{name} (UTC)")));
            columns.extend(zone.map(|zone| column(format!("{name} ({zone})"))));
        } else {
            columns.push(column(name));
        }
    }
    columns.extend(names.map(column));
    columns
}

/// The width of a column, in characters.
fn width(name: &str) -> f64 {
    match name {
        "line" | "attempts" | "http_status" => 9.0,
        "outcome" | "active_before" | "active_after" | "verified" | "confirmed_by" => 14.0,
        "detail" | "verified_detail" => 48.0,
        "user_id" | "user_name" => 34.0,
        _ => 24.0,
    }
}

fn write_row(
    sheet: &mut Sheet,
    row: &TableRow<'_>,
    zone: Option<&NamedZone>,
) -> Result<(), XlsxError> {
    let mut at = 0;
    for cell in &row.cells {
        match cell {
            TableCell::Text(text) => sheet.text(at, text)?,
            TableCell::Number(number) => sheet.number(at, *number)?,
            TableCell::Flag(flag) => sheet.flag(at, *flag)?,
            TableCell::Time(time) => {
                sheet.time(at, *time, None)?;
                if zone.is_some() {
                    at += 1;
                    sheet.time(at, *time, zone)?;
                }
            }
        }
        at += 1;
    }
    for text in &row.user.known.cells {
        sheet.text(at, text)?;
        at += 1;
    }
    sheet.end_row();
    Ok(())
}
