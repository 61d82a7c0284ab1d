//! Names are compared after Unicode normalisation and case folding, wherever they come from.

use crate::support::{BOTH, Desk, OPEN};
use crate::test_provider::{Habits, Names, Person, crowd, person};

/// é as one character, and as an e with an accent behind it.
const COMPOSED: &str = "jos\u{e9}@x.com";
const APART: &str = "jose\u{301}@x.com";

/// Both ways round, and in capitals.
const WAYS: [(&str, &str); 3] = [
    (COMPOSED, APART),
    (APART, COMPOSED),
    ("JOS\u{c9}@X.COM", APART),
];

fn with(name: &str) -> Vec<(String, Person)> {
    let mut people = crowd(4);
    people[0].1 = person(name);
    people
}

#[tokio::test]
async fn p7_a_name_that_is_composed_otherwise_is_protected() {
    for (pattern, name) in WAYS {
        for pattern in [pattern.to_owned(), pattern.replace("@x.com", "@*")] {
            let desk = Desk::plain(with(name)).await;
            let ran = desk
                .agree(&format!("run r.csv {BOTH} {OPEN} --protect '{pattern}'"))
                .await;
            desk.untouched(&["U1"]);
            assert_eq!(ran.code, Some(0), "{ran:?}");
            assert!(desk.are_gone(&["U2", "U3", "U4"]));
        }
    }
}

#[tokio::test]
async fn p7_the_acting_account_is_known_however_its_name_is_composed() {
    for (own, name) in WAYS {
        let mut desk = Desk::plain(with(name)).await;
        desk.sign_in_as(own, "a-long-password");
        desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
        desk.untouched(&["U1"]);
        assert!(desk.are_gone(&["U2"]));
    }
}

#[tokio::test]
async fn an_address_is_found_however_it_is_composed() {
    for (line, name) in WAYS {
        for names in [Names::Folded, Names::Exact] {
            let habits = Habits {
                names,
                ..Habits::default()
            };
            let desk = Desk::new(with(name), habits)
                .await
                .roster(&format!("Email\n{line}\n"));
            let ran = desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
            assert!(desk.are_gone(&["U1"]), "{line}: {names:?}: {ran:?}");
            assert_eq!(ran.code, Some(0), "{ran:?}");
        }
    }
}

#[tokio::test]
async fn one_address_composed_twice_is_one_user() {
    let desk = Desk::plain(with(APART))
        .await
        .roster(&format!("Email\n{COMPOSED}\n{APART}\n"));
    let ran = desk
        .run(&format!("run r.csv {BOTH} --confirm 1 {OPEN}"))
        .await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(desk.books().writes().len(), 1);
    assert!(desk.are_gone(&["U1"]));
}
