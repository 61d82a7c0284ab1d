//! How a roster is read.

use serde::Serialize;

/// `roster check`: how the file would be read.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RosterForm {
    /// The version of this form.
    pub(crate) schema: u32,
    /// The version of the program.
    pub(crate) version: &'static str,
    /// SHA-256 of the bytes.
    pub(crate) sha256: String,
    /// The size of the file.
    pub(crate) bytes: u64,
    /// Its encoding.
    pub(crate) encoding: &'static str,
    /// The character between two cells.
    pub(crate) delimiter: String,
    /// The line of the header; null if there is none.
    pub(crate) header_line: Option<u64>,
    /// The names of the columns.
    pub(crate) columns: Vec<String>,
    /// What names the users: `id` or `name`.
    pub(crate) key: String,
    /// The column that has it.
    pub(crate) key_column: ColumnForm,
    /// The column of addresses; null if there is none.
    pub(crate) email_column: Option<ColumnForm>,
    /// The number of records.
    pub(crate) lines: u64,
    /// The number of distinct users.
    pub(crate) users: u64,
    /// The number of records that repeat a user.
    pub(crate) duplicates: u64,
    /// The number of records that cannot be used.
    pub(crate) invalid: u64,
    /// The number of cells that are not in the encoding.
    pub(crate) not_utf8: u64,
    /// The first records that repeat a user.
    pub(crate) repeated_lines: Vec<RepeatForm>,
    /// The first records that cannot be used.
    pub(crate) invalid_lines: Vec<BadLineForm>,
}

/// A column of a roster.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ColumnForm {
    /// Its number, from 1.
    pub(crate) number: usize,
    /// Its name.
    pub(crate) name: String,
}

/// A record that repeats a user.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RepeatForm {
    /// Its line.
    pub(crate) line: u64,
    /// The line that named the user before.
    pub(crate) first: u64,
}

/// A record that cannot be used.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct BadLineForm {
    /// Its line.
    pub(crate) line: u64,
    /// Why it cannot be used.
    pub(crate) reason: String,
}
