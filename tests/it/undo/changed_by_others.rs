//! A job can be undone again after later writes, and changes by other administrators stay (P11).

use crate::support::{BOTH, Desk, OPEN};
use crate::test_provider::{Act, Person, State, crowd};

fn had() -> State {
    State::new(true, &["w1", "w2"])
}

#[tokio::test]
async fn p11_a_user_removed_by_a_retry_after_the_undo_is_given_back_by_the_next() {
    let desk = Desk::plain(crowd(8)).await;
    desk.provider.on_call(|call| {
        let refused = ["U5", "U6", "U7", "U8"];
        if call.is_write() && refused.iter().any(|id| call.is_for(id)) {
            Act::refuse(400, "not this one")
        } else {
            Act::Pass
        }
    });
    desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
    desk.provider.calm();
    let ran = desk.agree(&format!("undo {OPEN}")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let ran = desk.agree(&format!("retry {OPEN}")).await;
    // Four users have back what the job took: the message counts them.
    assert_eq!(ran.code, Some(10), "{ran:?}");
    assert!(desk.are_gone(&["U5", "U6", "U7", "U8"]));
    assert_eq!(desk.books().state("U1"), Some(had()), "not tried again");
    desk.books().clear();
    let ran = desk.agree(&format!("undo {OPEN}")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for number in 1..=8 {
        assert_eq!(desk.books().state(&format!("U{number}")), Some(had()));
    }
    desk.untouched(&["U1", "U2", "U3", "U4"]);
}

/// A job over three users. Another administrator changes one of them before the undo.
async fn left_alone(change: &str, by_others: impl FnOnce(&mut Person)) {
    let desk = Desk::plain(crowd(3)).await;
    let ran = desk.agree(&format!("run r.csv {change} {OPEN}")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    desk.books().change("U1", by_others);
    let left = desk.books().state("U1");
    desk.books().clear();
    let ran = desk.agree(&format!("undo {OPEN}")).await;
    desk.untouched(&["U1"]);
    assert_eq!(desk.books().state("U1"), left);
    assert_eq!(ran.code, Some(10), "{ran:?}");
    assert_eq!(desk.books().state("U2"), Some(had()));
    assert_eq!(desk.books().state("U3"), Some(had()));
    let told = ran.stdout + &ran.stderr;
    assert!(told.contains("U1") || told.contains("u1@x.com"), "{told}");
}

#[tokio::test]
async fn p11_a_user_enabled_by_others_is_left_alone_and_listed() {
    left_alone(BOTH, |user| user.active = true).await;
}

#[tokio::test]
async fn p11_a_user_granted_the_same_by_others_is_left_alone_and_listed() {
    left_alone(BOTH, |user| {
        user.access = vec!["w1".to_owned(), "w2".to_owned()];
    })
    .await;
}

#[tokio::test]
async fn p11_a_user_granted_a_part_by_others_is_left_alone_and_listed() {
    left_alone(BOTH, |user| user.access = vec!["w2".to_owned()]).await;
}

#[tokio::test]
async fn p11_undo_does_not_give_back_a_workspace_that_others_took() {
    // Undo restores only what the job took: w2 was there, and others took it.
    let desk = Desk::plain(crowd(2)).await;
    let ran = desk
        .agree(&format!("run r.csv --from-workspace w1 {OPEN}"))
        .await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    desk.books().change("U1", |user| user.access.clear());
    desk.agree(&format!("undo {OPEN}")).await;
    let now = desk.books().state("U1").unwrap();
    assert!(!now.access.contains("w2"), "{now:?}");
    assert_eq!(desk.books().state("U2"), Some(had()));
}

#[tokio::test]
async fn p11_a_user_deleted_by_others_does_not_stop_the_undo_of_the_rest() {
    let desk = Desk::plain(crowd(3)).await;
    let ran = desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    desk.books().delete("U1");
    let ran = desk.agree(&format!("undo {OPEN}")).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    assert_eq!(desk.books().state("U2"), Some(had()));
    assert_eq!(desk.books().state("U3"), Some(had()));
}
