//! Looks and plans grow old. These tests wait for real time, since its passing is what they test: a little
//! more than the shortest age that can be set.

use std::time::Duration;

use serde_json::json;

use crate::support::{BOTH, Desk, OPEN};
use crate::test_provider::{Act, Gate, State, crowd, person};

const TTL: &str = "--plan-ttl 1s";

async fn grow_old() {
    tokio::time::sleep(Duration::from_millis(1100)).await;
}

#[tokio::test]
async fn p2_a_look_that_has_grown_old_settles_no_user() {
    for lookup in ["run", "plan"] {
        // They are at the end of a long list, so that they are read one by one.
        let others = 100..1000;
        let mut people: Vec<_> = others
            .map(|number| (format!("U{number}"), person(&format!("u{number}@x.com"))))
            .collect();
        people.extend(crowd(3));
        people[900].1 = person("u1@x.com").gone();
        let desk = Desk::plain(people).await.roster("User ID\nU1\nU2\nU3\n");
        // The look-up is killed when U1 was seen, and U2 is asked for.
        let gate = Gate::closed();
        let inside = gate.clone();
        desk.provider.on_call(move |call| {
            if call.is_for("U2") {
                Act::Drop.after(&inside)
            } else {
                Act::Pass
            }
        });
        let mut running = desk.start(&format!("{lookup} r.csv {BOTH} --concurrency 1"));
        let books = desk.books();
        let asked = || books.count(|call| call.is_for("U2")) > 0;
        assert!(running.reaches(asked).await);
        running.kill().await;
        gate.open();
        desk.provider.calm();

        desk.books().change("U1", |user| {
            user.active = true;
            user.access = vec!["w9".to_owned()];
        });
        grow_old().await;
        desk.agree(&format!("run r.csv {BOTH} {TTL} {OPEN}")).await;
        let outcomes = desk.outcomes().await;
        let outcome = outcomes.get(&2).map_or("", String::as_str);
        assert!(outcome != "already", "{outcomes:?}");
        assert_eq!(outcome == "removed", desk.are_gone(&["U1"]), "{outcomes:?}");
        // The events show that the recorded state was dropped.
        desk.run("report --output evidence").await;
        let ran = desk.run("audit verify evidence").await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
}

/// A run that was killed after its first two users.
async fn begun(desk: &Desk, command: &str) {
    let gate = Gate::closed();
    let inside = gate.clone();
    desk.provider.on_call(move |call| {
        if call.is_write() && call.is_for("U3") {
            Act::Drop.after(&inside)
        } else {
            Act::Pass
        }
    });
    let mut running = desk.start(command);
    let books = desk.books();
    let third = || books.count(|call| call.is_write() && call.is_for("U3")) > 0;
    assert!(running.reaches(third).await);
    running.kill().await;
    gate.open();
    desk.provider.calm();
}

#[tokio::test]
async fn p11_what_was_granted_since_an_old_look_is_given_back() {
    let desk = Desk::plain(crowd(12)).await;
    let command = format!("run r.csv {BOTH} --confirm 12 --concurrency 1 {TTL} {OPEN}");
    begun(&desk, &command).await;
    // Some of them were claimed when the run was killed, and others not.
    let late: Vec<_> = (3..=12).map(|number| format!("U{number}")).collect();
    for user in &late {
        desk.books()
            .change(user, |user| user.access.push("w9".to_owned()));
    }
    grow_old().await;
    let ran = desk
        .agree(&format!("run r.csv {BOTH} {TTL} {OPEN} --concurrency 1"))
        .await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(desk.books().active().is_empty());
    desk.run("report --output evidence").await;
    let audited = desk.run("audit verify evidence").await;
    assert_eq!(audited.code, Some(0), "{audited:?}");
    desk.agree(&format!("undo {OPEN}")).await;
    let had = State::new(true, &["w1", "w2", "w9"]);
    for user in &late {
        assert_eq!(desk.books().state(user), Some(had.clone()), "{user}");
    }
}

#[tokio::test]
async fn p2_a_user_deleted_since_an_old_look_is_not_said_to_be_removed() {
    let desk = Desk::plain(crowd(6)).await;
    let command = format!("run r.csv {BOTH} --confirm 6 --concurrency 1 {TTL} {OPEN}");
    begun(&desk, &command).await;
    desk.books().delete("U5");
    grow_old().await;
    desk.agree(&format!("run r.csv {BOTH} {TTL} {OPEN} --concurrency 1"))
        .await;
    let row = desk.row("U5").await;
    assert!(
        !["removed", "already"].contains(&row["outcome"].as_str()),
        "{row:?}"
    );
}

/// What a hook does to the half of a write that takes effect.
fn half(desk: &Desk, disabled: bool) {
    desk.books().change("U1", |user| {
        if disabled {
            user.active = false;
        } else {
            user.access.clear();
        }
    });
}

#[tokio::test]
async fn p11_half_a_write_does_not_become_what_was_there_before() {
    for disabled in [true, false] {
        for change in ["--disable --from-workspace w1", BOTH] {
            let desk = Desk::plain(crowd(2)).await.roster("User ID\nU1\n");
            let command = format!("run r.csv {change} --confirm 1 {TTL} {OPEN}");
            let gate = Gate::closed();
            let inside = gate.clone();
            desk.provider.on_call(move |call| {
                if call.is_write() {
                    Act::Drop.after(&inside)
                } else {
                    Act::Pass
                }
            });
            let mut running = desk.start(&command);
            let books = desk.books();
            assert!(running.reaches(|| !books.writes().is_empty()).await);
            half(&desk, disabled);
            running.kill().await;
            gate.open();
            grow_old().await;

            // The next run reads, has to wait, and is stopped.
            desk.books().clear();
            desk.provider.on_call(|call| {
                if call.is_write() {
                    Act::throttle(3)
                } else {
                    Act::Pass
                }
            });
            let mut running = desk.start(&command);
            let books = desk.books();
            running.reaches(|| !books.writes().is_empty()).await;
            running.signal(rustix::process::Signal::TERM);
            running.end().await;

            grow_old().await;
            desk.provider.calm();
            let ran = desk.run(&command).await;
            assert_eq!(ran.code, Some(0), "{ran:?}");
            desk.agree(&format!("undo {OPEN}")).await;
            let had = State::new(true, &["w1", "w2"]);
            assert_eq!(desk.books().state("U1"), Some(had), "{change} {disabled}");
        }
    }
}

#[tokio::test]
async fn p11_half_a_write_is_given_back_though_its_user_is_pending() {
    let desk = Desk::plain(crowd(2)).await.roster("User ID\nU1\n");
    let command = format!("run r.csv {BOTH} --confirm 1 {OPEN}");
    let books = desk.books();
    desk.provider.on_call(move |call| {
        if !call.is_write() {
            return Act::Pass;
        }
        if books.writes().len() == 1 {
            books.change("U1", |user| user.active = false);
            return Act::Answer {
                status: 500,
                body: json!({ "detail": "half of it" }),
                headers: Vec::new(),
            };
        }
        Act::throttle(3)
    });
    let mut running = desk.start(&command);
    let books = desk.books();
    running.reaches(|| books.writes().len() >= 2).await;
    running.signal(rustix::process::Signal::TERM);
    running.end().await;
    desk.provider.calm();
    desk.agree(&format!("undo {OPEN}")).await;
    let had = State::new(true, &["w1", "w2"]);
    assert_eq!(desk.books().state("U1"), Some(had));
}
