//! The rules that accept or reject one line.
//!
//! The check is a pure function of the fields, the number of columns, the columns that are used and what the user
//! allows. It is strict on purpose: a damaged id names no user or, worse, another one. Only the cells that are used are
//! checked, since a name in another encoding must not keep a user from being removed. The rules do not know where the
//! line is in the file, nor whether an earlier line names the same user.

use std::borrow::Cow;
use std::str;

use csv::ByteRecord;

use super::damaged_key::{addition, is_replaced};
use super::record::{KEY_LIMIT, Key, LineCheck, Record, Rejection};
use crate::roster::excerpt::{excerpt, is_unseen};
use crate::roster::table::Columns;

/// How many characters of a bad key a rejection shows.
const KEY_SHOWN: usize = 48;

/// What is the same for all lines of a roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::roster) struct LineRules {
    /// How many columns the table has.
    pub(in crate::roster) width: usize,
    /// The columns in use.
    pub(in crate::roster) columns: Columns,
    /// Whether keys are accepted as they are, with blanks inside and additions around them.
    pub(in crate::roster) unusual_ids: bool,
}

/// Checks a record, and returns it with its cells as text.
pub(in crate::roster) fn read(number: u64, record: &ByteRecord, rules: &LineRules) -> Record {
    let check = match judge(record, rules) {
        Ok(check) => check,
        Err(reason) => LineCheck::Rejected { reason },
    };
    let mut is_utf8 = true;
    let cells = record
        .iter()
        .map(|cell| {
            let text = String::from_utf8_lossy(cell);
            is_utf8 &= matches!(text, Cow::Borrowed(_));
            text.into_owned()
        })
        .collect();
    Record {
        number,
        check,
        cells,
        is_utf8,
    }
}

fn judge(record: &ByteRecord, rules: &LineRules) -> Result<LineCheck, Rejection> {
    let LineRules { width, columns, .. } = rules;
    let is_empty = |cell: &[u8]| String::from_utf8_lossy(cell).trim().is_empty();
    // Spreadsheets leave out empty cells at the end of a line, or write too many of them.
    let filled = record.iter().rposition(|cell| !is_empty(cell));
    let filled = filled.map_or(0, |last| last + 1);
    if filled > *width {
        return Err(Rejection::TooManyFields {
            found: filled,
            expected: *width,
        });
    }
    let Some(key_cell) = cell(record, columns.key_index)? else {
        return Err(Rejection::TooFewFields {
            found: record.len(),
            expected: *width,
        });
    };
    let name_cell = match (columns.email_index, columns.label_index) {
        (Some(index), _) => cell(record, index)?,
        (None, Some(index)) => cell(record, index)?.filter(|cell| cell.contains('@')),
        (None, None) => None,
    };
    check_key(columns.key, key_cell, rules.unusual_ids)?;
    Ok(match columns.key {
        Key::UserId => LineCheck::Accepted {
            user_id: key_cell.to_owned(),
            user_name: name_cell.filter(|cell| !cell.is_empty()).map(str::to_owned),
        },
        Key::UserName => LineCheck::AcceptedByName {
            user_name: key_cell.to_owned(),
        },
    })
}

/// The trimmed text of a cell that is used; `None` if the line has no such cell.
fn cell(record: &ByteRecord, index: usize) -> Result<Option<&str>, Rejection> {
    let Some(bytes) = record.get(index) else {
        return Ok(None);
    };
    let column = index + 1;
    if bytes.contains(&0) {
        return Err(Rejection::Nul { column });
    }
    match str::from_utf8(bytes) {
        Ok(cell) => Ok(Some(cell.trim())),
        Err(error) => Err(Rejection::NotUtf8 {
            column,
            offset: error.valid_up_to(),
        }),
    }
}

fn check_key(key: Key, cell: &str, unusual: bool) -> Result<(), Rejection> {
    let shown = || excerpt(cell, KEY_SHOWN);
    if cell.is_empty() {
        return Err(Rejection::Empty { key });
    }
    if cell.len() > KEY_LIMIT {
        return Err(Rejection::TooLong {
            key,
            bytes: cell.len(),
            start: shown(),
        });
    }
    for character in cell.chars() {
        if is_unseen(character) && character != '\t' {
            return Err(Rejection::Unseen {
                key,
                character,
                shown: shown(),
            });
        }
        if character.is_whitespace() && !(unusual && character == ' ') {
            return Err(Rejection::Blank {
                key,
                shown: shown(),
            });
        }
        if character == char::REPLACEMENT_CHARACTER {
            return Err(Rejection::Lost {
                key,
                shown: shown(),
            });
        }
    }
    if cell == "." || cell == ".." {
        return Err(Rejection::Dots {
            key,
            shown: shown(),
        });
    }
    if is_replaced(cell) {
        return Err(Rejection::Mangled {
            key,
            shown: shown(),
        });
    }
    if unusual {
        return Ok(());
    }
    if let Some(what) = addition(key, cell) {
        return Err(Rejection::Spoilt {
            key,
            what,
            shown: shown(),
        });
    }
    if key == Key::UserId && cell.contains('@') {
        return Err(Rejection::Address { shown: shown() });
    }
    Ok(())
}
