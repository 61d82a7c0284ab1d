//! A roster looked at for its own sake: how it is written, and which of its lines repeat a user.
//!
//! Of each user a digest stays in memory: a repeated one is only known by all who came before.

use std::collections::HashMap;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};

use super::error::RosterError;
use super::header::RosterOptions;
use super::line::Verdict;
use super::reader::Roster;
use super::survey::{LISTED, Survey, survey};

/// What a look at a roster shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// What a job would count.
    pub survey: Survey,
    /// The encoding.
    pub encoding: &'static str,
    /// The sign between two cells.
    pub delimiter: u8,
    /// The names of the columns, trimmed.
    pub header: Vec<String>,
    /// Number, from 1, and name of the column that names the users.
    pub key_column: (usize, String),
    /// The same of the column of e-mail addresses, where there is one beside the ids.
    pub email_column: Option<(usize, String)>,
    /// How many lines name a user whom an earlier one names.
    pub duplicates: u64,
    /// The first thousand of these: the line, and the line that named the user first.
    pub repeats: Vec<(u64, u64)>,
}

/// Reads a whole roster.
///
/// # Errors
///
/// As [`super::check`].
pub fn inspect(path: impl AsRef<Path>, options: &RosterOptions) -> Result<Inspection, RosterError> {
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
    let mut first_lines: HashMap<[u8; 16], u64> = HashMap::new();
    let (mut duplicates, mut repeats) = (0, Vec::new());
    let survey = survey(path, roster, |line| {
        let name = match &line.verdict {
            Verdict::Accepted { user_id, .. } if options.ids_ignore_case => {
                user_id.to_ascii_lowercase()
            }
            Verdict::Accepted { user_id, .. } => user_id.clone(),
            Verdict::AcceptedByName { user_name } => user_name.to_lowercase(),
            Verdict::Rejected { .. } => return,
        };
        let whole = digest(&SHA256, name.as_bytes());
        let mut mark = [0; 16];
        mark.copy_from_slice(&whole.as_ref()[..16]);
        let first = *first_lines.entry(mark).or_insert(line.number);
        if first != line.number {
            duplicates += 1;
            if repeats.len() < LISTED {
                repeats.push((line.number, first));
            }
        }
    })?;
    Ok(Inspection {
        survey,
        encoding,
        delimiter,
        header,
        key_column,
        email_column,
        duplicates,
        repeats,
    })
}
