//! After an undo, the status, the reports and the next commands of the job say that it was undone.

use crate::support::{BOTH, Desk, OPEN};
use crate::test_provider::{Act, State, crowd};

/// A job over so many users that was done and undone.
async fn undone(users: usize) -> Desk {
    let desk = Desk::plain(crowd(users)).await;
    let ran = desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let ran = desk.agree(&format!("undo {OPEN}")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let had = Some(State::new(true, &["w1", "w2"]));
    for number in 1..=users {
        assert_eq!(desk.books().state(&format!("U{number}")), had);
    }
    desk
}

/// Whether a text mentions an undo outside the table that has a row `restored`.
fn tells(text: &str) -> bool {
    let mut lines = text.to_lowercase();
    lines = lines
        .lines()
        .filter(|line| !line.trim().starts_with("restored  "))
        .collect::<Vec<_>>()
        .join("\n");
    ["undo", "given back", "gave back"]
        .iter()
        .any(|word| lines.contains(word))
}

#[tokio::test]
async fn p2_status_and_reports_tell_that_a_job_was_undone() {
    let desk = undone(3).await;
    let job = desk.rows().await[0]["job_id"].clone();
    for command in [
        format!("status {job}"),
        format!("status {job} --json"),
        format!("report {job} --format json"),
        format!("report {job} --format html"),
    ] {
        let ran = desk.run(&command).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(tells(&ran.stdout), "{command}: {}", ran.stdout);
    }
    let headline = desk.headline().await.to_lowercase();
    assert!(
        !headline.starts_with("all of 3 users are in the wanted"),
        "{headline}"
    );
}

#[tokio::test]
async fn p2_half_an_undo_is_reported_with_its_number() {
    let desk = Desk::plain(crowd(4)).await;
    desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
    desk.agree(&format!("undo {OPEN} --protect U1")).await;
    assert!(desk.are_gone(&["U1"]));
    let ran = desk.run("status").await;
    assert!(tells(&ran.stdout), "{ran:?}");
    let line = ran
        .stdout
        .lines()
        .find(|line| tells(line))
        .unwrap_or_default();
    assert!(line.contains('3'), "three were given back: {ran:?}");
}

#[tokio::test]
async fn p2_the_same_run_after_an_undo_is_no_silent_success() {
    let desk = undone(6).await;
    let ran = desk
        .run(&format!("run r.csv {BOTH} --confirm 6 {OPEN}"))
        .await;
    let told = tells(&ran.stdout) || tells(&ran.stderr);
    let active = desk.books().active().len();
    assert!(
        ran.code != Some(0) || active == 0,
        "{active} active: {ran:?}"
    );
    assert!(told || active == 0, "{ran:?}");
}

#[tokio::test]
async fn verify_does_not_blame_others_for_our_own_undo() {
    let desk = undone(4).await;
    let ran = desk.run("verify").await;
    let said = format!("{}{}", ran.stdout, ran.stderr).to_lowercase();
    for word in ["somebody else", "another administrator", "has it again"] {
        assert!(!said.contains(word), "{ran:?}");
    }
    assert!(tells(&said), "{ran:?}");
    assert!(
        said.contains("as the job, or its undo, left them"),
        "{ran:?}"
    );
}

#[tokio::test]
async fn p2_verify_after_an_undo_compares_with_what_was_given_back() {
    let desk = undone(4).await;
    let ran = desk.run("verify").await;
    assert_eq!(ran.code, Some(0), "all have what was given back: {ran:?}");
    desk.books().change("U2", |user| user.access.clear());
    let ran = desk.run("verify").await;
    assert_eq!(ran.code, Some(12), "{ran:?}");
    assert!(
        ran.stdout.contains("U2") || ran.stdout.contains("u2@x.com"),
        "{ran:?}"
    );
}

#[tokio::test]
async fn p2_a_service_without_users_does_not_show_that_users_are_gone() {
    for list_too in [true, false] {
        let desk = Desk::plain(crowd(4)).await;
        desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
        desk.books().change("U2", |user| user.active = true);
        desk.provider.on_call(move |call| match &call.user {
            Some(_) => Act::refuse(404, "no such user"),
            None if list_too => Act::refuse(404, "nothing here"),
            None => Act::Answer {
                status: 200,
                body: serde_json::json!({ "totalResults": 0, "Resources": [] }),
                headers: Vec::new(),
            },
        });
        let ran = desk.run("verify").await;
        assert_ne!(ran.code, Some(0), "{ran:?}");
        assert!(!ran.stdout.contains("gone"), "{ran:?}");
    }
}
