//! One line of a roster, and the words for what can be wrong with it.
//!
//! Plain types: a rejected line is data, not a failure. They know neither files nor the rules by which a line is
//! judged.

use std::fmt;

use thiserror::Error;

/// The most bytes that a user's key may have.
pub(in crate::roster) const KEY_LIMIT: usize = 256;

/// How an unusual key is taken all the same.
const LIFTED: &str = "`--allow-unusual-ids` takes it as it stands";

/// One record of the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The physical line on which the record begins, the first line of the file being 1.
    pub number: u64,
    /// Whether the line names a user.
    pub check: LineCheck,
    /// The cells as they stood in the file, untrimmed; bytes that are not UTF-8 are replaced. There may be fewer than
    /// columns, and empty ones beyond them.
    pub cells: Vec<String>,
    /// Whether all cells are UTF-8, also those that are not used.
    pub is_utf8: bool,
}

/// What a line came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineCheck {
    /// The line names a user by id.
    Accepted {
        /// The id, trimmed, its case as it stood.
        user_id: String,
        /// The e-mail address, where the roster has such a column and the cell is not empty.
        user_name: Option<String>,
    },
    /// The line names a user by e-mail address, because the roster has no id column.
    AcceptedByName {
        /// The e-mail address, trimmed, its case as it stood.
        user_name: String,
    },
    /// The line cannot be used.
    Rejected {
        /// Why not.
        reason: Rejection,
    },
}

/// What names the users of a roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// The provider's id of the user.
    UserId,
    /// The e-mail address, which providers keep as the user's name.
    UserName,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UserId => "id",
            Self::UserName => "e-mail address",
        })
    }
}

/// Why a line cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The line is too short to have the cell that names the user.
    #[error("too few fields: {found} of {expected}")]
    TooFewFields {
        /// How many fields the line has.
        found: usize,
        /// How many the header has.
        expected: usize,
    },
    /// The line has more cells that are not empty than the header.
    #[error("too many fields: {found}, the header has {expected}")]
    TooManyFields {
        /// How many fields the line has, without empty ones at its end.
        found: usize,
        /// How many the header has.
        expected: usize,
    },
    /// A cell that is used is not valid UTF-8.
    #[error(
        "column {column} is not UTF-8 at byte offset {offset} of the cell: save the file as `CSV UTF-8`, or name its \
         encoding with `--encoding`"
    )]
    NotUtf8 {
        /// The cell's column, from 1.
        column: usize,
        /// The first offending byte within the cell, from 0.
        offset: usize,
    },
    /// A cell that is used has a NUL byte, which no text has.
    #[error("column {column} has a NUL byte")]
    Nul {
        /// The cell's column, from 1.
        column: usize,
    },
    /// The key's cell is empty.
    #[error("empty {key}")]
    Empty {
        /// What names the users.
        key: Key,
    },
    /// The key is longer than any provider's.
    #[error("{key} of {bytes} bytes, more than {KEY_LIMIT}: `{start}`")]
    TooLong {
        /// What names the users.
        key: Key,
        /// How long the cell is, trimmed.
        bytes: usize,
        /// How the cell begins.
        start: String,
    },
    /// The key has a blank inside.
    #[error("{key} with a blank inside: `{shown}` ({LIFTED})")]
    Blank {
        /// What names the users.
        key: Key,
        /// The cell, cut.
        shown: String,
    },
    /// The key has a control character or one that cannot be seen.
    #[error("{key} with the invisible character `U+{:04X}`: `{shown}`", u32::from(*.character))]
    Unseen {
        /// What names the users.
        key: Key,
        /// The character.
        character: char,
        /// The cell, cut.
        shown: String,
    },
    /// The key has the mark that stands for text that was already lost.
    #[error("{key} with a character lost in conversion: `{shown}`")]
    Lost {
        /// What names the users.
        key: Key,
        /// The cell, cut.
        shown: String,
    },
    /// The key is `.` or `..`, which means another place in every URL, however it is escaped.
    #[error("{key} that no address can carry: `{shown}`")]
    Dots {
        /// What names the users.
        key: Key,
        /// The cell.
        shown: String,
    },
    /// The key still shows the original, with something that was put around or into it.
    #[error("{key} with {what}: `{shown}` ({LIFTED})")]
    Spoilt {
        /// What names the users.
        key: Key,
        /// What was put there.
        what: &'static str,
        /// The cell, cut.
        shown: String,
    },
    /// The cell that should hold an id holds an e-mail address.
    #[error(
        "e-mail address in the column of ids: `{shown}` (name the column of addresses with `--email-column`, or take it for an id with `--allow-unusual-ids`)"
    )]
    Address {
        /// The cell, cut.
        shown: String,
    },
    /// The key is what a spreadsheet makes of one.
    #[error("{key} that a spreadsheet has replaced: `{shown}`")]
    Mangled {
        /// What names the users.
        key: Key,
        /// The cell, cut.
        shown: String,
    },
}

impl Rejection {
    /// The reason as one stable word, for tables and programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooFewFields { .. } => "too_few_fields",
            Self::TooManyFields { .. } => "too_many_fields",
            Self::NotUtf8 { .. } => "not_utf8",
            Self::Nul { .. } => "nul",
            Self::Empty { .. } => "empty",
            Self::TooLong { .. } => "too_long",
            Self::Blank { .. } => "blank",
            Self::Unseen { .. } => "unseen",
            Self::Lost { .. } => "lost",
            Self::Dots { .. } => "dots",
            Self::Mangled { .. } => "mangled",
            Self::Spoilt { .. } => "spoilt",
            Self::Address { .. } => "address",
        }
    }
}
