//! Excerpts of a roster file for messages.
//!
//! The file may be binary data, so every excerpt is shortened, kept on one line and freed of characters that a
//! terminal would obey. Nothing here knows what went wrong.

use std::fmt;
use std::path::Path;

use super::line::Rejection;

/// How many column names an error lists.
const COLUMNS_SHOWN: usize = 20;
/// How many characters of one column name an error shows.
pub(super) const NAME_SHOWN: usize = 40;

/// At most `most` characters of `text`, on one line and safe for a terminal.
pub(super) fn excerpt(text: &str, most: usize) -> String {
    let mut shown: String = text
        .chars()
        .take(most)
        .map(|c| if is_unseen(c) { '\u{fffd}' } else { c })
        .collect();
    if text.chars().nth(most).is_some() {
        shown.push('…');
    }
    shown
}

/// Whether a character cannot be seen, or changes the order of the characters around it.
pub(super) fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// Prints the file and, if there is one, the line.
pub(super) struct FileAndLine<'a>(pub(super) &'a Path, pub(super) Option<u64>);

impl fmt::Display for FileAndLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.0.display())?;
        self.1.map_or(Ok(()), |line| write!(f, ", line {line}"))
    }
}

/// Prints the first column names, and how many more there are.
pub(super) struct ColumnNames<'a>(pub(super) &'a [String]);

impl fmt::Display for ColumnNames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.0.iter().take(COLUMNS_SHOWN).enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}`{}`", excerpt(name, NAME_SHOWN))?;
        }
        match self.0.len().saturating_sub(COLUMNS_SHOWN) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// Prints the first column names with their numbers.
pub(super) struct CandidateColumns<'a>(pub(super) &'a [(usize, String)]);

impl fmt::Display for CandidateColumns<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (number, name)) in self.0.iter().take(COLUMNS_SHOWN).enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}`{}` (#{number})", excerpt(name, NAME_SHOWN))?;
        }
        Ok(())
    }
}

/// Prints the line of a quote that is still open, if there is one.
pub(super) struct OpenQuote(pub(super) Option<u64>);

impl fmt::Display for OpenQuote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |line| {
            write!(f, ": a quote opened on line {line} is still open")
        })
    }
}

/// Prints the first rejected line, and how many there are.
pub(super) struct FirstRejection<'a>(pub(super) u64, pub(super) u64, pub(super) &'a Rejection);

impl fmt::Display for FirstRejection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(lines, line, reason) = self;
        if *lines == 1 {
            write!(f, "line {line}: {reason}")
        } else {
            write!(
                f,
                "all {lines} were rejected, the first on line {line}: {reason}"
            )
        }
    }
}
