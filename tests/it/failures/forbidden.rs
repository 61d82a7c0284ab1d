//! A 403 fails the one user unless other users are refused too, and a stop does not wait until that is
//! known.

use std::sync::{Arc, OnceLock};

use rustix::process::Signal;

use crate::support::{BOTH, Desk, OPEN};
use crate::test_provider::{Act, Call, Gate, crowd};

/// U2 may be neither read nor written.
fn forbidding(desk: &Desk) {
    desk.provider.on_call(|call| {
        if call.is_for("U2") {
            Act::refuse(403, "may not")
        } else {
            Act::Pass
        }
    });
}

async fn others_are_done(desk: &Desk) {
    assert!(desk.are_gone(&["U1", "U3", "U4"]));
    assert_eq!(desk.row("U2").await["outcome"], "failed");
}

#[tokio::test]
async fn a_user_that_may_not_be_read_for_the_sample_fails_alone() {
    let desk = Desk::plain(crowd(4)).await;
    let ran = desk.run(&format!("plan r.csv {BOTH}")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    // The first user of the process: no other one was served before.
    let first = Arc::new(OnceLock::new());
    let known = Arc::clone(&first);
    desk.provider.on_call(move |call| match &call.user {
        Some(user) if known.get_or_init(|| user.clone()) == user => Act::refuse(403, "may not"),
        _ => Act::Pass,
    });
    let ran = desk
        .run(&format!("run r.csv {BOTH} --confirm 4 {OPEN}"))
        .await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    let first = first.get().expect("a user who was asked for");
    assert_eq!(desk.row(first).await["outcome"], "failed");
    assert_eq!(desk.books().active().len(), 1);
}

#[tokio::test]
async fn a_user_that_is_the_first_to_be_forbidden_fails_alone() {
    for lookup in ["", "--no-lookup"] {
        let desk = Desk::plain(crowd(4))
            .await
            .roster("User ID\nU2\nU1\nU3\nU4\n");
        forbidding(&desk);
        let ran = desk
            .agree(&format!("run r.csv {BOTH} {lookup} --concurrency 1 {OPEN}"))
            .await;
        assert_eq!(ran.code, Some(10), "{lookup}: {ran:?}");
        others_are_done(&desk).await;
    }
}

#[tokio::test]
async fn a_retry_of_a_forbidden_user_leaves_the_line_failed() {
    let desk = Desk::plain(crowd(4)).await;
    forbidding(&desk);
    let ran = desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    for _ in 0..2 {
        let ran = desk.agree(&format!("retry {OPEN}")).await;
        assert_eq!(ran.code, Some(10), "{ran:?}");
        others_are_done(&desk).await;
    }
}

#[tokio::test]
async fn a_lost_role_ends_the_run_and_fails_no_user() {
    let desk = Desk::plain(crowd(6)).await;
    let books = desk.books();
    desk.provider.on_call(move |call| {
        if books.written().len() > 2 && call.user.is_some() {
            Act::refuse(403, "you have no role")
        } else {
            Act::Pass
        }
    });
    let command = format!("run r.csv {BOTH} --confirm 6 --concurrency 1 {OPEN}");
    let ran = desk.run(&command).await;
    assert_eq!(ran.code, Some(5), "{ran:?}");
    for outcome in desk.outcomes().await.values() {
        assert_ne!(outcome, "failed");
    }
    desk.provider.calm();
    let ran = desk.run(&command).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(desk.books().active().is_empty());
}

#[tokio::test]
async fn a_second_interrupt_does_not_wait_for_the_question_of_a_role() {
    let mut desk = Desk::plain(crowd(6)).await;
    // What a signal does is said as it happens.
    desk.set("OFFBOARD_PROGRESS", "lines");
    let gate = Gate::closed();
    let inside = gate.clone();
    let books = desk.books();
    desk.provider.on_call(move |call| {
        let refused = books.count(|call| call.is_write() && call.is_for("U3")) > 0;
        if call.is_for("U3") && refused {
            Act::refuse(403, "may not")
        } else if call.is_read() && refused {
            // While the gate is closed, no answer shows whether the 403 is about the user or the account.
            Act::Pass.after(&inside)
        } else {
            Act::Pass
        }
    });
    let mut running = desk.start(&format!(
        "run r.csv {BOTH} --confirm 6 --concurrency 1 --timeout 10m --grace 10m {OPEN}"
    ));
    let books = desk.books();
    let asked = || {
        let calls = books.calls();
        let refused = calls
            .iter()
            .position(|call| call.is_write() && call.is_for("U3"));
        let is_question = |call: &Call| call.is_read() && !call.is_for("U3");
        refused.is_some_and(|at| calls[at..].iter().any(is_question))
    };
    if running.reaches(asked).await {
        running.signal(Signal::INT);
        running.says("SIGINT").await;
        running.signal(Signal::INT);
        // The gate is closed still: this ends only if nothing is waited for.
        let ran = running.end().await;
        assert_eq!(ran.code, Some(130), "{ran:?}");
    } else {
        // The run stopped without a further request.
        let ran = running.end().await;
        assert_eq!(ran.code, Some(10), "{ran:?}");
        return;
    }
    gate.open();
    desk.provider.calm();
    let ran = desk
        .run(&format!("run r.csv {BOTH} --confirm 6 {OPEN}"))
        .await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(desk.books().active().is_empty());
}
