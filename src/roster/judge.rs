//! The rules by which one line is accepted or rejected.
//!
//! A verdict is a pure function of the fields, the header's width and the chosen columns. It is strict on purpose:
//! an id that was damaged on its way here names nobody or, worse, somebody else. It must not know where the line
//! stood in the file, nor whether the same user came before.

use std::str;

use csv::ByteRecord;

use super::header::Columns;
use super::line::{KEY_LIMIT, Key, Line, Rejection, Verdict};
use super::wording::{excerpt, is_unseen};

/// How many characters of a bad key a rejection shows.
const KEY_SHOWN: usize = 48;

/// Reads a record as a line.
pub(super) fn read(number: u64, record: &ByteRecord, width: usize, columns: &Columns) -> Line {
    let verdict = match judge(record, width, columns) {
        Ok(verdict) => verdict,
        Err(reason) => Verdict::Rejected { reason },
    };
    let cells = record
        .iter()
        .map(|cell| String::from_utf8_lossy(cell).into_owned())
        .collect();
    Line {
        number,
        verdict,
        cells,
    }
}

fn judge(record: &ByteRecord, width: usize, columns: &Columns) -> Result<Verdict, Rejection> {
    let (found, expected) = (record.len(), width);
    if found < expected {
        return Err(Rejection::TooFewFields { found, expected });
    }
    if found > expected {
        return Err(Rejection::TooManyFields { found, expected });
    }
    let (mut key_cell, mut name_cell) = ("", "");
    for (index, bytes) in record.iter().enumerate() {
        let column = index + 1;
        let cell = str::from_utf8(bytes).map_err(|error| Rejection::NotUtf8 {
            column,
            offset: error.valid_up_to(),
        })?;
        if bytes.contains(&0) {
            return Err(Rejection::Nul { column });
        }
        if index == columns.key_index {
            key_cell = cell.trim();
        }
        if Some(index) == columns.email_index {
            name_cell = cell.trim();
        }
        if Some(index) == columns.label_index && cell.contains('@') {
            name_cell = cell.trim();
        }
    }
    check_key(columns.key, key_cell)?;
    Ok(match columns.key {
        Key::UserId => Verdict::Accepted {
            user_id: key_cell.to_owned(),
            user_name: (!name_cell.is_empty()).then(|| name_cell.to_owned()),
        },
        Key::UserName => Verdict::AcceptedByName {
            user_name: key_cell.to_owned(),
        },
    })
}

fn check_key(key: Key, cell: &str) -> Result<(), Rejection> {
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
        if character.is_whitespace() {
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
    if is_mangled(cell) {
        return Err(Rejection::Mangled {
            key,
            shown: shown(),
        });
    }
    Ok(())
}

/// Whether a cell is a spreadsheet's error value (`#N/A`, `#REF!`, `####`) or a number in scientific notation.
fn is_mangled(cell: &str) -> bool {
    match cell.strip_prefix('#') {
        Some(rest) => rest
            .chars()
            .all(|c| c.is_ascii_uppercase() || "#/!?0".contains(c)),
        None => is_scientific(cell),
    }
}

/// `1.23E+31` and its like. A hexadecimal id such as `12e5` also reads as a number, so that a sign or a fraction is
/// asked for as well.
fn is_scientific(cell: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let Some((mantissa, exponent)) = cell.split_once(['e', 'E']) else {
        return false;
    };
    let (whole, fraction) = match mantissa.split_once(['.', ',']) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    let power = exponent.strip_prefix(['+', '-']);
    digits(whole)
        && fraction.is_none_or(digits)
        && digits(power.unwrap_or(exponent))
        && (fraction.is_some() || power.is_some())
}
