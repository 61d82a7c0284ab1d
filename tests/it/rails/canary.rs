//! A canary passes only with users that were written and were then read in the wanted state.

use serde_json::json;

use crate::support::{BOTH, Desk, OPEN, Ran};
use crate::test_provider::{Act, Gate, Habits, Patched, crowd, person};

/// The users that were written, apart from these.
fn beyond(desk: &Desk, canary: &[&str]) -> Vec<String> {
    let written = desk.books().written().into_iter();
    written
        .filter(|id| !canary.contains(&id.as_str()))
        .collect()
}

async fn six(act: impl Fn(bool) -> Act + Send + Sync + 'static) -> (Desk, Ran) {
    let desk = Desk::plain(crowd(6)).await;
    desk.provider.on_call(move |call| {
        if call.user.is_some() {
            act(call.is_write())
        } else {
            Act::Pass
        }
    });
    let ran = desk
        .run(&format!(
            "run r.csv {BOTH} --confirm 6 --canary 2 --max-attempts 1 --max-outage 1s {OPEN}"
        ))
        .await;
    (desk, ran)
}

#[tokio::test]
async fn p7_a_canary_that_found_no_user_stops_the_job() {
    for reads_too in [false, true] {
        let (desk, ran) = six(move |write| {
            if write || reads_too {
                Act::refuse(404, "no such user")
            } else {
                Act::Pass
            }
        })
        .await;
        assert_eq!(beyond(&desk, &["U1", "U2"]), [""; 0], "{ran:?}");
        assert_eq!(ran.code, Some(6), "{ran:?}");
    }
}

#[tokio::test]
async fn p7_a_canary_that_cannot_be_read_stops_the_job() {
    // Each write is said to have been done, and no answer shows a user.
    let (desk, ran) = six(|write| Act::Answer {
        status: if write { 204 } else { 200 },
        body: if write { json!(null) } else { json!({}) },
        headers: Vec::new(),
    })
    .await;
    assert_eq!(beyond(&desk, &["U1", "U2"]), [""; 0], "{ran:?}");
    // That no user can be read may be known before a user is written.
    let stopped = ![Some(0), Some(10)].contains(&ran.code);
    let before = ran.code == Some(10) && desk.books().written().is_empty();
    assert!(stopped || before, "{ran:?}");
}

#[tokio::test]
async fn p7_users_seen_by_the_plan_and_answered_404_count_as_failures() {
    let desk = Desk::plain(crowd(12)).await;
    desk.provider.on_call(|call| {
        if call.is_write() {
            Act::refuse(404, "no such user")
        } else {
            Act::Pass
        }
    });
    let ran = desk
        .run(&format!(
            "run r.csv {BOTH} --confirm 12 --concurrency 1 --max-failures 2 {OPEN}"
        ))
        .await;
    assert_eq!(ran.code, Some(6), "{ran:?}");
    let written = desk.books().written();
    assert!(written.len() <= 4, "{written:?}");
}

#[tokio::test]
async fn p7_a_canary_is_not_used_up_by_lines_that_need_nothing() {
    let mut people = crowd(8);
    people[0].1 = person("u1@x.com").gone();
    let habits = Habits {
        patched: Patched::Old,
        ..Habits::default()
    };
    for lookup in ["", "--no-lookup"] {
        let desk = Desk::new(people.clone(), habits.clone()).await;
        desk.write("r.csv", "User ID\nU1\nU2\nnobody\nU3\nU4\nU5\nU6\nU7\nU8\n");
        // Writes are said to be done, and are not.
        desk.provider.on_call(|call| {
            if call.is_write() {
                Act::Answer {
                    status: 204,
                    body: json!(null),
                    headers: Vec::new(),
                }
            } else {
                Act::Pass
            }
        });
        let ran = desk
            .agree(&format!(
                "run r.csv {BOTH} {lookup} --canary 2 --protect U2 --max-attempts 1 {OPEN}"
            ))
            .await;
        assert_eq!(ran.code, Some(6), "{ran:?}");
        let written = desk.books().written();
        assert!(written.len() <= 2, "{lookup}: {written:?}");
        assert!(
            !written.is_empty(),
            "{lookup}: the canary was tried: {ran:?}"
        );
    }
}

#[tokio::test]
async fn p7_a_canary_stays_the_same_after_a_kill_and_after_it_has_failed() {
    let desk = Desk::plain(crowd(6)).await;
    let command = format!("run r.csv {BOTH} --confirm 6 --canary 2 --concurrency 1 {OPEN}");
    let gate = Gate::closed();
    let inside = gate.clone();
    desk.provider.on_call(move |call| {
        if call.is_write() && call.is_for("U2") {
            Act::Drop.after(&inside)
        } else {
            Act::Pass
        }
    });
    let mut running = desk.start(&command);
    let books = desk.books();
    let second = || books.written().contains("U2");
    assert!(running.reaches(second).await);
    running.kill().await;
    gate.open();
    // The second of the canary is refused, whenever it is tried.
    desk.provider.on_call(|call| {
        if call.is_write() && call.is_for("U2") {
            Act::refuse(400, "not this one")
        } else {
            Act::Pass
        }
    });
    for _ in 0..2 {
        let ran = desk.run(&command).await;
        assert_eq!(beyond(&desk, &["U1", "U2"]), [""; 0], "{ran:?}");
        assert_eq!(ran.code, Some(6), "{ran:?}");
    }
    desk.provider.calm();
    desk.agree(&format!("retry {OPEN}")).await;
    let ran = desk.run(&command).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(desk.books().active().is_empty());
}

#[tokio::test]
async fn p7_a_retry_has_a_canary_of_its_own() {
    let desk = Desk::plain(crowd(6)).await;
    let refuse = |write: bool| {
        if write {
            Act::refuse(400, "not now")
        } else {
            Act::Pass
        }
    };
    // The first two are removed, by a run that has passed its canary.
    desk.provider
        .on_call(move |call| refuse(call.is_write() && !call.is_for("U1") && !call.is_for("U2")));
    let flags = format!("--canary 1 {OPEN}");
    let ran = desk
        .run(&format!("run r.csv {BOTH} --confirm 6 {flags}"))
        .await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    desk.books().clear();
    for _ in 0..2 {
        let ran = desk.run(&format!("retry --confirm 4 {flags}")).await;
        assert_eq!(ran.code, Some(6), "{ran:?}");
        assert!(ran.stderr.contains("no other user was written"), "{ran:?}");
        assert_eq!(beyond(&desk, &["U3"]), [""; 0], "{ran:?}");
    }
    desk.provider.calm();
    let ran = desk.agree(&format!("retry {OPEN}")).await;
    assert_eq!(ran.code, Some(10), "the failed canary is left: {ran:?}");
    let ran = desk.agree(&format!("retry {flags}")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(desk.books().active().is_empty());
}
