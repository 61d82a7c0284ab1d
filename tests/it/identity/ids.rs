//! Two ids that differ in case are two people (RFC 7643 §3.1), unless the profile says otherwise.

use crate::support::{BOTH, Desk, OPEN};
use crate::test_provider::{Habits, Person, State, crowd, person};

/// Both strategies of a look-up: a tenant of one page, and one that is too large for its list.
const OTHERS: [usize; 2] = [3, 400];

/// `aB` and `ab`, and so many others.
fn pair(others: usize, first: Person, second: Person) -> Vec<(String, Person)> {
    let mut people = vec![("aB".to_owned(), first), ("ab".to_owned(), second)];
    people.extend(crowd(others));
    people
}

fn had() -> State {
    State::new(true, &["w1", "w2"])
}

#[tokio::test]
async fn p7_the_state_of_one_id_says_nothing_of_another() {
    for others in OTHERS {
        let people = pair(others, person("one@x.com"), person("two@x.com").gone());
        let desk = Desk::plain(people).await.roster("User ID\naB\nU1\n");
        let ran = desk
            .run(&format!("run r.csv {BOTH} --confirm 2 {OPEN}"))
            .await;
        assert_eq!(ran.code, Some(0), "{others}: {ran:?}");
        assert!(desk.are_gone(&["aB", "U1"]));
        let row = desk.row("aB").await;
        assert_eq!(row["outcome"], "removed", "{row:?}");
        assert_eq!(row["user_name"], "one@x.com", "{row:?}");
        desk.untouched(&["ab"]);
    }
}

#[tokio::test]
async fn p7_two_ids_that_differ_in_case_are_no_duplicates() {
    for others in OTHERS {
        let people = pair(others, person("one@x.com"), person("two@x.com"));
        let desk = Desk::plain(people).await.roster("User ID\naB\nab\naB\n");
        let ran = desk
            .run(&format!("run r.csv {BOTH} --confirm 2 {OPEN}"))
            .await;
        assert_eq!(ran.code, Some(0), "{others}: {ran:?}");
        assert!(desk.are_gone(&["aB", "ab"]));
        let outcomes = desk.outcomes().await;
        let outcomes: Vec<_> = outcomes.values().map(String::as_str).collect();
        assert_eq!(outcomes, ["removed", "removed", "duplicate"]);
    }
}

#[tokio::test]
async fn p7_one_that_is_not_there_is_not_found_though_the_other_is() {
    for others in OTHERS {
        let mut people = crowd(others);
        people.push(("ab".to_owned(), person("two@x.com")));
        let desk = Desk::plain(people).await.roster("User ID\naB\nU1\n");
        desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
        desk.untouched(&["ab"]);
        assert_eq!(desk.books().state("ab"), Some(had()));
        assert!(desk.are_gone(&["U1"]));
        assert_eq!(desk.outcomes().await[&2], "not_found");
    }
}

#[tokio::test]
async fn p7_protection_of_one_id_is_not_that_of_the_other() {
    for (pattern, safe, leaves) in [
        ("--protect aB", "aB", "ab"),
        ("--protect ab", "ab", "aB"),
        ("--protect one@x.com", "aB", "ab"),
        ("--protect two@x.com", "ab", "aB"),
        ("--self aB", "aB", "ab"),
        ("--self ab", "ab", "aB"),
    ] {
        for others in OTHERS {
            let people = pair(others, person("one@x.com"), person("two@x.com"));
            let desk = Desk::plain(people).await.roster("User ID\naB\nab\n");
            let ran = desk
                .run(&format!("run r.csv {BOTH} --confirm 1 {OPEN} {pattern}"))
                .await;
            assert_eq!(ran.code, Some(0), "{pattern}: {ran:?}");
            desk.untouched(&[safe]);
            assert!(desk.are_gone(&[leaves]), "{pattern}");
            assert_eq!(desk.row(safe).await["outcome"], "protected");
        }
    }
}

#[tokio::test]
async fn an_export_has_a_line_for_each_of_two_ids() {
    let people = pair(3, person("one@x.com"), person("two@x.com"));
    let desk = Desk::plain(people).await;
    let ran = desk.run("users export -o out.csv").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let text = desk.read("out.csv").replace('"', "");
    let has = |id: &str| text.lines().any(|line| line.starts_with(&format!("{id},")));
    assert!(has("aB") && has("ab"), "{text}");
}

#[tokio::test]
async fn explain_shows_one_id_only() {
    let people = pair(3, person("one@x.com"), person("two@x.com"));
    let desk = Desk::plain(people).await.roster("User ID\naB\nab\n");
    let ran = desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for (id, own, other) in [("aB", "one@", "two@"), ("ab", "two@", "one@")] {
        let ran = desk.run(&format!("explain {id}")).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(ran.stdout.contains(own), "{ran:?}");
        assert!(!ran.stdout.contains(other), "{ran:?}");
    }
}

#[tokio::test]
async fn p2_verify_and_undo_look_at_the_right_one_of_two_ids() {
    for others in OTHERS {
        let people = pair(others, person("one@x.com"), person("two@x.com"));
        let desk = Desk::plain(people).await.roster("User ID\naB\nU1\n");
        let ran = desk
            .run(&format!("run r.csv {BOTH} --confirm 2 {OPEN}"))
            .await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let ran = desk.run("verify").await;
        assert_eq!(ran.code, Some(0), "ab was never in the job: {ran:?}");

        desk.books().change("aB", |user| user.active = true);
        desk.books()
            .change("ab", |user| *user = user.clone().gone());
        let ran = desk.run("verify").await;
        assert_eq!(ran.code, Some(12), "{ran:?}");

        desk.books().change("aB", |user| user.active = false);
        desk.books().clear();
        let ran = desk.agree(&format!("undo {OPEN}")).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(desk.books().state("aB"), Some(had()));
        desk.untouched(&["ab"]);
    }
}

#[tokio::test]
async fn p7_workspaces_that_differ_in_case_are_two() {
    let mut people = crowd(3);
    people[0].1 = person("u1@x.com").with(&["wA", "wa"]);
    let desk = Desk::plain(people).await.roster("User ID\nU1\n");
    let ran = desk
        .run(&format!("run r.csv --from-workspace wA --confirm 1 {OPEN}"))
        .await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(desk.books().state("U1"), Some(State::new(true, &["wa"])));
    desk.agree(&format!("undo {OPEN}")).await;
    assert_eq!(
        desk.books().state("U1"),
        Some(State::new(true, &["wA", "wa"]))
    );
}

/// A desk with Anaplan's profile, by which ids have no case.
async fn folding(people: Vec<(String, Person)>) -> Desk {
    let habits = Habits {
        folded_ids: true,
        ..Habits::default()
    };
    let mut desk = Desk::new(people, habits).await;
    desk.set("OFFBOARD_PROFILE", "anaplan");
    desk.set("OFFBOARD_SIGN_IN", "bearer");
    desk
}

#[tokio::test]
async fn p7_where_ids_have_no_case_two_people_of_one_id_are_not_written() {
    // Lines for both, and for neither exactly.
    for roster in ["User ID\nAB\nU1\n", "User ID\nAb\nAB\nU1\n"] {
        let people = pair(3, person("one@x.com"), person("two@x.com"));
        let desk = folding(people).await.roster(roster);
        for confirm in 1..=3 {
            let command = format!("run r.csv {BOTH} --confirm {confirm} {OPEN}");
            let ran = desk.run(&command).await;
            assert_ne!(ran.code, Some(0), "{ran:?}");
        }
        desk.untouched(&["aB", "ab"]);
        let outcome = &desk.outcomes().await[&2];
        assert!(!["already", "removed"].contains(&outcome.as_str()));
    }
}

#[tokio::test]
async fn p7_where_ids_have_no_case_an_exact_one_wins() {
    let people = pair(3, person("one@x.com"), person("two@x.com").gone());
    let desk = folding(people).await.roster("User ID\naB\n");
    desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
    desk.untouched(&["ab"]);
    let outcome = desk.outcomes().await[&2].clone();
    assert!(
        outcome != "already" && (outcome == "removed") == desk.are_gone(&["aB"]),
        "{outcome}"
    );
}
