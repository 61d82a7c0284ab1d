//! `undo.csv`: the state before the job of each user that the job has changed or may have changed. It can be used
//! as a roster: its first column names the users.

use std::io::{self, Write};

use crate::domain::IdRule;
use crate::ledger::UserRow;
use crate::report::csv_files::cells::Rows;

const COLUMNS: [&str; 6] = [
    "User ID",
    "User Name",
    "Active Before",
    "Workspaces Before",
    "Outcome",
    "Line",
];

/// The table while it is written. It is written in the same pass over the lines as `report.csv`.
pub(in crate::report) struct UndoTable<W: Write> {
    csv: Rows<W>,
    ids: IdRule,
}

impl<W: Write> UndoTable<W> {
    /// Writes the header.
    pub(in crate::report) fn begin(ids: IdRule, file: W, bom: bool) -> io::Result<Self> {
        let mut csv = Rows::begin(file, bom)?;
        csv.write(COLUMNS)?;
        Ok(Self { csv, ids })
    }

    /// Writes the row of this user, if a write may have changed the user. Names are masked already.
    pub(in crate::report) fn add(&mut self, row: &UserRow) -> io::Result<()> {
        if row.may_be_changed(self.ids) {
            self.csv.write(cells(row))?;
        }
        Ok(())
    }

    /// Writes the rest of the buffer.
    pub(in crate::report) fn finish(self) -> io::Result<()> {
        self.csv.finish()?;
        Ok(())
    }
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
