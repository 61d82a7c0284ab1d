//! `report.csv`: one row for each roster line, in the roster's order; our columns, then the roster's.

use std::io::Write;

use crate::domain::{Line, Timestamp};
use crate::ledger::{Job, LedgerError, Reader, UserRow};
use crate::report::ReportError;
use crate::report::cell::safe;

/// Our columns. Later versions add columns and never rename one.
const COLUMNS: [&str; 18] = [
    "line",
    "user_id",
    "user_name",
    "display_name",
    "outcome",
    "reason",
    "detail",
    "active_after",
    "workspaces_after",
    "attempts",
    "http_status",
    "request_id",
    "first_attempt_at",
    "done_at",
    "confirmed_at",
    "confirmed_by",
    "job_id",
    "run_id",
];

/// Rows that are in memory at the same time.
const PAGE: usize = 1000;

/// Writes the table and returns how many rows it has.
pub(super) async fn write(
    reader: &mut Reader,
    job: &Job,
    file: impl Write,
) -> Result<u64, ReportError> {
    let mut csv = csv::WriterBuilder::new().flexible(true).from_writer(file);
    for column in COLUMNS {
        csv.write_field(column)?;
    }
    for column in &job.roster_header {
        csv.write_field(safe(column).as_bytes())?;
    }
    csv.write_record(None::<&[u8]>)?;
    let mut after = Line(0);
    let mut rows = 0;
    loop {
        let page = page(reader, job, after).await?;
        let Some(last) = page.last() else { break };
        after = last.line;
        for row in &page {
            for cell in cells(job, row) {
                csv.write_field(safe(&cell).as_bytes())?;
            }
            for cell in &row.cells {
                csv.write_field(safe(cell).as_bytes())?;
            }
            csv.write_record(None::<&[u8]>)?;
            rows += 1;
        }
    }
    csv.flush()?;
    Ok(rows)
}

async fn page(reader: &mut Reader, job: &Job, after: Line) -> Result<Vec<UserRow>, LedgerError> {
    reader.lines(job, after, PAGE).await
}

fn cells(job: &Job, row: &UserRow) -> [String; COLUMNS.len()] {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let time = |value: Option<Timestamp>| value.map(|time| time.to_string()).unwrap_or_default();
    [
        row.line.to_string(),
        text(&row.user_id),
        text(&row.user_name),
        text(&row.display_name),
        row.status.reported().to_string(),
        text(&row.reason),
        text(&row.detail),
        row.active_after
            .map(|active| active.to_string())
            .unwrap_or_default(),
        row.workspaces_after
            .as_ref()
            .map(|workspaces| workspaces.join(" "))
            .unwrap_or_default(),
        row.attempts.to_string(),
        row.http_status
            .map(|status| status.to_string())
            .unwrap_or_default(),
        text(&row.request_id),
        time(row.first_attempt_at),
        time(row.done_at),
        time(row.confirmed_at),
        text(&row.confirmed_by),
        job.id.to_string(),
        text(&row.run_id),
    ]
}
