//! Whether a name is unique is decided at the end of the look-up, and who is not certain has no id.

use crate::support::{BOTH, Desk, OPEN, names};
use crate::test_provider::{Filters, Habits, Names, Person, crowd, person};

/// 250 users; `AAA` comes first, `BBB` of the same name far behind.
fn two_of_a_name() -> Vec<(String, Person)> {
    let mut people = crowd(250);
    people.insert(0, ("AAA".to_owned(), person("ada@x.com")));
    people.insert(180, ("BBB".to_owned(), person("Ada@x.com")));
    people
}

fn roster(others: impl IntoIterator<Item = usize>) -> String {
    names(others).replacen("Email\n", "Email\nada@x.com\n", 1)
}

fn habits() -> [Habits; 2] {
    [Filters::Obeyed, Filters::Refused].map(|filters| Habits {
        filters,
        ..Habits::default()
    })
}

#[tokio::test]
async fn p7_a_second_user_of_a_name_is_seen_however_far_behind() {
    for habits in habits() {
        // All the others are on the first page; few names, and many.
        for others in [1..=3, 1..=80] {
            let desk = Desk::new(two_of_a_name(), habits.clone())
                .await
                .roster(&roster(others.clone()));
            let ran = desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
            desk.untouched(&["AAA", "BBB"]);
            assert_eq!(ran.code, Some(10), "{ran:?}");
            assert_eq!(desk.books().written().len(), others.count());
            assert_eq!(desk.outcomes().await[&2], "failed");
        }
    }
}

#[tokio::test]
async fn p7_retry_leaves_an_ambiguous_user_alone() {
    for habits in habits() {
        let desk = Desk::new(two_of_a_name(), habits)
            .await
            .roster(&roster((1..=249).step_by(2)));
        desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
        desk.agree(&format!("retry {OPEN}")).await;
        for confirm in [0, 1, 126] {
            desk.run(&format!("retry --confirm {confirm} {OPEN}")).await;
        }
        desk.untouched(&["AAA", "BBB"]);
        let rows = desk.rows().await;
        let row = rows.iter().find(|row| row["line"] == "2").unwrap();
        assert_eq!(row["user_id"], "", "{row:?}");
        assert_eq!(row["reason"], "ambiguous", "{row:?}");
    }
}

#[tokio::test]
async fn p7_a_name_that_became_unique_is_looked_up_before_it_is_written() {
    let desk = Desk::plain(two_of_a_name()).await.roster(&roster(1..=3));
    desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
    // The first of the two has gone: the name means the other now.
    desk.books().delete("AAA");
    desk.agree(&format!("retry {OPEN}")).await;
    desk.untouched(&["AAA"]);
    let outcome = &desk.outcomes().await[&2];
    let gone = desk.are_gone(&["BBB"]);
    assert_eq!(gone, outcome == "removed", "{outcome}");
}

/// Where a search folds no case, the first spelling that hits need not be the only one.
#[tokio::test]
async fn p7_a_second_user_in_another_case_is_seen_though_searches_fold_none() {
    let roster = |name: &str| format!("Email\n{name}\nu1@x.com\n");
    for name in ["ADA@x.com", "ada@x.com", "Ada@x.com"] {
        for list in [true, false] {
            let habits = Habits {
                names: Names::Exact,
                list,
                ..Habits::default()
            };
            let desk = Desk::new(two_of_a_name(), habits)
                .await
                .roster(&roster(name));
            let ran = desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
            desk.untouched(&["AAA", "BBB"]);
            assert_eq!(ran.code, Some(10), "{ran:?}");
            assert_eq!(desk.outcomes().await[&2], "failed", "{name} {list}");
            // Another one can be excluded only by the list.
            assert_eq!(desk.are_gone(&["U1"]), list, "{name}");
        }
    }
}
