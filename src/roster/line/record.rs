//! One record of a roster, and the reasons for which it can be rejected.
//!
//! Plain types: a rejected record is data, not an error. They know neither files nor the rules that check a record.

use std::fmt;

use thiserror::Error;

/// The most bytes that a user's key may have.
pub(in crate::roster) const KEY_LIMIT: usize = 256;

/// How an unusual key can be accepted.
const LIFTED: &str = "`--allow-unusual-ids` takes it as it stands";

/// One record of the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    /// The physical line on which the record begins, the first line of the file being 1.
    pub number: u64,
    /// Whether the line names a user.
    pub check: LineCheck,
    /// The cells as they are in the file, not trimmed. Bytes that are not UTF-8 are replaced. There may be fewer cells
    /// than columns, or further empty ones.
    pub cells: Vec<String>,
    /// Whether all cells are UTF-8, including those that are not used.
    pub is_utf8: bool,
}

/// The result of checking a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LineCheck {
    /// The line names a user by id.
    Accepted {
        /// The id, trimmed, with its case unchanged.
        user_id: String,
        /// The e-mail address, if the roster has such a column and the cell is not empty.
        user_name: Option<String>,
    },
    /// The line names a user by e-mail address, because the roster has no id column.
    AcceptedByName {
        /// The e-mail address, trimmed, with its case unchanged.
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
    /// The e-mail address, which providers use as the user name.
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
    /// The line has too few cells to have the one that names the user.
    #[error("too few fields: {found} of {expected}")]
    TooFewFields {
        /// How many fields the line has.
        found: usize,
        /// How many the header has.
        expected: usize,
    },
    /// The line has more cells than the header, empty cells at its end not counted.
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
    /// A cell that is used has a NUL byte.
    #[error("column {column} has a NUL byte")]
    Nul {
        /// The cell's column, from 1.
        column: usize,
    },
    /// The cell of the key is empty.
    #[error("empty {key}")]
    Empty {
        /// What names the users.
        key: Key,
    },
    /// The key is longer than any provider's ids.
    #[error("{key} of {bytes} bytes, more than {KEY_LIMIT}: `{start}`")]
    TooLong {
        /// What names the users.
        key: Key,
        /// How long the cell is, trimmed.
        bytes: usize,
        /// How the cell begins.
        start: String,
    },
    /// The key has a blank inside it.
    #[error("{key} with a blank inside: `{shown}` ({LIFTED})")]
    Blank {
        /// What names the users.
        key: Key,
        /// The cell, shortened.
        shown: String,
    },
    /// The key has a control character or one that cannot be seen.
    #[error("{key} with the invisible character `U+{:04X}`: `{shown}`", u32::from(*.character))]
    Unseen {
        /// What names the users.
        key: Key,
        /// The character.
        character: char,
        /// The cell, shortened.
        shown: String,
    },
    /// The key has U+FFFD, which stands for a character that an earlier conversion has lost.
    #[error("{key} with a character lost in conversion: `{shown}`")]
    Lost {
        /// What names the users.
        key: Key,
        /// The cell, shortened.
        shown: String,
    },
    /// The key is `.` or `..`, which names another path in every URL, even if it is escaped.
    #[error("{key} that no address can carry: `{shown}`")]
    Dots {
        /// What names the users.
        key: Key,
        /// The cell.
        shown: String,
    },
    /// The key has additions, such as quotes, around the original.
    #[error("{key} with {what}: `{shown}` ({LIFTED})")]
    Spoilt {
        /// What names the users.
        key: Key,
        /// What was added.
        what: &'static str,
        /// The cell, shortened.
        shown: String,
    },
    /// The cell that should hold an id holds an e-mail address.
    #[error(
        "e-mail address in the column of ids: `{shown}` (name the column of addresses with `--email-column`, or take it for an id with `--allow-unusual-ids`)"
    )]
    Address {
        /// The cell, shortened.
        shown: String,
    },
    /// A spreadsheet has replaced the key.
    #[error("{key} that a spreadsheet has replaced: `{shown}`")]
    Mangled {
        /// What names the users.
        key: Key,
        /// The cell, shortened.
        shown: String,
    },
}

impl Rejection {
    /// The reason as a stable code, for tables and programs.
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
