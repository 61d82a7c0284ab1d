//! Finds the columns of a roster that name the users.
//!
//! It works on the names of the columns only and reads no line. If two columns could be meant it does not choose: the
//! wrong column can be full of valid ids of the wrong people.

use super::column_names::{email_rank, is_exact_id, is_id, tidy};
use super::layout::HeaderAt;
use crate::roster::error::RosterErrorKind;
use crate::roster::file::TextEncoding;
use crate::roster::line::Key;

const ID_FLAG: &str = "--id-column";
const EMAIL_FLAG: &str = "--email-column";

/// How a roster is to be read, as far as the user says it. The rest is found in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RosterOptions {
    /// The id column: a header name in any case, or a number such as `#3`.
    pub id_column: Option<String>,
    /// The e-mail column: a header name in any case, or a number such as `#3`.
    pub email_column: Option<String>,
    /// Whether two ids that differ only in case are the same.
    pub ids_ignore_case: bool,
    /// The encoding; `None` to find it by the first bytes.
    pub encoding: Option<TextEncoding>,
    /// Where the header is.
    pub header: HeaderAt,
    /// Whether ids and names are accepted as they are, even with blanks or characters that a spreadsheet may have
    /// added.
    pub unusual_ids: bool,
}

impl RosterOptions {
    /// Whether the user names a column.
    pub(in crate::roster) fn asks(&self) -> bool {
        self.id_column.is_some() || self.email_column.is_some()
    }

    /// Whether the user names the column of the users by its number. Any line has a column of that number, so the header
    /// cannot be found by it.
    pub(in crate::roster) fn asks_by_number(&self) -> bool {
        let wanted = self.id_column.as_ref().or(self.email_column.as_ref());
        wanted.is_some_and(|wanted| number(wanted).is_some())
    }
}

/// The number, from 1, of a column that is named as `#3`.
fn number(wanted: &str) -> Option<usize> {
    wanted.trim().strip_prefix('#')?.parse().ok()
}

/// The columns that are used, by index from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::roster) struct Columns {
    /// What the key column holds.
    pub(in crate::roster) key: Key,
    /// The column that names the users.
    pub(in crate::roster) key_index: usize,
    /// The column of e-mail addresses. It is the key column if there is no column of ids.
    pub(in crate::roster) email_index: Option<usize>,
    /// A column without a name. Its cells count as e-mail addresses only if they have an `@`.
    pub(in crate::roster) label_index: Option<usize>,
}

impl Columns {
    /// A column of ids only.
    pub(in crate::roster) fn by_id(index: usize) -> Self {
        Self {
            key: Key::UserId,
            key_index: index,
            email_index: None,
            label_index: None,
        }
    }

    /// A column of e-mail addresses only.
    pub(in crate::roster) fn by_name(index: usize) -> Self {
        Self {
            key: Key::UserName,
            key_index: index,
            email_index: Some(index),
            label_index: None,
        }
    }

    /// Finds the columns among the cleaned names of a header.
    pub(in crate::roster) fn find(
        header: &[String],
        options: &RosterOptions,
    ) -> Result<Self, RosterErrorKind> {
        let email = match &options.email_column {
            Some(wanted) => Some(named_by_user(header, wanted, EMAIL_FLAG)?),
            None => None,
        };
        let id = match &options.id_column {
            Some(wanted) => Some(named_by_user(header, wanted, ID_FLAG)?),
            None => id_by_itself(header)?,
        };
        if let Some(key_index) = id {
            let by_itself = || {
                let found = email_names(header).first().copied();
                found.filter(|index| *index != key_index)
            };
            let email_index = email.or_else(by_itself);
            let label_index = row_label(header).filter(|index| *index != key_index);
            return Ok(Self {
                key: Key::UserId,
                key_index,
                email_index,
                label_index: label_index.filter(|_| email_index.is_none()),
            });
        }
        let key_index = match email {
            Some(index) => index,
            None => only(header, &email_names(header), EMAIL_FLAG)?.ok_or_else(|| {
                RosterErrorKind::NoIdColumn {
                    found: header.to_vec(),
                }
            })?,
        };
        Ok(Self::by_name(key_index))
    }
}

/// The export of an Anaplan model leaves the header of its row labels empty. These labels are the e-mail addresses.
fn row_label(header: &[String]) -> Option<usize> {
    header.first().is_some_and(String::is_empty).then_some(0)
}

fn named_by_user(
    header: &[String],
    wanted: &str,
    flag: &'static str,
) -> Result<usize, RosterErrorKind> {
    let name = tidy(wanted).to_lowercase();
    let named = matching(header, |column| column.to_lowercase() == name);
    if let Some(index) = only(header, &named, flag)? {
        return Ok(index);
    }
    number(wanted)
        .and_then(|number| number.checked_sub(1))
        .filter(|index| *index < header.len())
        .ok_or_else(|| RosterErrorKind::NoSuchColumn {
            flag,
            wanted: wanted.to_owned(),
            found: header.to_vec(),
        })
}

fn id_by_itself(header: &[String]) -> Result<Option<usize>, RosterErrorKind> {
    let exact = matching(header, is_exact_id);
    if let [index] = exact[..] {
        return Ok(Some(index));
    }
    only(header, &matching(header, is_id), ID_FLAG)
}

/// The columns with the best known name of an e-mail column.
fn email_names(header: &[String]) -> Vec<usize> {
    let best = header.iter().filter_map(|name| email_rank(name)).min();
    best.map(|best| matching(header, |column| email_rank(column) == Some(best)))
        .unwrap_or_default()
}

fn matching(header: &[String], is: impl Fn(&str) -> bool) -> Vec<usize> {
    let columns = header.iter().enumerate();
    columns
        .filter(|(_, column)| is(column))
        .map(|(index, _)| index)
        .collect()
}

/// The only index in `found`; `None` if there is none, an error if there are several.
fn only(
    header: &[String],
    found: &[usize],
    flag: &'static str,
) -> Result<Option<usize>, RosterErrorKind> {
    match *found {
        [] => Ok(None),
        [index] => Ok(Some(index)),
        _ => Err(RosterErrorKind::AmbiguousColumn {
            flag,
            candidates: found
                .iter()
                .map(|&index| (index + 1, header[index].clone()))
                .collect(),
        }),
    }
}
