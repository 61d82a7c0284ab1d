//! `undo` gives users exactly what the job took, and does not touch users that others changed since.

use offboard::sandbox::UserBook;

use crate::support::{Bed, Running, finish};

/// What users have, comparable.
fn state(users: &[UserBook]) -> Vec<(bool, Vec<String>)> {
    let sorted = |user: &UserBook| {
        let mut workspaces = user.workspaces.clone();
        workspaces.sort();
        (user.active, workspaces)
    };
    users.iter().map(sorted).collect()
}

#[tokio::test]
async fn p11_undo_restores_each_user_exactly() {
    let bed = Bed::with_users(60).await;
    bed.change_as_another_administrator(3, r#"[{"op":"replace","path":"active","value":false}]"#)
        .await;
    bed.change_as_another_administrator(4, r#"[{"op":"remove","path":"entitlements"}]"#)
        .await;
    let had = state(&bed.books.users());
    bed.write_roster(&[]);
    assert_eq!(finish(bed.run_all(60)).await.code, Some(0));
    assert_ne!(state(&bed.books.users()), had);

    let ran = finish(bed.verb("undo", "--plan-only")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("to be restored         60"), "{ran:?}");
    assert!(ran.stderr.contains("roles and selective access"), "{ran:?}");
    let ran = finish(bed.verb("undo", "")).await;
    assert_eq!(ran.code, Some(6), "{ran:?}");
    assert!(
        ran.stderr.contains("gives access back to 60 users"),
        "{ran:?}"
    );
    let ran = finish(bed.verb("undo", "--confirm 60")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("restored           60"), "{ran:?}");
    assert_eq!(state(&bed.books.users()), had);

    // Said again, it is the same undo, and it is done.
    let requests = bed.books.requests().len();
    let ran = finish(bed.verb("undo", "--confirm 60")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("nothing is left to do"), "{ran:?}");
    assert_eq!(bed.books.requests().len(), requests);
    // The job itself is still the latest, and an undo is not undone.
    let ran = finish(bed.offboard(&["status"])).await;
    assert!(ran.stdout.contains("disable+remove-access"), "{ran:?}");
}

#[tokio::test]
async fn p11_an_undo_that_was_killed_half_way_is_finished_by_the_same_command() {
    let bed = Bed::faulty(150, "latency=5ms").await;
    let had = state(&bed.books.users());
    assert_eq!(finish(bed.run_all(150)).await.code, Some(0));
    for _ in 0..3 {
        let before = bed.books.requests().len();
        let mut running = Running::start(bed.verb("undo", "--confirm 150 --concurrency 2"));
        let books = bed.books.clone();
        running
            .reaches(|| books.requests().len() >= before + 40)
            .await;
        running.kill().await;
    }
    let ran = finish(bed.verb("undo", "--confirm 150")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(state(&bed.books.users()), had);
}

#[tokio::test]
async fn p11_a_user_that_others_have_changed_since_is_left_alone() {
    let bed = Bed::with_users(12).await;
    let had = bed.books.users();
    bed.write_roster(&[]);
    assert_eq!(finish(bed.run_all(12)).await.code, Some(0));
    let other = &had.iter().flat_map(|user| &user.workspaces).next().unwrap();
    let given = format!(
        r#"[{{"op":"replace","path":"entitlements","value":[{{"value":"{other}","type":"WORKSPACE"}}]}}]"#
    );
    // The first user that did not have this state before.
    let person = had
        .iter()
        .position(|user| user.workspaces != [(*other).clone()])
        .unwrap();
    bed.change_as_another_administrator(person, &given).await;
    let ran = finish(bed.verb("undo", "--confirm 11")).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    assert!(ran.stderr.contains("1 users were left alone"), "{ran:?}");
    assert!(ran.stderr.contains(&bed.people[person].id), "{ran:?}");
    assert_eq!(bed.book(person).workspaces, [(*other).clone()]);
    let now = state(&bed.books.users());
    for (number, had) in state(&had).into_iter().enumerate() {
        assert_eq!(now[number] == had, number != person, "{number}");
    }
}

#[tokio::test]
async fn p11_what_was_taken_from_one_workspace_is_given_back() {
    let bed = Bed::with_users(25).await;
    let had = bed.books.users();
    bed.write_roster(&[]);
    let target = had[0].workspaces[0].clone();
    let members = had
        .iter()
        .filter(|user| user.workspaces.contains(&target))
        .count();
    let mut command = bed.verb("run", "--from-workspace");
    command.arg(&target).arg(bed.path("leavers.csv"));
    command.args(["--confirm", &members.to_string()]);
    assert_eq!(finish(command).await.code, Some(0));
    let ran = finish(bed.verb("undo", &format!("--confirm {members}"))).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(state(&bed.books.users()), state(&had));
}

#[tokio::test]
async fn a_job_that_changed_no_user_has_nothing_to_give_back() {
    let bed = Bed::with_users(4).await;
    bed.write_roster(&[]);
    let off =
        r#"[{"op":"remove","path":"entitlements"},{"op":"replace","path":"active","value":false}]"#;
    for person in 0..4 {
        bed.change_as_another_administrator(person, off).await;
    }
    assert_eq!(finish(bed.run_all(0)).await.code, Some(0));
    let ran = finish(bed.verb("undo", "--confirm 0")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("has changed no user"), "{ran:?}");
}
