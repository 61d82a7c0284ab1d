//! `undo.csv`: what those had whom the job has changed, or may have changed. A roster by itself: its
//! first column names the users.

use std::io::Write;

use crate::domain::{Line, Status};
use crate::ledger::{Job, Reader, UserRow};
use crate::report::ReportError;
use crate::report::cell::safe;
use crate::report::mask::Privacy;

const COLUMNS: [&str; 6] = [
    "User ID",
    "User Name",
    "Active Before",
    "Workspaces Before",
    "Outcome",
    "Line",
];

/// Rows that are in memory at the same time.
const PAGE: usize = 1000;

/// Writes one row for each user whom a write may have reached.
pub(super) async fn write(
    reader: &mut Reader,
    job: &Job,
    privacy: Privacy,
    file: impl Write,
) -> Result<(), ReportError> {
    let mut csv = csv::Writer::from_writer(file);
    csv.write_record(COLUMNS)?;
    let mut after = Line(0);
    loop {
        let page = reader.lines(job, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.line;
        for mut row in page.into_iter().filter(may_be_changed) {
            privacy.row(&mut row);
            write_row(&mut csv, &row)?;
        }
    }
    csv.flush()?;
    Ok(())
}

/// Whether a write may have taken effect. Of whoever failed it is known that none did.
fn may_be_changed(row: &UserRow) -> bool {
    let reached = matches!(
        row.status,
        Status::Removed | Status::Restored | Status::InDoubt | Status::Claimed
    );
    reached && row.attempts > 0 && row.before.is_some()
}

fn write_row(csv: &mut csv::Writer<impl Write>, row: &UserRow) -> Result<(), csv::Error> {
    let before = row.before.as_ref().map(|seen| &seen.state);
    let active = before.and_then(|state| state.active);
    let workspaces = before.and_then(|state| state.workspaces.as_ref());
    let cells = [
        row.user_id.clone().unwrap_or_default(),
        row.user_name.clone().unwrap_or_default(),
        active.map(|active| active.to_string()).unwrap_or_default(),
        workspaces.map(|ids| ids.join(" ")).unwrap_or_default(),
        row.status.reported().to_string(),
        row.line.to_string(),
    ];
    csv.write_record(cells.iter().map(|cell| safe(cell).into_owned()))
}
