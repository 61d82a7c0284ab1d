//! Stored events: of a job page by page, and of one line.

use serde_json::Value;
use sqlx::FromRow;

use crate::domain::{EventParts, Line, Timestamp};
use crate::ledger::record::EventBody;
use crate::ledger::sql::{
    Count, Json, Nullable, Sql, SqlConnection, query, query_scalar, rows_as_json, twin,
};
use crate::ledger::{Job, Ledger, LedgerError, Reader};

/// One stored event.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct StoredEvent {
    /// Its place in the ledger: events of a job have growing ones.
    pub number: i64,
    /// Its place in the chain; `None` for what was stored before there were chains.
    #[sqlx(try_from = "Nullable<Count>")]
    pub seq: Option<u64>,
    /// Its hash; `None` for what was stored before there were chains.
    pub hash: Option<String>,
    /// When it happened.
    #[sqlx(rename = "at_ms")]
    pub at: Timestamp,
    /// The id of the run.
    #[sqlx(rename = "run_id")]
    pub run: Option<String>,
    /// The roster line.
    #[sqlx(try_from = "Nullable<Count>")]
    pub line: Option<u64>,
    /// The word of its kind, also of one that this version does not know.
    pub kind: String,
    /// What it says, as it is stored: a JSON object.
    pub body: String,
}

impl StoredEvent {
    /// The text that is hashed.
    pub fn text(&self) -> String {
        self.text_with(&self.body)
    }

    /// The text with another body in the place of the stored one.
    pub fn text_with(&self, body: &str) -> String {
        EventParts {
            seq: self.seq,
            at: self.at,
            run: self.run.as_deref(),
            line: self.line,
            kind: &self.kind,
            body,
        }
        .text()
    }

    /// What it says, as JSON; `null` if the stored text is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// What it says.
    ///
    /// # Errors
    /// The kind is known, and the stored object is none of it.
    pub fn read(&self) -> Result<EventBody<'static>, serde_json::Error> {
        EventBody::read(&self.kind, serde_json::from_str(&self.body)?)
    }

    /// What happened to the user, in one sentence. What this version cannot read is shown as it is stored.
    pub fn sentence(&self) -> String {
        let sentence = self.read().ok().and_then(|body| body.sentence());
        sentence.unwrap_or_else(|| format!("{} {}", self.kind, self.json()))
    }
}

/// The columns of an event in a page.
type EventColumns = (
    i64,
    Option<i64>,
    Option<String>,
    i64,
    Option<String>,
    Option<i64>,
    String,
    String,
);

impl TryFrom<EventColumns> for StoredEvent {
    type Error = LedgerError;

    fn try_from(columns: EventColumns) -> Result<Self, LedgerError> {
        let (number, seq, hash, at, run, line, kind, body) = columns;
        let count = |what, stored: Option<i64>| {
            let count = stored.map(|stored| {
                u64::try_from(stored).map_err(|_| LedgerError::value(what, stored.to_string()))
            });
            count.transpose()
        };
        Ok(Self {
            number,
            seq: count("seq", seq)?,
            hash,
            at: Timestamp::from_millis(at),
            run,
            line: count("line", line)?,
            kind,
            body,
        })
    }
}

/// Selects whole events.
macro_rules! select_events {
    ($rest:literal) => {
        concat!(
            "SELECT events.number, seq, hash, at_ms, runs.id AS run_id, line, events.kind, body
             FROM events LEFT JOIN runs ON runs.number = events.run ",
            $rest
        )
    };
}

/// A page of events as one row: a JSON array of the columns for each event. A row for each event would be
/// copied value by value between two threads, which costs several times as much as reading it.
macro_rules! events {
    ($database:ident) => {
        concat!(
            "SELECT ",
            rows_as_json!(
                $database,
                "number, seq, hash, at_ms, run_id, line, kind, body"
            ),
            " FROM (",
            select_events!(
                "WHERE events.job = ? AND events.number > ? ORDER BY events.number LIMIT ?"
            ),
            ") AS page"
        )
    };
}

const EVENTS: Sql = twin!(events);

const EVENTS_OF_LINE: &str =
    select_events!("WHERE events.job = ? AND line = ? ORDER BY events.number");

const HEAD: &str = "
    SELECT seq, hash FROM (
        SELECT seq, hash FROM events WHERE job = ? ORDER BY number DESC LIMIT 1) AS last
    WHERE hash IS NOT NULL";

/// The end of a chain.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Head {
    /// Events in the chain.
    #[sqlx(rename = "seq", try_from = "Count")]
    pub events: u64,
    /// The hash of the last one.
    pub hash: String,
}

impl Ledger {
    /// The end of the chain of a job; `None` if the chain has not begun.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn head(&mut self, job: &Job) -> Result<Option<Head>, LedgerError> {
        head(&mut self.connection, job).await
    }
}

impl Reader {
    /// The end of the chain of a job; `None` if the chain has not begun.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn head(&mut self, job: &Job) -> Result<Option<Head>, LedgerError> {
        head(&mut self.connection, job).await
    }

    /// The next `limit` events of a job after the one with this number (0 for the first).
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn events(
        &mut self,
        job: &Job,
        after: i64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, LedgerError> {
        let Json(mut page): Json<Vec<EventColumns>> = query_scalar(EVENTS)
            .bind(job.number)
            .bind(after)
            .bind(Count::limit(limit))
            .fetch_one(&mut self.connection)
            .await?;
        // No order is promised of what is gathered.
        page.sort_by_key(|columns| columns.0);
        page.into_iter().map(StoredEvent::try_from).collect()
    }

    /// Everything that happened to the user of one line, in order.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn events_of(
        &mut self,
        job: &Job,
        line: Line,
    ) -> Result<Vec<StoredEvent>, LedgerError> {
        let events = query(EVENTS_OF_LINE)
            .bind(job.number)
            .bind(line)
            .fetch_all(&mut self.connection)
            .await?;
        Ok(events)
    }
}

async fn head(connection: &mut SqlConnection, job: &Job) -> Result<Option<Head>, LedgerError> {
    let head = query(HEAD)
        .bind(job.number)
        .fetch_optional(connection)
        .await?;
    Ok(head)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_event_reads_as_a_sentence() {
        for (kind, body, expected) in [
            (
                "looked_up",
                json!({"id": "u", "active": true, "workspaces": ["a", "b"]}),
                "was seen: active, workspaces a b",
            ),
            (
                "look_forgotten",
                json!({}),
                "what was seen is too old: is looked up again",
            ),
            (
                "begun",
                json!({"attempt": 2, "request": "PATCH /Users/u {}"}),
                "attempt 2: PATCH /Users/u {}",
            ),
            (
                "ended",
                json!({"attempt": 2, "kind": "write", "verdict": "refused", "reason": "forbidden",
                       "status": 403, "request_id": "r1", "detail": "no", "elapsed_ms": 12}),
                "write answered after 12 ms: HTTP 403, refused (forbidden), request r1: no",
            ),
            (
                "ended",
                json!({"kind": "read", "verdict": "transient", "elapsed_ms": 5000}),
                "read answered after 5000 ms: no answer, transient",
            ),
            (
                "settled",
                json!({"outcome": "in_doubt", "reason": "no_answer"}),
                "in doubt (no_answer); is not said whether active, workspaces not said",
            ),
            (
                "settled",
                json!({"outcome": "removed", "confirmed_by": "body", "active": false,
                       "workspaces": []}),
                "removed, confirmed by body; is disabled, no workspaces",
            ),
            (
                "settled",
                json!({"outcome": "removed", "confirmed_by": "body", "active": false,
                       "answer": {"kind": "write", "verdict": "applied", "status": 200,
                                  "elapsed_ms": 12}}),
                "write answered after 12 ms: HTTP 200, applied; removed, confirmed by body; \
                 is disabled, workspaces not said",
            ),
            (
                "released",
                json!({"attempts": 1, "in_doubt": true, "why": "the run died"}),
                "goes back, in doubt: the run died",
            ),
            (
                "verified",
                json!({"finding": "drifted", "active": true, "detail": "is active"}),
                "verified: drifted; is active, workspaces not said: is active",
            ),
            (
                "set_aside",
                json!({"outcome": "invalid", "reason": "empty", "detail": "empty id"}),
                "set aside: invalid (empty): empty id",
            ),
            // Neither a kind of a later version nor a body that cannot be read is lost.
            ("new_kind", json!({"a": 1}), r#"new_kind {"a":1}"#),
            ("begun", json!({"a": 1}), r#"begun {"a":1}"#),
        ] {
            let event = StoredEvent {
                number: 1,
                seq: Some(1),
                hash: None,
                at: Timestamp::from_millis(0),
                run: None,
                line: Some(2),
                kind: kind.to_owned(),
                body: body.to_string(),
            };
            assert_eq!(event.sentence(), expected);
        }
    }
}
