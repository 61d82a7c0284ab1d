//! Which columns of a roster name the users.
//!
//! Works on names alone and never looks at a line. Where two columns could be meant it does not choose: the wrong
//! column can be full of valid ids of the wrong people.

use super::error::RosterErrorKind;
use super::line::Key;

const ID_FLAG: &str = "--id-column";
const EMAIL_FLAG: &str = "--email-column";
/// The header that Anaplan's exports use.
const EXACT_ID: &str = "User ID";
const ID_NAMES: [&str; 5] = ["user id", "userid", "user_id", "user-id", "id"];
/// In order of preference.
const EMAIL_NAMES: [&str; 9] = [
    "email address",
    "e-mail address",
    "email_address",
    "email",
    "e-mail",
    "mail",
    "username",
    "user_name",
    "emailaddress",
];

/// Which columns are to be used, where they are not to be found by themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RosterOptions {
    /// The id column: a header name in any case, or a number such as `#3`.
    pub id_column: Option<String>,
    /// The e-mail column: a header name in any case, or a number such as `#3`.
    pub email_column: Option<String>,
    /// Whether two ids that differ in case alone are the same.
    pub ids_ignore_case: bool,
}

/// The columns in use, by index from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    /// What the key column holds.
    pub(super) key: Key,
    /// The column that names the users.
    pub(super) key_index: usize,
    /// The column of e-mail addresses, which is the key column where there is no id.
    pub(super) email_index: Option<usize>,
    /// A column without a name whose cells count as e-mail addresses only if they look like some.
    pub(super) label_index: Option<usize>,
}

impl Columns {
    /// Finds the columns among trimmed header names.
    pub(super) fn find(
        header: &[String],
        options: &RosterOptions,
    ) -> Result<Self, RosterErrorKind> {
        let email = match &options.email_column {
            Some(wanted) => Some(asked_for(header, wanted, EMAIL_FLAG)?),
            None => None,
        };
        let id = match &options.id_column {
            Some(wanted) => Some(asked_for(header, wanted, ID_FLAG)?),
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
        Ok(Self {
            key: Key::UserName,
            key_index,
            email_index: Some(key_index),
            label_index: None,
        })
    }
}

/// A model's export leaves the header of its row labels empty, and those are the e-mail addresses.
fn row_label(header: &[String]) -> Option<usize> {
    header.first().is_some_and(String::is_empty).then_some(0)
}

fn asked_for(
    header: &[String],
    wanted: &str,
    flag: &'static str,
) -> Result<usize, RosterErrorKind> {
    let name = wanted.trim().to_lowercase();
    let named = matching(header, |column| column.to_lowercase() == name);
    if let Some(index) = only(header, &named, flag)? {
        return Ok(index);
    }
    let number = name.strip_prefix('#').and_then(|n| n.parse::<usize>().ok());
    number
        .and_then(|number| number.checked_sub(1))
        .filter(|index| *index < header.len())
        .ok_or_else(|| RosterErrorKind::NoSuchColumn {
            flag,
            wanted: wanted.to_owned(),
            found: header.to_vec(),
        })
}

fn id_by_itself(header: &[String]) -> Result<Option<usize>, RosterErrorKind> {
    let exact = matching(header, |column| column == EXACT_ID);
    if let [index] = exact[..] {
        return Ok(Some(index));
    }
    let known = matching(header, |column| {
        ID_NAMES.contains(&column.to_lowercase().as_str())
    });
    only(header, &known, ID_FLAG)
}

/// The columns of e-mail addresses, all of the best name that occurs.
fn email_names(header: &[String]) -> Vec<usize> {
    EMAIL_NAMES
        .iter()
        .map(|name| matching(header, |column| column.to_lowercase() == *name))
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

fn matching(header: &[String], is: impl Fn(&str) -> bool) -> Vec<usize> {
    let columns = header.iter().enumerate();
    columns
        .filter(|(_, column)| is(column))
        .map(|(index, _)| index)
        .collect()
}

/// The one index, none if there is none, an error if there are several.
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
