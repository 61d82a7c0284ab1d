//! An outage is an outage, however few users are left, and on every path (P5).

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::support::{BOTH, Desk, OPEN, Ran, at_once};
use crate::test_provider::{Act, Call, Gate, Habits, Patched, crowd};

/// Waits no longer than this for the provider.
const SHORT: &str = "--max-outage 1s --max-attempts 2";

fn out() -> Act {
    Act::refuse(503, "maintenance")
}

/// No user has failed, the run was stopped early, and the same command finishes it.
async fn waited(desk: &Desk, command: &str, ran: &Ran) {
    assert_eq!(ran.code, Some(11), "{ran:?}");
    for outcome in desk.outcomes().await.values() {
        assert_ne!(outcome, "failed", "{ran:?}");
    }
    desk.provider.calm();
    let ran = desk.run(command).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(desk.books().active().is_empty());
}

#[tokio::test]
async fn p5_a_job_of_few_users_waits_like_one_of_many() {
    at_once([1, 2, 5].map(|users| async move {
        let desk = Desk::plain(crowd(users)).await;
        let books = desk.books();
        desk.provider.on_call(move |call| {
            let begun = !books.writes().is_empty();
            if call.is_write() || (begun && call.path != "/scim/ServiceProviderConfig") {
                out()
            } else {
                Act::Pass
            }
        });
        let command = format!("run r.csv --disable --confirm {users} {SHORT} {OPEN}");
        let ran = desk.run(&command).await;
        waited(&desk, &command, &ran).await;
    }))
    .await;
}

#[tokio::test]
async fn p5_the_tail_of_a_job_waits_like_its_beginning() {
    at_once([false, true].map(|drop| async move {
        let desk = Desk::plain(crowd(30)).await;
        let books = desk.books();
        desk.provider.on_call(move |_| {
            if books.written().len() <= 27 {
                Act::Pass
            } else if drop {
                Act::Drop
            } else {
                out()
            }
        });
        let command = format!("run r.csv --disable --confirm 30 --concurrency 1 {SHORT} {OPEN}");
        let ran = desk.run(&command).await;
        waited(&desk, &command, &ran).await;
    }))
    .await;
}

#[tokio::test]
async fn p5_one_user_that_always_fails_is_no_outage() {
    at_once([1, 2, 6].map(|users| async move {
        let desk = Desk::plain(crowd(8))
            .await
            .roster(&crate::support::ids(1..=users));
        desk.provider.on_call(|call| {
            if call.is_write() && call.is_for("U1") {
                Act::refuse(500, "this one is broken")
            } else {
                Act::Pass
            }
        });
        let command = format!("run r.csv --disable --confirm {users} {SHORT} {OPEN}");
        let ran = desk.run(&command).await;
        assert_eq!(ran.code, Some(10), "{ran:?}");
        let row = desk.row("U1").await;
        assert_eq!(row["outcome"], "failed", "{row:?}");
        assert_eq!(desk.books().active().len(), 8 - users + 1);
    }))
    .await;
}

#[tokio::test]
async fn p5_an_outage_before_anything_was_read_is_no_wrong_address() {
    at_once(["", "--no-lookup"].map(|lookup| async move {
        let desk = Desk::plain(crowd(3)).await;
        desk.provider.on_call(|_| out());
        let command = format!("run r.csv --disable --confirm 3 {lookup} {SHORT} {OPEN}");
        let ran = desk.run(&command).await;
        waited(&desk, &command, &ran).await;
    }))
    .await;
}

/// Writes are answered by nothing that shows a user, and the reads that would confirm them by 503.
fn unconfirmed(mut desk: Desk, profile: &str) -> Desk {
    desk.set("OFFBOARD_PROFILE", profile);
    let books = desk.books();
    desk.provider.on_call(move |call| {
        if call.is_read() && !books.writes().is_empty() {
            out()
        } else {
            Act::Pass
        }
    });
    desk
}

#[tokio::test]
async fn p5_writes_that_cannot_be_confirmed_for_an_outage_wait() {
    for patched in [Patched::NoContent, Patched::Old] {
        for profile in ["rfc7644", "rfc7644-put"] {
            for lookup in ["", "--no-lookup"] {
                let habits = Habits {
                    patched,
                    version: Some("W/\"1\""),
                    ..Habits::default()
                };
                let desk = unconfirmed(Desk::new(crowd(3), habits).await, profile);
                let command =
                    format!("run r.csv {BOTH} --confirm 3 --concurrency 1 {lookup} {SHORT} {OPEN}");
                let ran = desk.run(&command).await;
                waited(&desk, &command, &ran).await;
            }
        }
    }
}

#[tokio::test]
async fn p5_a_retry_that_cannot_be_confirmed_for_an_outage_waits() {
    let habits = Habits {
        patched: Patched::NoContent,
        ..Habits::default()
    };
    let desk = Desk::new(crowd(3), habits).await;
    desk.provider.on_call(|call| {
        if call.is_write() {
            Act::refuse(400, "not this one")
        } else {
            Act::Pass
        }
    });
    let ran = desk
        .run(&format!("run r.csv --disable --confirm 3 {OPEN}"))
        .await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    desk.books().clear();
    let desk = unconfirmed(desk, "rfc7644");
    let command = format!("retry {SHORT} {OPEN} --confirm 3");
    let ran = desk.run(&command).await;
    assert_eq!(ran.code, Some(11), "{ran:?}");
    desk.provider.calm();
    let ran = desk
        .run(&format!("run r.csv --disable --confirm 3 {OPEN}"))
        .await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(desk.books().active().is_empty());
}

#[tokio::test]
async fn p5_a_look_up_in_a_short_outage_fails_no_user() {
    let cases = [1, 2, 4]
        .into_iter()
        .flat_map(|users| [(users, true), (users, false)]);
    at_once(cases.map(|(users, drop)| async move {
        let desk = Desk::plain(crowd(1000))
            .await
            .roster(&crate::support::ids(250..250 + users));
        let books = desk.books();
        desk.provider.on_call(move |call| {
            let number = books.count(Call::is_read);
            if !call.is_read() || number > 4 {
                Act::Pass
            } else if drop {
                Act::Drop
            } else {
                Act::Answer {
                    status: 502,
                    body: json!("<html>a gateway</html>"),
                    headers: Vec::new(),
                }
            }
        });
        let ran = desk
            .run(&format!("run r.csv --disable --confirm {users} {OPEN}"))
            .await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(desk.books().active().len(), 1000 - users);
    }))
    .await;
}

/// What is known of two reads that overlap.
#[derive(Default)]
struct Overlap {
    first: Option<String>,
    dropped: usize,
}

#[tokio::test]
async fn p5_the_last_of_a_look_up_is_not_failed_because_others_were_answered_before() {
    // The first of two is answered while the second is asked for, and then no request for a while.
    let desk = Desk::plain(crowd(1000))
        .await
        .roster(&crate::support::ids(250..252));
    let gate = Gate::closed();
    let overlap = Mutex::new(Overlap::default());
    desk.provider.on_call(move |call| {
        let mut overlap = overlap.lock().unwrap();
        let user = call.user.clone().filter(|_| call.is_read());
        match (&overlap.first, user) {
            (None, None) => return Act::Pass,
            (None, Some(user)) => {
                overlap.first = Some(user);
                return Act::HoldAnswer(gate.clone());
            }
            _ => {}
        }
        gate.open();
        overlap.dropped += 1;
        if overlap.dropped > 6 {
            Act::Pass
        } else {
            Act::Drop
        }
    });
    let ran = desk
        .run(&format!("run r.csv --disable --confirm 2 {OPEN}"))
        .await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(desk.books().active().len(), 998);
}

#[tokio::test]
async fn p5_users_in_doubt_through_an_outage_are_counted_once() {
    let desk = Desk::plain(crowd(16)).await;
    let books = desk.books();
    // Four writes lose their answers; then twelve requests meet an outage.
    let unanswered = AtomicUsize::new(0);
    desk.provider
        .on_call(move |call| match books.count(Call::is_write) {
            0..=4 => Act::Pass,
            5..=8 if call.is_write() => Act::LoseAnswer,
            _ if unanswered.fetch_add(1, Ordering::SeqCst) < 12 => out(),
            _ => Act::Pass,
        });
    let ran = desk
        .run(&format!(
            "run r.csv {BOTH} --confirm 16 --concurrency 4 --max-failures 1 --json {OPEN}"
        ))
        .await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(desk.books().active().is_empty());
    let outcomes = desk.outcomes().await;
    assert!(outcomes.values().all(|outcome| outcome == "removed"));
}

#[tokio::test]
async fn p6_a_provider_that_throttles_for_ever_is_left_when_the_time_is_over() {
    let desk = Desk::plain(crowd(3)).await;
    desk.provider.on_call(|call| {
        if call.is_write() {
            Act::throttle(0)
        } else {
            Act::Pass
        }
    });
    let command = format!("run r.csv --disable --confirm 3 {OPEN}");
    let ran = desk.run(&format!("{command} --max-duration 1s")).await;
    waited(&desk, &command, &ran).await;
}
