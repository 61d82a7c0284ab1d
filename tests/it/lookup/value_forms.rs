//! `active` that is no boolean, and ids that are numbers: what can be read is read, and what cannot is
//! not called a failure.

use crate::support::{BOTH, Desk, OPEN, ids, names};
use crate::test_provider::{Active, Habits, Patched, Person, State, crowd, person};

const SPOKEN: [Active; 4] = [
    Active::Number,
    Active::Digit,
    Active::Word,
    Active::OnlyTrue,
];

#[tokio::test]
async fn p2_a_change_that_was_made_is_not_made_again_for_the_way_it_is_shown() {
    for active in SPOKEN {
        for patched in [Patched::Shown, Patched::NoContent] {
            for change in ["--disable", BOTH] {
                let habits = Habits {
                    active,
                    patched,
                    ..Habits::default()
                };
                let desk = Desk::new(crowd(20), habits).await.roster(&ids(1..=2));
                let ran = desk.agree(&format!("run r.csv {change} {OPEN}")).await;
                let told = format!("{active:?} {patched:?} {change}: {ran:?}");
                for id in ["U1", "U2"] {
                    let writes = desk
                        .books()
                        .count(|call| call.is_write() && call.is_for(id));
                    assert!((1..=2).contains(&writes), "{writes} writes: {told}");
                    assert!(!desk.books().active().contains(id), "{told}");
                    assert_ne!(desk.row(id).await["outcome"], "failed", "{told}");
                }
                if active != Active::OnlyTrue {
                    assert_eq!(ran.code, Some(0), "{told}");
                }
            }
        }
    }
}

#[tokio::test]
async fn p11_a_user_whose_active_is_no_boolean_is_given_back() {
    for active in [Active::Number, Active::Digit, Active::Word] {
        let habits = Habits {
            active,
            ..Habits::default()
        };
        let desk = Desk::new(crowd(20), habits).await.roster(&ids(1..=2));
        desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
        desk.agree(&format!("undo {OPEN}")).await;
        let had = Some(State::new(true, &["w1", "w2"]));
        for id in ["U1", "U2"] {
            assert_eq!(desk.books().state(id), had, "{active:?}");
        }
    }
}

/// Users whose ids are digits.
fn numbered() -> Vec<(String, Person)> {
    let numbers = 1..=20;
    numbers
        .map(|number| {
            let name = format!("u{number}@x.com");
            ((1000 + number).to_string(), person(&name))
        })
        .collect()
}

#[tokio::test]
async fn users_with_numbers_for_ids_are_found_removed_verified_and_given_back() {
    let by_number = "User ID\n1001\n1002\n".to_owned();
    let all: Vec<_> = (1001..=1020).map(|id: u32| id.to_string()).collect();
    for roster in [
        by_number,
        names([1, 2]),
        format!("User ID\n{}\n", all.join("\n")),
    ] {
        let habits = Habits {
            numeric_ids: true,
            ..Habits::default()
        };
        let desk = Desk::new(numbered(), habits).await.roster(&roster);
        let ran = desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(desk.are_gone(&["1001", "1002"]));
        let ran = desk.run("verify").await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let ran = desk.agree(&format!("undo {OPEN}")).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let had = Some(State::new(true, &["w1", "w2"]));
        assert_eq!(desk.books().state("1001"), had);
    }
}

#[tokio::test]
async fn p7_protection_knows_ids_that_are_numbers() {
    let habits = Habits {
        numeric_ids: true,
        ..Habits::default()
    };
    let desk = Desk::new(numbered(), habits).await;
    desk.agree(&format!("run r.csv {BOTH} {OPEN} --protect 1003"))
        .await;
    desk.untouched(&["1003"]);
    assert!(desk.are_gone(&["1001", "1020"]));
}

#[tokio::test]
async fn p11_access_whose_ids_are_numbers_is_taken_and_given_back() {
    let mut people = numbered();
    people[0].1 = person("u1@x.com").with(&["7", "8"]);
    for (change, left) in [
        (BOTH, State::new(false, &[])),
        ("--from-workspace 7", State::new(true, &["8"])),
    ] {
        let habits = Habits {
            numeric_ids: true,
            ..Habits::default()
        };
        let desk = Desk::new(people.clone(), habits)
            .await
            .roster("User ID\n1001\n");
        let ran = desk.agree(&format!("run r.csv {change} {OPEN}")).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(desk.books().state("1001"), Some(left));
        desk.agree(&format!("undo {OPEN}")).await;
        let had = State::new(true, &["7", "8"]);
        assert_eq!(desk.books().state("1001"), Some(had));
    }
}
