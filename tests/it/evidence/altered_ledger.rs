//! Rows and events of a ledger that were changed by other means than this program.

use std::path::Path;

use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use super::generated_job::{Fate, Made};

/// Does to a ledger what its triggers forbid.
pub(super) async fn alter(ledger: &Path, sql: &str) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(ledger);
    let mut connection = options.connect().await.unwrap();
    let sql = format!(
        "DROP TRIGGER IF EXISTS events_are_never_changed;
         DROP TRIGGER IF EXISTS events_are_never_deleted; {sql}"
    );
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn p9_what_is_changed_in_a_ledger_is_found_and_named() {
    for (sql, expected) in [
        (
            "UPDATE users SET status = 'removed' WHERE status = 'failed'",
            "users, line 7, event 21, outcome: the cell does not follow from the events of this line: \
             expected `failed`, found `removed`",
        ),
        (
            "UPDATE users SET workspaces_before = '[\"w1\"]' WHERE line = 2",
            "workspaces_before",
        ),
        (
            "UPDATE users SET event_hash = NULL WHERE line = 3",
            "event_hash",
        ),
        ("DELETE FROM users WHERE line = 4", "the number of rows"),
        (
            "UPDATE events SET body = replace(body, 'forbidden', 'not_found') WHERE line = 7",
            "the hash does not follow",
        ),
        (
            "UPDATE events SET at_ms = at_ms + 1 WHERE seq = 5",
            "event 5: the hash",
        ),
        (
            "UPDATE events SET line = 3 WHERE seq = 5",
            "event 5: the hash",
        ),
        (
            "DELETE FROM events WHERE seq = 9",
            "events were dropped, added or moved",
        ),
        (
            "UPDATE events SET hash = NULL WHERE seq = 9",
            "without a hash inside of the chain",
        ),
        (
            "INSERT INTO events (job, seq, line, at_ms, kind, body, hash)
             SELECT job, seq + 1, 7, at_ms, 'settled', '{\"outcome\":\"removed\"}', hash
             FROM events ORDER BY number DESC LIMIT 1",
            "the hash does not follow",
        ),
        ("UPDATE runs SET ticket = 'CHG-1'", "runs.0.ticket"),
        (
            "UPDATE runs SET ended_at_ms = ended_at_ms + 1",
            "runs.0.ended_at",
        ),
        ("UPDATE jobs SET roster_digest = 'x'", "roster_digest"),
        ("UPDATE jobs SET lines = lines + 1", "lines"),
    ] {
        let made = Made::new(&Fate::ALL).await;
        let audit = made.audit(None).await;
        assert!(audit.holds, "{:#?}", audit.faults.first);
        alter(&made.ledger(), sql).await;
        let audit = made.audit(None).await;
        let faults: Vec<_> = audit.faults.first.iter().map(ToString::to_string).collect();
        let found = faults.iter().any(|fault| fault.contains(expected));
        assert!(!audit.holds && found, "{sql}: {faults:#?}");
    }
}

#[tokio::test]
async fn p9_a_chain_cut_at_its_end_is_found_by_the_head_that_was_kept() {
    let made = Made::new(&[Fate::Removed, Fate::Pending]).await;
    let head = made.audit(None).await.head.unwrap();
    let kept = made.audit(Some(&head.to_uppercase())).await;
    assert!(kept.holds, "{kept:?}");
    // The end of the second run, which nothing else depends on but the run's own row.
    alter(
        &made.ledger(),
        "DELETE FROM events WHERE seq = (SELECT max(seq) FROM events);
         UPDATE runs SET ended_at_ms = NULL, ending = NULL, requests = NULL, throttled = NULL
         WHERE number = 2",
    )
    .await;
    let unseen = made.audit(None).await;
    assert!(unseen.holds, "{unseen:?}");
    assert!(
        unseen.notes.iter().any(|note| note.contains("--head")),
        "{unseen:?}"
    );
    let seen = made.audit(Some(&head)).await;
    assert!(!seen.holds, "{seen:?}");
    assert!(
        seen.faults.first[0].to_string().contains("kept elsewhere"),
        "{seen:?}"
    );
}
