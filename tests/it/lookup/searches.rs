//! A search without a result does not prove that the user is missing.

use crate::support::{BOTH, Desk, OPEN, names};
use crate::test_provider::{Filters, Habits, Joined, Names, crowd, person};

/// Users of a tenant that is searched rather than read.
const MANY: usize = 250;

fn ids(numbers: &[usize]) -> Vec<String> {
    numbers.iter().map(|number| format!("U{number}")).collect()
}

/// Habits of services by which a search misses.
fn misses() -> Vec<Habits> {
    let joined = [
        Joined::Refused,
        Joined::OneName,
        Joined::LastOnly,
        Joined::Nobody,
    ]
    .map(|joined| Habits {
        joined,
        ..Habits::default()
    });
    let filters = [Filters::Refused, Filters::Ignored, Filters::NamesOnly].map(|filters| Habits {
        filters,
        ..Habits::default()
    });
    joined.into_iter().chain(filters).collect()
}

#[tokio::test]
async fn p2_names_missed_by_a_search_are_found_in_another_way() {
    let who = [1, 120, 240];
    for habits in misses() {
        let told = format!("{habits:?}");
        let desk = Desk::new(crowd(MANY), habits).await.roster(&names(who));
        desk.all_are_found_or_unresolved(BOTH, &ids(&who), &told)
            .await;
        let ids = ids(&who);
        let ids: Vec<_> = ids.iter().map(String::as_str).collect();
        assert!(desk.are_gone(&ids), "the list has them all: {told}");
    }
}

#[tokio::test]
async fn p2_names_missed_by_a_search_are_not_called_missing_where_there_is_no_list() {
    let who = [1, 120, 240];
    for mut habits in misses() {
        habits.list = false;
        let told = format!("{habits:?}");
        let desk = Desk::new(crowd(MANY), habits).await.roster(&names(who));
        desk.all_are_found_or_unresolved(BOTH, &ids(&who), &told)
            .await;
    }
}

#[tokio::test]
async fn where_only_single_names_can_be_searched_they_are_searched_singly() {
    for joined in [
        Joined::Refused,
        Joined::OneName,
        Joined::LastOnly,
        Joined::Nobody,
    ] {
        let habits = Habits {
            joined,
            list: false,
            ..Habits::default()
        };
        let who = [1, 2, 3, 120, 240];
        let desk = Desk::new(crowd(MANY), habits).await.roster(&names(who));
        let ran = desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
        assert_eq!(ran.code, Some(0), "{joined:?}: {ran:?}");
        assert_eq!(desk.books().written().len(), who.len());
    }
}

#[tokio::test]
async fn p2_no_user_is_missing_after_a_search_that_folds_no_case() {
    for list in [true, false] {
        let habits = Habits {
            names: Names::Exact,
            list,
            ..Habits::default()
        };
        let desk = Desk::new(crowd(MANY), habits).await;
        let desk = desk.roster("Email\nU1@X.COM\nu120@x.com\nU240@x.com\n");
        let who = ids(&[1, 120, 240]);
        desk.all_are_found_or_unresolved(BOTH, &who, "exact names")
            .await;
        // Without a list it is not known whether another user has the name in another case.
        let who: Vec<_> = who.iter().map(String::as_str).collect();
        assert_eq!(desk.are_gone(&who), list, "names in lower case");
        if !list {
            desk.no_user_written();
        }
    }
}

#[tokio::test]
async fn p2_a_name_in_capitals_at_the_provider_is_not_called_missing() {
    for list in [true, false] {
        let mut people = crowd(MANY);
        people[119].1 = person("Ada.Lovelace@x.com");
        let habits = Habits {
            names: Names::Exact,
            list,
            ..Habits::default()
        };
        let desk = Desk::new(people, habits)
            .await
            .roster("Email\nADA.lovelace@x.com\nu1@x.com\n");
        let who = ids(&[1, 120]);
        desk.all_are_found_or_unresolved(BOTH, &who, "capitals")
            .await;
    }
}

#[tokio::test]
async fn a_user_that_does_not_exist_is_not_found() {
    let desk = Desk::plain(crowd(MANY))
        .await
        .roster("Email\nu1@x.com\nstranger@x.com\n");
    let ran = desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    assert_eq!(desk.outcomes().await[&3], "not_found");
    assert!(desk.are_gone(&["U1"]));
}

#[tokio::test]
async fn p7_a_filter_that_is_ignored_chooses_no_user() {
    // Each search is answered with all users, and only one page of them is shown.
    for list in [true, false] {
        let habits = Habits {
            filters: Filters::Ignored,
            list,
            page: 1,
            ..Habits::default()
        };
        let desk = Desk::new(crowd(40), habits)
            .await
            .roster("Email\nu17@x.com\nstranger@x.com\n");
        let ran = desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
        let written = desk.books().written();
        assert!(written.iter().all(|id| id == "U17"), "{written:?}");
        assert_ne!(ran.code, Some(0), "{ran:?}");
    }
}
