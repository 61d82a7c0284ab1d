//! What it costs to store events, measured: the chain must not make a long job slow.

use std::time::Duration;

use sqlx::{Connection, SqliteConnection};
use tokio::time::Instant;

use crate::domain::{Entry, Fact, IdRule, Line, RequestKind, Timestamp, Verdict};
use crate::ledger::RunKind;
use crate::ledger::record::{FactEvents, NewEvent};
use crate::ledger::sqlite::events::append_events;
use crate::ledger::testing::LedgerBed;

#[tokio::test]
#[ignore = "measures; run it with --release --nocapture"]
#[expect(clippy::print_stderr, reason = "the number is what it is run for")]
async fn a_hundred_thousand_events() {
    const BATCH: u64 = 64;
    let bed = LedgerBed::new(IdRule::Exact, RunKind::Run, Vec::new()).await;
    let (mut ledger, job) = (bed.ledger, bed.job.number);
    let entries: Vec<_> = (0..BATCH)
        .map(|line| Entry {
            line: Line(line),
            at: Timestamp::from_millis(1_764_072_000_123),
            fact: Fact::Ended {
                kind: RequestKind::Write,
                attempt: 1,
                verdict: Verdict::Applied,
                status: Some(200),
                request_id: Some("0193af0193af0193af0193af".to_owned()),
                detail: None,
                elapsed: Duration::from_millis(123),
            },
        })
        .collect();
    let FactEvents { events, .. } = NewEvent::of(&entries);
    let mut transaction = ledger
        .connection
        .begin_with("BEGIN IMMEDIATE")
        .await
        .unwrap();
    let begun = Instant::now();
    for _ in 0..100_000 / BATCH {
        append_events(&mut transaction, job, None, &events)
            .await
            .unwrap();
    }
    let chained = begun.elapsed() / 100_000;
    let begun = Instant::now();
    for _ in 0..100_000 / BATCH {
        append_bare(&mut transaction, job, &events).await;
    }
    let bare = begun.elapsed() / 100_000;
    eprintln!("{chained:?} an event in the chain, {bare:?} without one");
}

/// As it would be without a chain.
async fn append_bare(connection: &mut SqliteConnection, job: i64, events: &[NewEvent]) {
    let rows: Vec<_> = events
        .iter()
        .map(|event| (event.line, event.at.as_millis(), event.kind(), event.body()))
        .collect();
    sqlx::query(
        "INSERT INTO events (job, line, at_ms, kind, body)
         SELECT ?, value ->> 0, value ->> 1, value ->> 2, value ->> 3
         FROM json_each(?) ORDER BY key",
    )
    .bind(job)
    .bind(super::to_json(&rows))
    .execute(connection)
    .await
    .unwrap();
}
