//! Where events are written, in order, each linked to the one before (see [`crate::domain::link`]).

use serde::Serialize;
use serde_json::json;
use sqlx::{Row, SqliteConnection};

use crate::domain::{EventParts, JobId, NO_HASH, link};
use crate::ledger::LedgerError;
use crate::ledger::job::unsigned;
use crate::ledger::record::EventRow;

/// The kind of the event that begins the chain of a new job, and that of a job from before chains.
const HEADERS: [&str; 2] = ["job_loaded", "chain_begun"];

/// Where a chain ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Events in the chain.
    pub events: u64,
    /// The hash of the last one.
    pub hash: String,
}

/// Seq, line, time, kind, body, hash.
#[derive(Serialize)]
struct Row6<'a>(u64, Option<u64>, i64, &'a str, &'a str, String);

/// Stores events, in order, and returns the hash of each.
///
/// However many they are, it takes two statements: one finds the end of the chain, one stores.
pub(in crate::ledger) async fn append_events(
    connection: &mut SqliteConnection,
    job: i64,
    run: Option<i64>,
    events: &[EventRow],
) -> Result<Vec<String>, LedgerError> {
    let Some(first) = events.first() else {
        return Ok(Vec::new());
    };
    let mut end = End::find(connection, job, run).await?;
    let header = match &end.hash {
        None if !HEADERS.contains(&first.kind) => Some(chain_begun(connection, job, first).await?),
        _ => None,
    };
    let skipped = usize::from(header.is_some());
    let rows: Vec<_> = header
        .iter()
        .chain(events)
        .map(|event| end.link(event))
        .collect();
    sqlx::query(
        "INSERT INTO events (job, run, seq, line, at_ms, kind, body, hash)
         SELECT ?, ?, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
         FROM json_each(?) ORDER BY key",
    )
    .bind(job)
    .bind(run)
    .bind(super::to_json(&rows))
    .execute(connection)
    .await?;
    Ok(rows.into_iter().skip(skipped).map(|row| row.5).collect())
}

/// The end of a chain, on which events are hung.
struct End {
    seq: u64,
    hash: Option<String>,
    run: Option<String>,
}

impl End {
    async fn find(
        connection: &mut SqliteConnection,
        job: i64,
        run: Option<i64>,
    ) -> Result<Self, LedgerError> {
        let row = sqlx::query(
            "SELECT coalesce(seq, 0) AS seq, hash, (SELECT id FROM runs WHERE number = ?2) AS run
             FROM (SELECT 1) LEFT JOIN
                  (SELECT seq, hash FROM events WHERE job = ?1 ORDER BY number DESC LIMIT 1)",
        )
        .bind(job)
        .bind(run)
        .fetch_one(connection)
        .await?;
        Ok(Self {
            seq: unsigned(&row, "seq")?,
            hash: row.try_get("hash")?,
            run: row.try_get("run")?,
        })
    }

    fn link<'a>(&mut self, event: &'a EventRow) -> Row6<'a> {
        self.seq += 1;
        let parts = EventParts {
            seq: Some(self.seq),
            at: event.at,
            run: self.run.as_deref(),
            line: event.line,
            kind: event.kind,
            body: &event.body,
        };
        let hash = link(self.hash.as_deref().unwrap_or(NO_HASH), &parts.text());
        self.hash = Some(hash.clone());
        let at = event.at.as_millis();
        Row6(self.seq, event.line, at, event.kind, &event.body, hash)
    }
}

/// The first event of the chain of a job that was loaded before there were chains: it says which job
/// this is, and how many events are not in the chain.
async fn chain_begun(
    connection: &mut SqliteConnection,
    job: i64,
    first: &EventRow,
) -> Result<EventRow, LedgerError> {
    let row = sqlx::query(
        "SELECT id, target, change, roster_digest, lines, users, ids,
                (SELECT count(*) FROM events WHERE job = ?1) AS earlier
         FROM jobs WHERE number = ?1",
    )
    .bind(job)
    .fetch_one(connection)
    .await?;
    let text = |column| row.try_get::<String, _>(column);
    let body = json!({
        "job": JobId::from_stored(text("id")?).as_str(), "target": text("target")?,
        "change": text("change")?, "roster_digest": text("roster_digest")?,
        "lines": unsigned(&row, "lines")?, "users": unsigned(&row, "users")?,
        "ids": row.try_get::<Option<String>, _>("ids")?,
        "version": env!("CARGO_PKG_VERSION"), "events_before": unsigned(&row, "earlier")?,
    });
    Ok(EventRow {
        line: None,
        at: first.at,
        kind: HEADERS[1],
        body: body.to_string(),
    })
}
