//! `undo.csv`: the state before the job of each user that the job has changed or may have changed. It can be used
//! as a roster: its first column names the users.

use std::io::Write;

use crate::ledger::{Job, Pages, Reader, UserRow};
use crate::report::ReportError;
use crate::report::csv_files::cells::Rows;
use crate::report::mask::Privacy;

const COLUMNS: [&str; 6] = [
    "User ID",
    "User Name",
    "Active Before",
    "Workspaces Before",
    "Outcome",
    "Line",
];

/// Writes one row for each user that a write may have changed.
pub(in crate::report) async fn write(
    reader: &mut Reader,
    job: &Job,
    privacy: Privacy,
    file: impl Write,
) -> Result<(), ReportError> {
    let mut csv = Rows::new(file);
    csv.write(COLUMNS)?;
    let mut pages = Pages::of_lines();
    while let Some(page) = pages
        .next(async |after, limit| reader.lines(job, after, limit).await)
        .await?
    {
        let changed = |row: &UserRow| row.may_be_changed(job.ids);
        for mut row in page.into_iter().filter(changed) {
            privacy.row(&mut row);
            csv.write(cells(&row))?;
        }
    }
    csv.finish()?;
    Ok(())
}

fn cells(row: &UserRow) -> [String; COLUMNS.len()] {
    let before = row.before.as_ref().map(|seen| &seen.state);
    let active = before.and_then(|state| state.active);
    let workspaces = before.and_then(|state| state.workspaces.as_ref());
    [
        row.user_id.clone().unwrap_or_default(),
        row.user_name.clone().unwrap_or_default(),
        active.map(|active| active.to_string()).unwrap_or_default(),
        workspaces.map(|ids| ids.join(" ")).unwrap_or_default(),
        row.status.reported().to_string(),
        row.line.to_string(),
    ]
}
