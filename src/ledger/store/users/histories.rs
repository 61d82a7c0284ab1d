//! The lines of a job that name one user.

use sqlx::FromRow;

use crate::domain::{Line, name_key};
use crate::ledger::sql::{Count, Json, query, query_scalar};
use crate::ledger::store::{Pages, Placed};
use crate::ledger::{Job, LedgerError, Reader, UserRow};

/// The names of one line.
#[derive(FromRow)]
struct LineNames {
    line: Line,
    user_name: Option<String>,
    #[sqlx(try_from = "Json<Vec<String>>")]
    cells: Vec<String>,
}

impl Placed for LineNames {
    type Place = Line;

    fn place(&self) -> Line {
        self.line
    }
}

const LINES_WITH_ID: &str = "SELECT line FROM users WHERE job = ? AND user_key = ? ORDER BY line";

const NAMES: &str = "
    SELECT line, user_name, cells FROM users WHERE job = ? AND line > ? ORDER BY line LIMIT ?";

impl Reader {
    /// The lines of a job that name a user: by id, as the provider compares ids; else by any name or cell,
    /// as names compare.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn lines_of(&mut self, job: &Job, user: &str) -> Result<Vec<UserRow>, LedgerError> {
        let user = user.trim();
        let by_id: Vec<Count> = query_scalar(LINES_WITH_ID)
            .bind(job.number)
            .bind(job.ids.key(user))
            .fetch_all(&mut self.connection)
            .await?;
        let lines = if by_id.is_empty() {
            self.lines_named(job, user).await?
        } else {
            by_id.into_iter().map(u64::from).collect()
        };
        self.lines_at(job, &lines).await
    }

    /// SQLite compares ASCII only, so that names are compared here.
    async fn lines_named(&mut self, job: &Job, user: &str) -> Result<Vec<u64>, LedgerError> {
        let key = name_key(user);
        let mut found = Vec::new();
        let mut pages = Pages::of_lines();
        loop {
            let read = async |after, limit| {
                query(NAMES)
                    .bind(job.number)
                    .bind(after)
                    .bind(Count::limit(limit))
                    .fetch_all(&mut self.connection)
                    .await
            };
            let Some(lines): Option<Vec<LineNames>> = pages.next(read).await? else {
                return Ok(found);
            };
            let same = |row: &&LineNames| {
                let mut names = row.user_name.iter().chain(&row.cells);
                names.any(|text| name_key(text) == key)
            };
            found.extend(lines.iter().filter(same).map(|row| row.line.0));
        }
    }
}
