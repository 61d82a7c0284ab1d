//! Opens rosters from bytes, and writes what each line came to in short.

use std::io::Cursor;
use std::path::Path;

use crate::roster::{LineCheck, Record, Roster, RosterError, RosterOptions};

pub(super) fn open(bytes: impl AsRef<[u8]>) -> Result<Roster, RosterError> {
    open_with(bytes, &RosterOptions::default())
}

pub(super) fn open_with(
    bytes: impl AsRef<[u8]>,
    options: &RosterOptions,
) -> Result<Roster, RosterError> {
    let input = Cursor::new(bytes.as_ref().to_vec());
    Roster::from_reader(Path::new("users.csv"), input, options)
}

pub(super) fn read(bytes: impl AsRef<[u8]>) -> Result<Vec<Record>, RosterError> {
    open(bytes)?.collect()
}

pub(super) fn id_column(name: &str) -> RosterOptions {
    RosterOptions {
        id_column: Some(name.into()),
        ..RosterOptions::default()
    }
}

/// Line number and `id`, `id/name`, `@name` or `!reason` of each line.
pub(super) fn in_short(lines: &[Record]) -> Vec<String> {
    let short = |line: &Record| match &line.check {
        LineCheck::Accepted {
            user_id,
            user_name: None,
        } => format!("{} {user_id}", line.number),
        LineCheck::Accepted {
            user_id,
            user_name: Some(name),
        } => format!("{} {user_id}/{name}", line.number),
        LineCheck::AcceptedByName { user_name } => format!("{} @{user_name}", line.number),
        LineCheck::Rejected { reason } => format!("{} !{reason}", line.number),
    };
    lines.iter().map(short).collect()
}
