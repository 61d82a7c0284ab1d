//! Lines that are never sent: each is an event, so that the chain accounts for every line.

use std::borrow::Cow;

use sqlx::FromRow;

use crate::domain::{Line, Status, Timestamp};
use crate::ledger::LedgerError;
use crate::ledger::record::{EventBody, NewEvent};
use crate::ledger::sql::{BoundValues, Count, RowsSql, SqlConnection, query};
use crate::ledger::store::events::append_events;
use crate::ledger::store::of_line;
use crate::ledger::store::{Pages, Placed};

/// Lines that go to SQLite as one statement.
const CHUNK: usize = 512;

/// A line that is invalid or a duplicate, and has no event yet.
#[derive(FromRow)]
struct UnusedLine {
    line: Line,
    status: Status,
    reason: Option<String>,
    detail: Option<String>,
}

impl Placed for UnusedLine {
    type Place = Line;

    fn place(&self) -> Line {
        self.line
    }
}

const UNUSED_LINES: &str = "
    SELECT line, status, reason, detail FROM users
    WHERE job = ? AND line > ? AND status IN ('invalid', 'duplicate') AND event_hash IS NULL
    ORDER BY line LIMIT ?";

/// Line, hash of its event.
const STORE_HASHES: RowsSql = RowsSql {
    before: "UPDATE users SET event_hash = column2 FROM",
    columns: 2,
    after: of_line!(),
};

/// Stores an event for each line that is invalid or a duplicate and has none yet, in the order of the
/// lines.
pub(in crate::ledger::store) async fn set_aside(
    connection: &mut SqlConnection,
    job: i64,
    run: Option<i64>,
    at: Timestamp,
) -> Result<(), LedgerError> {
    let mut pages = Pages::of_lines().with_rows(CHUNK);
    loop {
        let page = pages
            .next(async |after, limit| {
                query(UNUSED_LINES)
                    .bind(job)
                    .bind(after)
                    .bind(Count::limit(limit))
                    .fetch_all(&mut *connection)
                    .await
            })
            .await?;
        let Some(page): Option<Vec<UnusedLine>> = page else {
            return Ok(());
        };
        let events: Vec<_> = page
            .iter()
            .map(|row| {
                let body = EventBody::SetAside {
                    detail: row.detail.as_deref().map(Cow::Borrowed),
                    outcome: row.status,
                    reason: row.reason.as_deref().map(Cow::Borrowed),
                };
                NewEvent::new(Some(row.line), at, &body)
            })
            .collect();
        let hashes = append_events(connection, job, run, &events).await?;
        let rows: Vec<_> = page.iter().zip(&hashes).collect();
        let bind = |values: &mut BoundValues, (row, hash): &(&UnusedLine, &String)| {
            values.push(row.line);
            values.text(hash);
        };
        STORE_HASHES
            .execute(connection, &[], &rows, bind, &[Some(job)])
            .await?;
    }
}
