//! Turns users into rows of CSV: each user once, and no cell that a spreadsheet would run as a formula.

use std::collections::HashSet;
use std::io;

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use crate::domain::UserState;
use crate::export::Column;
use crate::report::Rows;

/// What is exported. Two exports with the same order write the same table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ExportOrder {
    /// The SCIM base URL from which the users are read.
    pub target: String,
    /// The filter, in the provider's own language.
    pub filter: Option<String>,
    /// The columns, in their order.
    pub columns: Vec<Column>,
}

/// How many users an export has written so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ExportProgress {
    /// Users with a row.
    pub users: u64,
    /// Users that the list showed again. They have no second row.
    pub duplicates: u64,
}

/// The first half of the SHA-256 of an id: enough that no two users of a tenant have the same.
type IdDigest = [u8; 16];

/// Makes the rows, and remembers which users have one.
#[derive(Debug)]
pub(crate) struct UserTable {
    columns: Vec<Column>,
    seen: HashSet<IdDigest>,
    progress: ExportProgress,
}

impl UserTable {
    /// An empty table.
    pub(crate) fn new(columns: &[Column]) -> Self {
        Self {
            columns: columns.to_vec(),
            seen: HashSet::new(),
            progress: ExportProgress::default(),
        }
    }

    /// How many users it has written so far.
    pub(crate) fn progress(&self) -> ExportProgress {
        self.progress
    }

    /// Continues a table that has this progress, and rows for the users with these ids.
    pub(crate) fn resume(&mut self, progress: ExportProgress, ids: impl Iterator<Item = String>) {
        self.progress = progress;
        self.seen.extend(ids.map(|id| id_digest(&id)));
    }

    /// The header, as a line of CSV.
    ///
    /// # Errors
    /// Writing to memory does not fail.
    pub(crate) fn header(&self) -> io::Result<Vec<u8>> {
        let mut rows = Rows::new(Vec::new());
        rows.write(self.columns.iter().map(|column| column.header()))?;
        rows.finish()
    }

    /// Rows for the users that have none yet, as lines of CSV.
    ///
    /// # Errors
    /// As [`UserTable::header`].
    pub(crate) fn rows(&mut self, users: &[UserState]) -> io::Result<Vec<u8>> {
        let mut rows = Rows::new(Vec::new());
        for user in users {
            if !self.seen.insert(id_digest(&user.id)) {
                self.progress.duplicates += 1;
                continue;
            }
            self.progress.users += 1;
            rows.write(self.columns.iter().map(|column| column.cell(user)))?;
        }
        rows.finish()
    }
}

/// The digest of an id. A list that shows a user twice spells the id the same way both times.
fn id_digest(id: &str) -> IdDigest {
    let whole = digest(&SHA256, id.as_bytes());
    let mut half = IdDigest::default();
    half.copy_from_slice(&whole.as_ref()[..16]);
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> UserState {
        UserState {
            user_name: Some("ada@example.com".into()),
            display_name: Some("=cmd, \"x\"".into()),
            active: Some(true),
            workspaces: Some(vec!["w1".into(), "w2".into()]),
            ..UserState::of("A1")
        }
    }

    #[test]
    fn users_become_rows_once_and_formulas_become_text() {
        let mut table = UserTable::new(&Column::ALL);
        let header = String::from_utf8(table.header().unwrap()).unwrap();
        assert_eq!(
            header,
            "\"User ID\",\"user_name\",\"display_name\",\"active\",\"workspaces\"\n"
        );
        // The case of an id counts: this one is a different user.
        let other = UserState::of("a1");
        let again = UserState::of("A1");
        let rows = table.rows(&[ada(), again, other]).unwrap();
        assert_eq!(
            String::from_utf8(rows).unwrap(),
            "\"A1\",\"ada@example.com\",\"'=cmd, \"\"x\"\"\",\"true\",\"w1 w2\"\n\
             \"a1\",\"\",\"\",\"\",\"\"\n"
        );
        let expected = ExportProgress {
            users: 2,
            duplicates: 1,
        };
        assert_eq!(table.progress(), expected);
    }

    #[test]
    fn a_continued_table_does_not_repeat_its_users() {
        let mut table = UserTable::new(&[Column::UserId]);
        table.resume(
            ExportProgress {
                users: 1,
                duplicates: 0,
            },
            ["A1".to_owned()].into_iter(),
        );
        assert_eq!(table.rows(&[ada()]).unwrap(), b"");
        assert_eq!(table.progress().duplicates, 1);
    }

    #[test]
    fn columns_are_known_by_their_names() {
        for column in Column::ALL {
            assert_eq!(column.to_string().parse(), Ok(column));
        }
        assert!("password".parse::<Column>().is_err());
    }
}
