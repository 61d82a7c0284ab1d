//! What a verification found, and what it did not read, is in the headline of the reports and in the status.

use rustix::process::Signal;

use crate::support::{BOTH, Desk, OPEN};
use crate::test_provider::{Act, Gate, crowd};

#[tokio::test]
async fn p2_a_drift_changes_the_headline() {
    let desk = Desk::plain(crowd(4)).await;
    desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
    let before = desk.headline().await;
    desk.books().change("U2", |user| user.active = true);
    let ran = desk.run("verify").await;
    assert_eq!(ran.code, Some(12), "{ran:?}");
    let after = desk.headline().await;
    assert_ne!(after, before);
    assert!(!after.starts_with("All of 4 users"), "{after}");
    let page = desk.run("report --format html").await.stdout;
    assert!(page.contains("u2@x.com"), "{page}");
}

#[tokio::test]
async fn p2_each_verification_reads_anew() {
    let desk = Desk::plain(crowd(3)).await;
    desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
    assert_eq!(desk.run("verify").await.code, Some(0));
    desk.books().change("U1", |user| user.active = true);
    assert_eq!(desk.run("verify").await.code, Some(12));
    desk.books().change("U1", |user| user.active = false);
    assert_eq!(desk.run("verify").await.code, Some(0));
    let drifted = desk.headline().await;
    desk.books()
        .change("U3", |user| user.access.push("w1".to_owned()));
    assert_eq!(desk.run("verify").await.code, Some(12));
    assert_ne!(desk.headline().await, drifted);
}

#[tokio::test]
async fn p2_a_verification_of_an_unfinished_job_is_no_success() {
    let mut desk = Desk::plain(crowd(6)).await;
    // What a signal does is said as it happens.
    desk.set("OFFBOARD_PROGRESS", "lines");
    let gate = Gate::closed();
    let inside = gate.clone();
    desk.provider.on_call(move |call| {
        if call.is_write() && call.is_for("U2") {
            Act::Pass.after(&inside)
        } else {
            Act::Pass
        }
    });
    let mut running = desk.start(&format!(
        "run r.csv {BOTH} --confirm 6 --concurrency 1 {OPEN}"
    ));
    let books = desk.books();
    let second = || books.count(|call| call.is_write() && call.is_for("U2")) > 0;
    assert!(running.reaches(second).await);
    running.signal(Signal::TERM);
    running.says("SIGTERM").await;
    gate.open();
    let ran = running.end().await;
    assert_eq!(ran.code, Some(143), "{ran:?}");
    desk.provider.calm();
    let outcomes = desk.outcomes().await;
    let open = outcomes
        .values()
        .filter(|outcome| ["pending", "in_doubt"].contains(&outcome.as_str()));
    let open = open.count();
    assert!(open >= 3, "{outcomes:?}");
    let ran = desk.run("verify").await;
    assert_ne!(ran.code, Some(0), "{ran:?}");
    let said = format!("{}\n{}", ran.stdout, ran.stderr);
    let mut words = said.split(|c: char| !c.is_ascii_alphanumeric());
    assert!(words.any(|word| word == open.to_string()), "{open}: {said}");
}

#[tokio::test]
async fn p2_a_verification_that_could_not_read_all_users_is_no_success() {
    let desk = Desk::plain(crowd(3)).await;
    desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
    desk.provider.on_call(|call| {
        if call.is_for("U2") || call.user.is_none() {
            Act::refuse(503, "maintenance")
        } else {
            Act::Pass
        }
    });
    let ran = desk.run("verify --max-outage 1s").await;
    assert!(![Some(0), Some(3)].contains(&ran.code), "{ran:?}");
}
