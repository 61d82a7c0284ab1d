//! A plan that is used later: the run reads a sample of users and judges by the names that it shows (P7).

use crate::support::{BOTH, Desk, OPEN, Ran};
use crate::test_provider::{crowd, person};

fn rename(desk: &Desk, id: &str, name: &str) {
    desk.books()
        .change(id, |user| name.clone_into(&mut user.name));
}

/// The sample reads the user, and says why the plan is stale; the same command then judges by what was
/// read.
async fn refused_then_barred(desk: &Desk, command: &str, users: usize) -> Ran {
    let first = desk
        .run(&format!("{command} --confirm {users} {OPEN}"))
        .await;
    assert_eq!(first.code, Some(6), "{first:?}");
    assert!(first.stderr.contains("stale"), "{first:?}");
    assert!(first.stderr.contains("\n  line 2: "), "{first:?}");
    desk.no_user_written();
    let again = desk
        .run(&format!("{command} --confirm {users} {OPEN}"))
        .await;
    desk.untouched(&["U1"]);
    again
}

#[tokio::test]
async fn p7_a_protected_name_that_the_sample_shows_is_not_written() {
    for change in ["--disable", "--delete", BOTH] {
        let desk = Desk::plain(crowd(3)).await;
        desk.run(&format!("plan r.csv {change}")).await;
        rename(&desk, "U1", "ceo@x.com");
        let command = format!("run r.csv {change} --protect ceo@x.com");
        let ran = refused_then_barred(&desk, &command, 3).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(desk.outcomes().await[&2], "protected");
        let ran = desk.run("audit verify").await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let ran = desk.run("explain U1").await;
        assert!(ran.stdout.contains("read again before"), "{ran:?}");
    }
}

#[tokio::test]
async fn p7_another_person_that_the_sample_shows_is_not_written() {
    for roster in [
        "Email\nada@x.com\nu2@x.com\n",
        "User ID,Email\nU1,ada@x.com\nU2,u2@x.com\n",
    ] {
        let mut people = crowd(3);
        people[0].1 = person("ada@x.com");
        let desk = Desk::plain(people).await.roster(roster);
        desk.run("plan r.csv --disable").await;
        rename(&desk, "U1", "zoe@x.com");
        rename(&desk, "U3", "ada@x.com");
        let ran = refused_then_barred(&desk, "run r.csv --disable", 2).await;
        assert_eq!(ran.code, Some(10), "{ran:?}");
        assert_eq!(desk.row("U1").await["reason"], "mismatch");
        assert!(!desk.books().active().contains("U2"));
    }
}

#[tokio::test]
async fn p7_the_acting_account_that_the_sample_shows_is_not_written() {
    let mut desk = Desk::plain(crowd(3)).await;
    desk.sign_in_as("admin@x.com", "a-long-password");
    desk.run("plan r.csv --disable").await;
    rename(&desk, "U1", "Admin@x.com");
    refused_then_barred(&desk, "run r.csv --disable", 3).await;
    assert_eq!(desk.outcomes().await[&2], "protected");
}

#[tokio::test]
async fn p7_an_undo_judges_by_the_names_of_its_sample() {
    let desk = Desk::plain(crowd(3)).await;
    desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
    desk.run("undo").await;
    rename(&desk, "U1", "ceo@x.com");
    desk.books().clear();
    refused_then_barred(&desk, "undo --protect ceo@x.com", 3).await;
    assert!(desk.are_gone(&["U1"]));
}

#[tokio::test]
async fn a_new_name_that_decides_nothing_makes_no_plan_stale() {
    let desk = Desk::plain(crowd(3)).await;
    desk.run("plan r.csv --disable").await;
    rename(&desk, "U1", "ada.new@x.com");
    let ran = desk
        .run(&format!("run r.csv --disable --confirm 3 {OPEN}"))
        .await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(desk.row("U1").await["user_name"], "ada.new@x.com");
}
