//! Inspects a roster without a job: how it is written, and which of its lines repeat a user.
//!
//! To find repeated users, digests of all users are sorted (see `repeats`).

use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};

use super::error::{RosterError, RosterErrorKind};
use super::line::LineCheck;
use super::reader::Roster;
use super::repeats::Repeats;
use super::roster_summary::{LISTED, RosterSummary, summarize};
use super::table::RosterOptions;

/// What an inspection of a roster shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Inspection {
    /// The counts that a job would have.
    pub summary: RosterSummary,
    /// The encoding.
    pub encoding: &'static str,
    /// The delimiter between two cells.
    pub delimiter: u8,
    /// The names of the columns, trimmed.
    pub header: Vec<String>,
    /// The number, from 1, and the name of the column that names the users.
    pub key_column: (usize, String),
    /// The number and the name of the column of e-mail addresses, if there is one beside the ids.
    pub email_column: Option<(usize, String)>,
    /// How many lines name the same user as an earlier line.
    pub duplicates: u64,
    /// The first thousand of these: the line, and the line that named the user first.
    pub repeats: Vec<(u64, u64)>,
}

/// Inspects a whole roster.
///
/// # Errors
///
/// As [`super::check`].
pub(crate) fn inspect(
    path: impl AsRef<Path>,
    options: &RosterOptions,
) -> Result<Inspection, RosterError> {
    let path = path.as_ref();
    let roster = Roster::open(path, options)?;
    let header = roster.header().to_vec();
    let column = |index: usize| (index + 1, header.get(index).cloned().unwrap_or_default());
    let key_column = column(roster.key_index());
    let email = roster
        .email_index()
        .filter(|index| index + 1 != key_column.0);
    let email_column = email.map(column);
    let (encoding, delimiter) = (roster.encoding(), roster.delimiter());
    let mut repeats = Repeats::new();
    let scratch = |error| RosterErrorKind::Scratch(Arc::new(error));
    let summary = summarize(path, roster, |line| {
        let name = match &line.check {
            LineCheck::Accepted { user_id, .. } if options.ids_ignore_case => {
                user_id.to_ascii_lowercase()
            }
            LineCheck::Accepted { user_id, .. } => user_id.clone(),
            LineCheck::AcceptedByName { user_name } => user_name.to_lowercase(),
            LineCheck::Rejected { .. } => return Ok(()),
        };
        let whole = digest(&SHA256, name.as_bytes());
        let mut mark = [0; 16];
        mark.copy_from_slice(&whole.as_ref()[..16]);
        repeats.push(mark, line.number).map_err(scratch)
    })?;
    let found = repeats.finish(LISTED);
    let found = found.map_err(|error| RosterError::new(path, None, scratch(error)))?;
    Ok(Inspection {
        summary,
        encoding,
        delimiter,
        header,
        key_column,
        email_column,
        duplicates: found.count,
        repeats: found.first,
    })
}
