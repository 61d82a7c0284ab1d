//! A user that is protected by id or by name is written by no command that knows the protection.

use crate::support::{BOTH, Desk, OPEN};
use crate::test_provider::{Act, Gate, State, crowd, person};

/// Answers every write by 400.
fn refusing(desk: &Desk) {
    desk.provider.on_call(|call| {
        if call.is_write() {
            Act::refuse(400, "not this one")
        } else {
            Act::Pass
        }
    });
}

/// Kills a run whose first write has arrived, and is held.
async fn killed_while_writing(
    desk: &Desk,
    command: &str,
    held: impl Fn(Gate) -> Act + Send + Sync + 'static,
) {
    let gate = Gate::closed();
    let inside = gate.clone();
    desk.provider.on_call(move |call| {
        if call.is_write() {
            held(inside.clone())
        } else {
            Act::Pass
        }
    });
    let mut running = desk.start(command);
    let books = desk.books();
    assert!(running.reaches(|| !books.writes().is_empty()).await);
    running.kill().await;
    gate.open();
    desk.provider.calm();
    books.clear();
}

#[tokio::test]
async fn p7_a_user_protected_after_a_kill_is_not_written() {
    for pattern in ["@x.com", "U1,U2,U3,U4,U5,U6", "u?@X.com"] {
        let desk = Desk::plain(crowd(6)).await;
        let command = format!("run r.csv {BOTH} {OPEN} --concurrency 1");
        killed_while_writing(&desk, &format!("{command} --confirm 6"), |gate| {
            Act::Drop.after(&gate)
        })
        .await;
        for confirm in ["", "--confirm 6", "--confirm 0"] {
            desk.run(&format!("{command} {confirm} --protect '{pattern}'"))
                .await;
        }
        desk.no_user_written();
        let outcomes = desk.outcomes().await;
        let fits = |outcome: &String| outcome == "protected";
        assert!(outcomes.values().all(fits), "{pattern}: {outcomes:?}");
    }
}

#[tokio::test]
async fn p7_a_write_that_took_effect_before_its_user_was_protected_is_reported() {
    let desk = Desk::plain(crowd(3)).await;
    let command = format!("run r.csv {BOTH} {OPEN} --concurrency 1");
    killed_while_writing(&desk, &format!("{command} --confirm 3"), Act::HoldAnswer).await;
    let taken: Vec<_> = ["U1", "U2", "U3"]
        .into_iter()
        .filter(|id| desk.are_gone(&[id]))
        .collect();
    assert_eq!(taken.len(), 1, "one write took effect");
    for confirm in ["", "--confirm 3", "--confirm 0"] {
        desk.run(&format!("{command} {confirm} --protect @x.com"))
            .await;
    }
    desk.no_user_written();
    let row = desk.row(taken[0]).await;
    let told = row["outcome"] == "removed" || !row["detail"].is_empty();
    assert!(told, "that the user was removed is not told: {row:?}");
    assert_ne!(row["outcome"], "already", "this job has done it: {row:?}");
}

#[tokio::test]
async fn p7_retry_does_not_write_a_user_protected_by_id_or_by_name() {
    for pattern in ["U1", "CEO@x.com", "ceo@*", "@boss.com"] {
        let people = vec![
            (
                "U1".to_owned(),
                person(if pattern.starts_with('@') {
                    "ceo@boss.com"
                } else {
                    "ceo@x.com"
                }),
            ),
            ("U2".to_owned(), person("b@x.com")),
        ];
        let desk = Desk::plain(people).await;
        refusing(&desk);
        desk.run(&format!("run r.csv --disable --confirm 2 {OPEN}"))
            .await;
        desk.provider.calm();
        desk.books().clear();
        for confirm in [1, 2] {
            desk.run(&format!(
                "retry --confirm {confirm} {OPEN} --protect '{pattern}'"
            ))
            .await;
        }
        desk.untouched(&["U1"]);
        assert!(!desk.books().active().contains("U2"), "{pattern}");
    }
}

#[tokio::test]
async fn p7_retry_does_not_write_the_account_that_is_said_to_be_ours() {
    let desk = Desk::plain(crowd(2)).await;
    refusing(&desk);
    desk.run(&format!("run r.csv --disable --confirm 2 {OPEN}"))
        .await;
    desk.provider.calm();
    desk.books().clear();
    for confirm in [1, 2] {
        desk.run(&format!("retry --confirm {confirm} {OPEN} --self U1"))
            .await;
    }
    desk.untouched(&["U1"]);
}

#[tokio::test]
async fn p7_undo_does_not_write_a_protected_user() {
    for pattern in ["U1", "u1@x.com"] {
        let desk = Desk::plain(crowd(3)).await;
        let ran = desk
            .run(&format!("run r.csv {BOTH} --confirm 3 {OPEN}"))
            .await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        desk.books().clear();
        for confirm in [2, 3] {
            desk.run(&format!(
                "undo --confirm {confirm} {OPEN} --protect {pattern}"
            ))
            .await;
        }
        desk.untouched(&["U1"]);
        assert!(desk.are_gone(&["U1"]));
    }
}

#[tokio::test]
async fn p7_an_undo_that_was_killed_does_not_write_a_user_protected_since() {
    let desk = Desk::plain(crowd(4)).await;
    let ran = desk
        .run(&format!("run r.csv {BOTH} --confirm 4 {OPEN}"))
        .await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    desk.books().clear();
    let command = format!("undo {OPEN} --concurrency 1");
    killed_while_writing(&desk, &format!("{command} --confirm 4"), |gate| {
        Act::Drop.after(&gate)
    })
    .await;
    for confirm in ["", "--confirm 4", "--confirm 0"] {
        desk.run(&format!("{command} {confirm} --protect @x.com"))
            .await;
    }
    desk.no_user_written();
}

#[tokio::test]
async fn p7_without_a_look_up_a_protected_name_is_not_written() {
    let people = || {
        vec![
            ("U1".to_owned(), person("ceo@x.com")),
            ("U2".to_owned(), person("bob@x.com")),
        ]
    };
    for pattern in ["ceo@x.com", "CEO@*"] {
        let desk = Desk::plain(people()).await;
        let command = format!("run r.csv {BOTH} --no-lookup {OPEN} --protect '{pattern}'");
        let ran = desk.agree(&command).await;
        desk.untouched(&["U1"]);
        let handled = desk.are_gone(&["U2"]);
        assert!(handled || ran.code != Some(0), "{ran:?}");
        if handled {
            assert_eq!(desk.row("U1").await["outcome"], "protected");
        }
    }
}

#[tokio::test]
async fn p7_without_a_look_up_the_acting_account_is_not_written() {
    let people = vec![
        ("U1".to_owned(), person("Admin@x.com")),
        ("U2".to_owned(), person("bob@x.com")),
    ];
    let mut desk = Desk::plain(people).await;
    desk.sign_in_as("admin@x.com", "a-long-password");
    let ran = desk
        .agree(&format!("run r.csv {BOTH} --no-lookup {OPEN}"))
        .await;
    desk.untouched(&["U1"]);
    assert!(desk.are_gone(&["U2"]) || ran.code != Some(0), "{ran:?}");
}

#[tokio::test]
async fn p7_a_canary_does_not_write_a_user_protected_since_the_plan() {
    let desk = Desk::plain(crowd(4)).await;
    let ran = desk.run(&format!("plan r.csv {BOTH}")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let command = format!("run r.csv {BOTH} {OPEN} --canary 2 --protect U1");
    for confirm in [3, 4] {
        desk.run(&format!("{command} --confirm {confirm}")).await;
    }
    desk.untouched(&["U1"]);
    assert!(desk.are_gone(&["U2", "U3", "U4"]));
    assert_eq!(
        desk.books().state("U1"),
        Some(State::new(true, &["w1", "w2"]))
    );
}

#[tokio::test]
async fn p7_undo_has_its_rails_too() {
    let desk = Desk::plain(crowd(4)).await;
    let ran = desk
        .run(&format!("run r.csv {BOTH} --confirm 4 {OPEN}"))
        .await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    desk.books().clear();
    for flags in ["--confirm 3", "--confirm 4 --cap 3", ""] {
        let ran = desk.run(&format!("undo {OPEN} {flags}")).await;
        assert_eq!(ran.code, Some(6), "{flags}: {ran:?}");
        desk.no_user_written();
    }
}
