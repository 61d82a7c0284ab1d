//! Summarises a whole roster before a job uses it.
//!
//! One pass keeps counts and the first rejections, never the lines. It adds one rule: a roster in which no line can be
//! used is refused.

use std::path::Path;

use super::error::{RosterError, RosterErrorKind};
use super::file::digest_of_file;
use super::line::{Key, LineCheck, Record, Rejection};
use super::reader::Roster;
use super::table::RosterOptions;

/// How many rejections are listed one by one.
pub(crate) const LISTED: usize = 1000;

/// How a roster is read: everything that decides which users are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The column of user ids, by number and name; `None` if addresses name the users.
    pub id_column: Option<String>,
    /// The column of addresses or user names, by number and name, if there is one.
    pub email_column: Option<String>,
    /// The encoding.
    pub encoding: &'static str,
    /// The delimiter between two cells.
    pub delimiter: char,
    /// The physical line of the header, from 1; `None` if the file has none.
    pub header_line: Option<u64>,
    /// Whether unusual ids and names are accepted as they are.
    pub unusual_ids: bool,
}

impl Reading {
    fn of(roster: &Roster) -> Self {
        let column = |index: usize| {
            let name = roster.header().get(index).map_or("", String::as_str);
            format!("#{} {name}", index + 1).trim_end().to_owned()
        };
        let by_id = roster.key() == Key::UserId;
        Self {
            id_column: by_id.then(|| column(roster.key_index())),
            email_column: if by_id {
                roster.email_index().map(column)
            } else {
                Some(column(roster.key_index()))
            },
            encoding: roster.encoding(),
            delimiter: char::from(roster.delimiter()),
            header_line: roster.header_line(),
            unusual_ids: roster.takes_unusual_ids(),
        }
    }
}

/// The counts of a roster, and how it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterSummary {
    /// SHA-256 of the file's raw bytes, in lower-case hexadecimal digits.
    pub digest: String,
    /// The file's size in bytes.
    pub bytes: u64,
    /// What names the users.
    pub key: Key,
    /// How the file is read.
    pub reading: Reading,
    /// How many lines there are, without the header and blank lines.
    pub lines: u64,
    /// How many lines name a user.
    pub accepted: u64,
    /// How many lines cannot be used.
    pub rejected: u64,
    /// The line number and the reason of the first thousand lines that cannot be used.
    pub rejections: Vec<(u64, Rejection)>,
    /// How many lines have cells that are not UTF-8, in any column.
    pub not_utf8: u64,
}

/// What is known of a roster without reading its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RosterGlance {
    /// SHA-256 of the file's raw bytes, in lower-case hexadecimal digits.
    pub digest: String,
    /// How the file is read.
    pub reading: Reading,
}

/// Reads the header of a roster, and computes the digest of its bytes. Its lines are not checked: a job that is known
/// by this digest has been loaded from the same bytes.
///
/// # Errors
///
/// `RosterError`: the file cannot be used.
pub(crate) fn glance(path: &Path, options: &RosterOptions) -> Result<RosterGlance, RosterError> {
    let roster = Roster::open(path, options)?;
    let digest = digest_of_file(path).map_err(|kind| RosterError::new(path, None, kind))?;
    Ok(RosterGlance {
        digest,
        reading: Reading::of(&roster),
    })
}

impl Reading {
    /// What the user should know about how the file is read, one sentence each.
    pub(crate) fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        match self.header_line {
            None => remarks
                .push("the file is read without a header: its first line is a user".to_owned()),
            Some(1) => {}
            Some(2) => remarks.push("the header is on line 2: line 1 is left out".to_owned()),
            Some(line) => remarks.push(format!(
                "the header is on line {line}: lines 1 to {} are left out",
                line - 1
            )),
        }
        remarks
    }
}

impl RosterSummary {
    /// What the user should know about how the file is read, one sentence each.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = self.reading.remarks();
        if self.not_utf8 > 0 {
            let lines = if self.not_utf8 == 1 {
                "1 line has"
            } else {
                &format!("{} lines have", self.not_utf8)
            };
            remarks.push(format!(
                "{lines} cells that are not UTF-8: names may be shown wrongly; save the file as `CSV UTF-8`, or name its \
                 encoding with `--encoding`"
            ));
        }
        remarks
    }
}

/// Reads a whole roster and returns its summary.
///
/// # Errors
///
/// `RosterError`: the file cannot be used, or none of its lines can.
pub fn check(
    path: impl AsRef<Path>,
    options: &RosterOptions,
) -> Result<RosterSummary, RosterError> {
    let path = path.as_ref();
    summarize(path, Roster::open(path, options)?, |_| Ok(()))
}

/// Summarises the records, and passes each to `on_record`.
pub(super) fn summarize(
    path: &Path,
    mut roster: Roster,
    mut on_record: impl FnMut(&Record) -> Result<(), RosterErrorKind>,
) -> Result<RosterSummary, RosterError> {
    let (mut accepted, mut rejected, mut rejections) = (0, 0, Vec::new());
    let mut not_utf8 = 0;
    for line in roster.by_ref() {
        let line = line?;
        on_record(&line).map_err(|kind| RosterError::new(path, None, kind))?;
        not_utf8 += u64::from(!line.is_utf8);
        match line.check {
            LineCheck::Accepted { .. } | LineCheck::AcceptedByName { .. } => accepted += 1,
            LineCheck::Rejected { reason } => {
                rejected += 1;
                if rejections.len() < LISTED {
                    rejections.push((line.number, reason));
                }
            }
        }
    }
    let key = roster.key();
    let reading = Reading::of(&roster);
    let digest = roster.finish()?;
    if accepted == 0
        && let Some((line, reason)) = rejections.first().cloned()
    {
        let lines = digest.records;
        let kind = RosterErrorKind::NoUsableLine {
            lines,
            line,
            reason,
        };
        return Err(RosterError::new(path, None, kind));
    }
    Ok(RosterSummary {
        key,
        reading,
        digest: digest.sha256,
        bytes: digest.bytes,
        lines: digest.records,
        accepted,
        rejected,
        rejections,
        not_utf8,
    })
}
