//! Inspects a roster without a job: how it is written, and which of its lines repeat a user.
//!
//! To find repeated users, the keys of all users are sorted (see `repeats`).

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

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

/// Inspects a whole roster. `name_key` gives the form in which two spellings of one name are equal; this room knows
/// no such rule of its own.
///
/// # Errors
///
/// As [`super::check`].
pub(crate) fn inspect(
    path: impl AsRef<Path>,
    options: &RosterOptions,
    name_key: impl Fn(&str) -> String,
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
        let key = match &line.check {
            LineCheck::Accepted { user_id, .. } if options.ids_ignore_case => {
                Cow::Owned(user_id.to_ascii_lowercase())
            }
            LineCheck::Accepted { user_id, .. } => Cow::Borrowed(user_id.as_str()),
            LineCheck::AcceptedByName { user_name } => Cow::Owned(name_key(user_name)),
            LineCheck::Rejected { .. } => return Ok(()),
        };
        repeats.push(&key, line.number).map_err(scratch)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn repeats(text: &str, options: &RosterOptions) -> Vec<(u64, u64)> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("r.csv");
        std::fs::write(&path, text).unwrap();
        let name_key = |name: &str| name.to_lowercase().replace('\u{df}', "ss");
        inspect(path, options, name_key).unwrap().repeats
    }

    #[test]
    fn users_are_compared_by_the_rule_for_ids_or_for_names() {
        let names = "Email\nstra\u{df}e@x.com\nSTRASSE@x.com\nb@x.com\n";
        assert_eq!(repeats(names, &RosterOptions::default()), [(3, 2)]);
        let ids = "User ID\nab1\nAB1\nab1\n";
        let exact = RosterOptions {
            ids_ignore_case: false,
            ..RosterOptions::default()
        };
        assert_eq!(repeats(ids, &exact), [(4, 2)]);
        let folded = RosterOptions {
            ids_ignore_case: true,
            ..RosterOptions::default()
        };
        assert_eq!(repeats(ids, &folded), [(3, 2), (4, 2)]);
    }
}
