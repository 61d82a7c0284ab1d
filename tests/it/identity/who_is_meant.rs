//! Which user a line means is never guessed: other columns, workspaces without members, and lines whose id
//! and address are of two people.

use crate::support::{BOTH, Desk, OPEN, Ran};
use crate::test_provider::{State, crowd, person};

fn said(ran: &Ran, text: &str) -> bool {
    ran.stdout.contains(text) || ran.stderr.contains(text)
}

async fn leavers_and_managers() -> Desk {
    let people = ["L1", "L2", "M1", "M2"].map(|id| {
        (
            id.to_owned(),
            person(&format!("{}@x.com", id.to_lowercase())),
        )
    });
    let desk = Desk::plain(people.to_vec()).await;
    desk.roster(
        "Leaver,Manager,Leaver mail,Manager mail\n\
         L1,M1,l1@x.com,m1@x.com\n\
         L2,M2,l2@x.com,m2@x.com\n",
    )
}

#[tokio::test]
async fn p7_a_plan_by_another_id_column_is_not_worked_on() {
    let desk = leavers_and_managers().await;
    let ran = desk.run("plan r.csv --disable --id-column Manager").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let ran = desk
        .run(&format!(
            "run r.csv --disable --id-column Leaver --confirm 2 {OPEN}"
        ))
        .await;
    desk.untouched(&["M1", "M2"]);
    if ran.code == Some(0) {
        assert!(!desk.books().active().contains("L1"), "{ran:?}");
    } else {
        assert!(said(&ran, "Manager") && said(&ran, "Leaver"), "{ran:?}");
    }
}

#[tokio::test]
async fn p7_a_plan_by_another_address_column_is_not_worked_on() {
    let desk = leavers_and_managers().await;
    let ran = desk
        .run("plan r.csv --disable --email-column 'Manager mail'")
        .await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let ran = desk
        .run(&format!(
            "run r.csv --disable --email-column 'Leaver mail' --confirm 2 {OPEN}"
        ))
        .await;
    desk.untouched(&["M1", "M2"]);
    if ran.code == Some(0) {
        assert!(!desk.books().active().contains("L1"), "{ran:?}");
    }
}

#[tokio::test]
async fn p7_a_job_that_has_begun_is_not_continued_by_another_column() {
    let desk = leavers_and_managers().await;
    let ran = desk
        .run(&format!(
            "run r.csv --disable --id-column Leaver --confirm 2 {OPEN}"
        ))
        .await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    desk.books().clear();
    let ran = desk
        .run(&format!(
            "run r.csv --disable --id-column Manager --confirm 2 {OPEN}"
        ))
        .await;
    // It is another job, or refused; it is not said to be done.
    let done = !desk.books().active().contains("M1");
    assert!(done || ran.code != Some(0), "{ran:?}");
}

#[tokio::test]
async fn p7_a_workspace_without_members_is_reported_and_is_no_success() {
    for from in [
        "--from-workspace w1x",
        "--from-workspace w1 --from-workspace w1x",
        "--no-lookup --from-workspace w1x",
    ] {
        let desk = Desk::plain(crowd(3)).await;
        let ran = desk.agree(&format!("run r.csv {from} {OPEN}")).await;
        assert_ne!(ran.code, Some(0), "{ran:?}");
        let words: String = [ran.stdout.as_str(), ran.stderr.as_str()]
            .concat()
            .lines()
            .filter(|line| !line.contains("to continue: "))
            .collect();
        assert!(words.contains("w1x"), "{ran:?}");
    }
}

#[tokio::test]
async fn p7_a_workspace_that_others_have_is_no_mistake() {
    let mut people = crowd(3);
    people.push(("U4".to_owned(), person("u4@x.com").with(&["w9"])));
    let desk = Desk::plain(people).await.roster("User ID\nU1\nU2\n");
    let ran = desk
        .run(&format!("run r.csv --from-workspace w9 --confirm 0 {OPEN}"))
        .await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    desk.no_user_written();
}

/// Bob is U1 and Ada is U2.
async fn two_people(roster: &str) -> Desk {
    let people = vec![
        ("U1".to_owned(), person("bob@x.com")),
        ("U2".to_owned(), person("ada@x.com")),
        ("U3".to_owned(), person("eve@x.com")),
    ];
    Desk::plain(people).await.roster(roster)
}

#[tokio::test]
async fn p7_a_line_of_two_people_is_reported_and_not_written() {
    let desk = two_people("User ID,Email\nU1,ada@x.com\nU3,eve@x.com\n").await;
    let command = format!("run r.csv {BOTH} {OPEN}");
    let ran = desk.agree(&command).await;
    desk.untouched(&["U1", "U2"]);
    assert_ne!(ran.code, Some(0), "{ran:?}");
    assert!(said(&ran, "U1") || said(&ran, "line 2"), "{ran:?}");

    desk.agree(&format!("{command} --allow-mismatch --new"))
        .await;
    desk.untouched(&["U2"]);
    assert!(desk.are_gone(&["U1", "U3"]), "a flag accepts it");
}

#[tokio::test]
async fn p7_lines_that_fit_are_no_mismatch_whatever_their_case() {
    for roster in [
        "User ID,Email\nU1,bob@x.com\n",
        "User ID,Email\nU1,BOB@X.COM\n",
        "User ID,Email\nU1,\n",
    ] {
        let desk = two_people(roster).await;
        let ran = desk
            .run(&format!("run r.csv {BOTH} --confirm 1 {OPEN}"))
            .await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(desk.are_gone(&["U1"]));
        assert_eq!(
            desk.books().state("U2"),
            Some(State::new(true, &["w1", "w2"]))
        );
    }
}
