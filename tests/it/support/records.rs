//! What a run leaves behind, as a stranger would read it: the ledger, the report, the provider's log.

use std::collections::{BTreeMap, HashMap};

use offboard::domain::{LedgerAddress, Line, Status};
use offboard::ledger::{JobSelector, LedgerError, Reader, UserRow};
use offboard::sandbox::{LoggedRequest, Route, UserBook, Verb};
use serde_json::Value;
use sqlx::Connection;

use super::{Bed, finish};
use crate::fleet::in_postgres::psql;

/// One row of the report: each column's cell by the column's name.
pub(crate) type ReportRow = HashMap<String, String>;

impl Bed {
    /// All lines of the latest job as the ledger has them now, also while a run writes; none
    /// before there is a job.
    pub(crate) async fn rows(&self) -> Vec<UserRow> {
        match self.read_rows().await {
            Ok(rows) => rows,
            // Killed before the file, its tables or the job were there.
            Err(LedgerError::Missing(_) | LedgerError::NoLedger(_) | LedgerError::NoSuchJob(_)) => {
                Vec::new()
            }
            Err(error) => panic!("{error}"),
        }
    }

    async fn read_rows(&self) -> Result<Vec<UserRow>, LedgerError> {
        let mut reader = Reader::open(self.address()).await?;
        let job = reader.select_job(&JobSelector::Latest).await?;
        reader.lines(&job, Line(0), usize::MAX).await
    }

    /// The bytes of the ledger, with all that was committed. A stopped process may leave committed pages in the
    /// write-ahead log, and the next process that closes the file moves them into it; here they are moved first.
    pub(crate) async fn committed_bytes(&self) -> Option<Vec<u8>> {
        let url = format!("sqlite://{}", self.ledger().display());
        let mut file = sqlx::SqliteConnection::connect(&url).await.unwrap();
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(&mut file)
            .await
            .unwrap();
        file.close().await.unwrap();
        self.ledger_bytes()
    }

    /// The ledger's row of one of the provider's people.
    pub(crate) async fn row(&self, person: usize) -> UserRow {
        let id = &self.people[person].id;
        let mut rows = self.rows().await;
        rows.retain(|row| row.user_id.as_ref() == Some(id));
        rows.swap_remove(0)
    }

    /// Writes the report and reads it back: its rows, and the summary.
    pub(crate) async fn report(&self, dir: &str) -> (Vec<ReportRow>, Value) {
        let ran = finish(self.offboard(&["report", "-o", dir])).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let dir = self.path(dir);
        let mut table = csv::Reader::from_path(dir.join("report.csv")).unwrap();
        let rows = table.deserialize().collect::<Result<_, _>>().unwrap();
        let summary = std::fs::read_to_string(dir.join("summary.json")).unwrap();
        (rows, serde_json::from_str(&summary).unwrap())
    }

    /// Numbers of people who have a workspace to lose.
    pub(crate) fn members(&self) -> Vec<usize> {
        let has = |number: &usize| !self.people[*number].workspaces.is_empty();
        (0..self.people.len()).filter(has).collect()
    }

    pub(crate) async fn reader(&self) -> Reader {
        Reader::open(self.address()).await.unwrap()
    }

    /// Whether the ledger keeps a wait that the provider has asked for.
    pub(crate) async fn has_kept_a_wait(&self) -> bool {
        let held = "FROM paces WHERE held_for_ms > 0";
        if let LedgerAddress::Database(address) = self.address() {
            let sql = format!(
                "SELECT count(*) FROM offboard.{}",
                held.trim_start_matches("FROM ")
            );
            return psql(&address.to_string(), &sql).is_ok_and(|found| found != "0");
        }
        let url = format!("sqlite://{}", self.ledger().display());
        let Ok(mut file) = sqlx::SqliteConnection::connect(&url).await else {
            return false;
        };
        let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) {held}"));
        let found: Result<i64, _> = sqlx::query_scalar(sql).fetch_one(&mut file).await;
        found.is_ok_and(|found| found > 0)
    }

    /// What the provider knows of one of its people.
    pub(crate) fn book(&self, person: usize) -> UserBook {
        self.books.user(&self.people[person].id).unwrap()
    }
}

/// The number of lines by status.
pub(crate) fn tally(rows: &[UserRow]) -> BTreeMap<Status, usize> {
    let mut tally = BTreeMap::new();
    for row in rows {
        *tally.entry(row.status).or_default() += 1;
    }
    tally
}

/// Each user's first request in a part of the provider's log.
pub(crate) fn first_requests(log: &[LoggedRequest]) -> HashMap<String, Verb> {
    let mut first = HashMap::new();
    for request in log {
        if let Route::User(Some(id)) = request.route {
            first.entry(format!("{id:032x}")).or_insert(request.verb);
        }
    }
    first
}
