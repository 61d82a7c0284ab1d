//! Ledgers from before there were chains: they stay legal, and say where their chain begins.

use offboard::domain::Clock;
use offboard::ledger::{Ledger, RunEnding};
use offboard::report::Privacy;

use crate::evidence::altered_ledger::alter;
use crate::evidence::generated_job::{Fate, Made, assert_holds};

#[tokio::test]
async fn p9_a_chain_begins_at_the_first_event_that_has_a_hash_and_says_so() {
    let made = Made::new(&[Fate::Removed, Fate::Failed, Fate::Pending, Fate::Duplicate]).await;
    // As an older version has left it.
    alter(
        &made.ledger(),
        "UPDATE events SET hash = NULL, seq = NULL; UPDATE users SET event_hash = NULL;
         DELETE FROM events WHERE kind = 'set_aside'",
    )
    .await;
    let audit = made.audit(None).await;
    assert!(audit.holds, "{:#?}", audit.faults.first);
    assert_eq!(audit.events, 0);

    let mut ledger = Ledger::open(&made.ledger(), Clock::System).await.unwrap();
    let (_, job) = made.reader().await;
    let again = Made {
        dir: tempfile::tempdir().unwrap(),
        fates: vec![Fate::Pending, Fate::Pending, Fate::Removed, Fate::Pending],
    };
    again
        .work(&mut ledger, &job, 0..4, RunEnding::Finished)
        .await;
    ledger.close().await.unwrap();

    let (dir, _) = made.bundle("evidence", Privacy::Open).await;
    let audit = assert_holds(&dir);
    assert!(audit.unchained > 0 && audit.events > 4, "{audit:?}");
    assert!(
        audit.notes[0].contains("before there were chains"),
        "{audit:?}"
    );
    let text = std::fs::read_to_string(dir.join("events.jsonl")).unwrap();
    let first = text
        .lines()
        .find(|line| line.contains("\"seq\":1,"))
        .unwrap();
    assert!(first.contains("\"kind\":\"chain_begun\""), "{first}");
    let audit = made.audit(None).await;
    assert!(audit.holds, "{:#?}", audit.faults.first);

    // One that is dropped from the past is missed.
    let fewer = text.split_once('\n').unwrap().1;
    std::fs::write(dir.join("events.jsonl"), fewer).unwrap();
    let audit = offboard::audit::audit_bundle(&dir, None).unwrap();
    let faults = format!("{:?}", audit.faults.first);
    assert!(
        faults.contains("the number of events before the chain"),
        "{faults}"
    );
}
