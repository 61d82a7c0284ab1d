//! Lines that are never sent: each is an event, so that the chain accounts for every line.

use serde::Serialize;
use serde_json::json;
use sqlx::{Row, SqliteConnection};

use crate::domain::Timestamp;
use crate::ledger::LedgerError;
use crate::ledger::job::unsigned;
use crate::ledger::record::{EventRow, append_events, to_json};

/// Lines that go to SQLite as one statement.
const CHUNK: i64 = 512;

/// Stores an event for each line that is invalid or a duplicate and has none yet, in the order of the
/// lines.
pub(in crate::ledger) async fn set_aside(
    connection: &mut SqliteConnection,
    job: i64,
    run: Option<i64>,
    at: Timestamp,
) -> Result<(), LedgerError> {
    #[derive(Serialize)]
    struct Hashed<'a>(u64, &'a str);
    let mut after = 0;
    loop {
        let rows = sqlx::query(
            "SELECT line, status, reason, detail FROM users
             WHERE job = ? AND line > ? AND status IN ('invalid', 'duplicate')
                   AND event_hash IS NULL
             ORDER BY line LIMIT ?",
        )
        .bind(job)
        .bind(after)
        .bind(CHUNK)
        .fetch_all(&mut *connection)
        .await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = last.try_get("line")?;
        let mut events = Vec::with_capacity(rows.len());
        let mut lines = Vec::with_capacity(rows.len());
        for row in &rows {
            let text = |column| row.try_get::<Option<String>, _>(column);
            let body = json!({
                "outcome": text("status")?, "reason": text("reason")?, "detail": text("detail")?,
            });
            let line = unsigned(row, "line")?;
            lines.push(line);
            events.push(EventRow {
                line: Some(line),
                at,
                kind: "set_aside",
                body: body.to_string(),
            });
        }
        let hashes = append_events(connection, job, run, &events).await?;
        let rows: Vec<_> = lines
            .iter()
            .zip(&hashes)
            .map(|(line, hash)| Hashed(*line, hash))
            .collect();
        sqlx::query(
            "UPDATE users SET event_hash = value ->> 1
             FROM json_each(?2) WHERE job = ?1 AND line = value ->> 0",
        )
        .bind(job)
        .bind(to_json(&rows))
        .execute(&mut *connection)
        .await?;
    }
}
