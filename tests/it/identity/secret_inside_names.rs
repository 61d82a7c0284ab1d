//! A secret is hidden in what is printed, never in what is decided or sent.

use crate::support::{BOTH, Desk, OPEN};
use crate::test_provider::{Person, State, crowd, person};

/// A short password, and one that is long enough to be worth hiding.
const PASSWORDS: [&str; 2] = ["admin", "administrator"];

async fn desk(people: Vec<(String, Person)>, password: &str) -> Desk {
    let mut desk = Desk::plain(people).await;
    desk.sign_in_as("boss@x.com", password);
    desk
}

#[tokio::test]
async fn p7_a_password_within_a_name_does_not_undo_its_protection() {
    for password in PASSWORDS {
        let mut people = crowd(3);
        people[0].1 = person(&format!("{password}@example.com"));
        let desk = desk(people, password).await;
        desk.agree(&format!("run r.csv {BOTH} {OPEN} --protect '{password}@*'"))
            .await;
        desk.untouched(&["U1"]);
        assert!(desk.are_gone(&["U2", "U3"]));
    }
}

#[tokio::test]
async fn p7_a_password_within_the_name_of_the_account_does_not_expose_it() {
    for password in PASSWORDS {
        let name = format!("{password}@example.com");
        let mut people = crowd(3);
        people[0].1 = person(&name);
        let mut desk = Desk::plain(people).await;
        desk.sign_in_as(&name, password);
        for lookup in ["", "--no-lookup --new"] {
            desk.agree(&format!("run r.csv {BOTH} {OPEN} {lookup}"))
                .await;
            desk.untouched(&["U1"]);
        }
    }
}

#[tokio::test]
async fn p11_a_password_within_a_workspace_is_given_back_whole() {
    for password in PASSWORDS {
        let workspace = format!("ws-{password}-1");
        let mut people = crowd(2);
        people[0].1 = person("u1@x.com").with(&[&workspace, "w2", "w3"]);
        let had = State::new(true, &[&workspace, "w2", "w3"]);
        for change in [BOTH, "--from-workspace w2"] {
            let desk = desk(people.clone(), password).await.roster("User ID\nU1\n");
            let ran = desk
                .run(&format!("run r.csv {change} --confirm 1 {OPEN}"))
                .await;
            assert_eq!(ran.code, Some(0), "{ran:?}");
            if change != BOTH {
                let left = State::new(true, &[&workspace, "w3"]);
                assert_eq!(desk.books().state("U1"), Some(left));
            }
            let row = desk.row("U1").await;
            assert!(row["workspaces_before"].contains(&workspace), "{row:?}");
            let ran = desk.agree(&format!("undo {OPEN}")).await;
            assert_eq!(ran.code, Some(0), "{ran:?}");
            assert_eq!(desk.books().state("U1"), Some(had.clone()));
        }
    }
}

#[tokio::test]
async fn a_password_within_an_id_leaves_the_id_as_it_is() {
    for password in PASSWORDS {
        let id = format!("x-{password}-7");
        let mut people = crowd(2);
        people.push((id.clone(), person(&format!("{password}.seven@x.com"))));
        let desk = desk(people, password)
            .await
            .roster(&format!("User ID\n{id}\n"));
        let ran = desk
            .run(&format!("run r.csv {BOTH} --confirm 1 {OPEN}"))
            .await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(desk.are_gone(&[&id]));
        let row = desk.row(&id).await;
        assert_eq!(row["user_name"], format!("{password}.seven@x.com"));
        let ran = desk.run("verify").await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
}

#[tokio::test]
async fn an_address_that_contains_the_password_is_found() {
    for password in PASSWORDS {
        let mut people = crowd(3);
        people[1].1 = person(&format!("{password}.two@x.com"));
        let desk = desk(people, password)
            .await
            .roster(&format!("Email\n{password}.two@x.com\n"));
        let ran = desk
            .run(&format!("run r.csv {BOTH} --confirm 1 {OPEN}"))
            .await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(desk.are_gone(&["U2"]));
    }
}
