//! The rails of `retry` are judged on the users that it tries, and these are looked up first.

use offboard::sandbox::SandboxSettings;

use crate::support::{BOTH, Bed, Desk, OPEN, Ran, finish};
use crate::test_provider::{Act, crowd, person};

/// Users who appear after a job has found none of them.
const LATE: usize = 30;

/// A job in which no user was found; now all of them exist.
async fn appeared() -> Desk {
    let desk = Desk::plain(vec![("X".to_owned(), person("x@x.com"))]).await;
    let lines = (0..LATE).map(|number| format!("N{number:02}\n"));
    let desk = desk.roster(&format!("User ID\n{}", lines.collect::<String>()));
    desk.run(&format!(
        "run r.csv {BOTH} --confirm 0 --cap 5 --cap-share 1%"
    ))
    .await;
    let outcomes = desk.outcomes().await;
    assert_eq!(outcomes.len(), LATE);
    assert!(outcomes.values().all(|outcome| outcome == "not_found"));
    for number in 0..LATE {
        let name = format!("n{number:02}@x.com");
        desk.books().add(&format!("N{number:02}"), person(&name));
    }
    desk.books().clear();
    desk
}

#[track_caller]
fn refused(desk: &Desk, ran: &Ran) {
    desk.no_user_written();
    assert_eq!(ran.code, Some(6), "{ran:?}");
}

#[tokio::test]
async fn p7_users_that_have_appeared_are_not_written_on_a_confirmation_of_none() {
    let desk = appeared().await;
    let ran = desk
        .run(&format!("retry --only not_found --confirm 0 {OPEN}"))
        .await;
    refused(&desk, &ran);
    assert!(ran.stderr.contains("--confirm 30"), "{ran:?}");
    let ran = desk
        .run(&format!("retry --only not_found --confirm 30 {OPEN}"))
        .await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(desk.books().written().len(), LATE);
    desk.run("report --output evidence").await;
    let ran = desk.run("audit verify evidence").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

/// A retry within this rail is refused, whatever number is confirmed.
async fn refused_by(rail: &str) {
    let desk = appeared().await;
    for confirm in [0, LATE] {
        let command = format!("retry --only not_found --confirm {confirm} {rail}");
        refused(&desk, &desk.run(&command).await);
    }
}

#[tokio::test]
async fn p7_users_that_have_appeared_are_not_written_above_the_cap() {
    refused_by(&format!("--cap 5 {OPEN}")).await;
}

#[tokio::test]
async fn p7_users_that_have_appeared_are_not_written_above_the_share() {
    refused_by("--cap-share 50%").await;
}

#[tokio::test]
async fn p7_users_that_have_appeared_are_not_written_when_protected() {
    let desk = appeared().await;
    for confirm in [0, 29, 30] {
        desk.run(&format!(
            "retry --only not_found --confirm {confirm} {OPEN} --protect n03@x.com,N04"
        ))
        .await;
    }
    desk.untouched(&["N03", "N04"]);
}

/// A job of sixty users. Five have failed.
async fn five_failed() -> Desk {
    let desk = Desk::plain(crowd(60)).await;
    desk.provider.on_call(|call| {
        let refused = ["U1", "U2", "U3", "U4", "U5"];
        if call.is_write() && refused.iter().any(|id| call.is_for(id)) {
            Act::refuse(400, "not this one")
        } else {
            Act::Pass
        }
    });
    let ran = desk
        .run(&format!("run r.csv {BOTH} --confirm 60 {OPEN}"))
        .await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    desk.provider.calm();
    desk.books().clear();
    desk
}

#[tokio::test]
async fn p7_retry_of_a_few_asks_for_the_few() {
    let desk = five_failed().await;
    let ran = desk.run(&format!("retry {OPEN}")).await;
    refused(&desk, &ran);
    assert!(ran.stderr.contains("--confirm 5"), "{ran:?}");
    assert!(ran.stderr.contains("5 users"), "{ran:?}");
    // The cap is for those who are written now, not for those of the first run.
    let ran = desk.run(&format!("retry --confirm 5 --cap 5 {OPEN}")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(desk.books().writes().len(), 5);
    assert!(desk.books().active().is_empty());
}

#[tokio::test]
async fn p7_retry_of_a_few_has_a_share_of_its_own() {
    // Sixty of sixty were let through; five of the five who are left are all that is active.
    let desk = five_failed().await;
    let ran = desk.run("retry --confirm 5 --cap-share 50%").await;
    refused(&desk, &ran);
    assert!(ran.stderr.contains("--cap-share 100%"), "{ran:?}");
}

#[apply(end_to_end!)]
async fn only_a_reason_that_was_typed_chooses_users() {
    let bed = Bed::new(SandboxSettings {
        users: 4,
        refused: 2,
        ..SandboxSettings::default()
    })
    .await;
    bed.write_roster(&[]);
    let ran = finish(bed.run_all(4)).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    let nothing = "nothing is left to do";
    // The two were refused: no user failed for a server error.
    let ran = finish(bed.verb("retry", "--reason server_error")).await;
    assert!(ran.stderr.contains(nothing), "{ran:?}");
    for variable in [true, false] {
        let mut command = bed.verb("retry", "--confirm 2");
        if variable {
            command.env("OFFBOARD_REASON", "server_error");
        } else {
            std::fs::write(bed.path("offboard.toml"), "reason = \"server_error\"\n").unwrap();
        }
        let ran = finish(command).await;
        assert_eq!(ran.code, Some(10), "{ran:?}");
        assert!(!ran.stderr.contains(nothing), "{ran:?}");
    }
}

#[apply(end_to_end!)]
async fn p7_a_code_that_chooses_users_is_not_the_reason_of_the_retry() {
    let bed = Bed::new(SandboxSettings {
        users: 4,
        refused: 2,
        ..SandboxSettings::default()
    })
    .await;
    bed.write_roster(&[]);
    let ran = finish(bed.run_all(4)).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    // Without a requirement it chooses, and the run is recorded without a reason.
    let ran = finish(bed.verb("retry", "--reason forbidden --confirm 2")).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    std::fs::write(bed.path("offboard.toml"), "require = [\"reason\"]\n").unwrap();
    let requests = bed.books.totals().requests;
    let ran = finish(bed.verb("retry", "--reason forbidden --confirm 2")).await;
    assert_eq!(ran.code, Some(6), "{ran:?}");
    assert!(ran.stderr.contains("`--only forbidden`"), "{ran:?}");
    assert!(ran.stderr.contains("in words"), "{ran:?}");
    assert_eq!(bed.books.totals().requests, requests);
    let mut command = bed.verb("retry", "--only forbidden --confirm 2 --reason");
    command.arg("the role was given back");
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    let (_, summary) = bed.report("evidence").await;
    let runs = summary["runs"].as_array().unwrap();
    let reasons: Vec<_> = runs
        .iter()
        .filter(|run| run["kind"] == "run")
        .map(|run| run["reason"].as_str())
        .collect();
    assert_eq!(reasons, [None, None, Some("the role was given back")]);
}
