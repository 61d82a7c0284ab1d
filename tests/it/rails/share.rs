//! A share of an unknown number allows nothing, and the message names the flag that allows it.

use crate::support::{Desk, OPEN, ids};
use crate::test_provider::{Filters, Habits, Person, Total, crowd, person};

/// A thousand users. The first ten are active.
fn few_active() -> Vec<(String, Person)> {
    let numbers = 1..=1000;
    let user = |number: usize| {
        let user = person(&format!("u{number}@x.com"));
        let user = if number <= 10 { user } else { user.disabled() };
        (format!("U{number}"), user)
    };
    numbers.map(user).collect()
}

async fn desk(habits: Habits, leavers: usize) -> Desk {
    let desk = Desk::new(few_active(), habits).await;
    desk.roster(&ids(1..=leavers))
}

#[tokio::test]
async fn p7_a_share_that_cannot_be_counted_is_refused_and_the_flag_is_named() {
    for filters in [Filters::Refused, Filters::NamesOnly] {
        for list in [true, false] {
            let habits = Habits {
                filters,
                list,
                ..Habits::default()
            };
            let desk = desk(habits, 9).await;
            let ran = desk.run("run r.csv --disable --confirm 9").await;
            desk.no_user_written();
            assert_eq!(ran.code, Some(6), "{ran:?}");
            assert!(ran.stderr.contains("--cap-share"), "{ran:?}");
            let ran = desk
                .run(&format!("run r.csv --disable --confirm 9 {OPEN}"))
                .await;
            assert_eq!(ran.code, Some(0), "{ran:?}");
            assert_eq!(desk.books().active().len(), 1);
        }
    }
}

#[tokio::test]
async fn p7_a_share_that_cannot_be_known_names_the_flag_that_allows_it() {
    let habits = Habits {
        filters: Filters::Refused,
        list: false,
        ..Habits::default()
    };
    let desk = desk(habits, 1).await;
    let ran = desk.run("run r.csv --disable --confirm 1").await;
    desk.no_user_written();
    assert_eq!(ran.code, Some(6), "{ran:?}");
    assert!(ran.stderr.contains("--cap-share 100%"), "{ran:?}");
}

#[tokio::test]
async fn p7_a_server_that_ignores_filters_does_not_stretch_the_share() {
    let habits = Habits {
        filters: Filters::Ignored,
        ..Habits::default()
    };
    let desk = desk(habits, 5).await;
    let ran = desk.run("run r.csv --disable --confirm 5").await;
    desk.no_user_written();
    assert_eq!(ran.code, Some(6), "{ran:?}");
}

#[tokio::test]
async fn p7_a_share_is_counted_from_a_list_that_was_seen_whole() {
    let habits = Habits {
        filters: Filters::Refused,
        ..Habits::default()
    };
    let desk = Desk::new(crowd(20), habits).await.roster(&ids(1..=3));
    let ran = desk.run("run r.csv --disable --confirm 3").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(desk.books().active().len(), 17);
}

#[tokio::test]
async fn p7_a_share_of_a_list_that_is_cut_is_not_believed() {
    // More are to go than the list says there are: that alone shows that it is cut.
    for total in [Total::Page, Total::Capped(10), Total::Zero, Total::MinusOne] {
        let habits = Habits {
            total,
            page: 10,
            ..Habits::default()
        };
        let desk = Desk::new(crowd(60), habits).await.roster(&ids(1..=30));
        let ran = desk.run("run r.csv --disable --confirm 30").await;
        desk.no_user_written();
        assert_eq!(ran.code, Some(6), "{total:?}: {ran:?}");
        assert!(ran.stderr.contains("--cap-share"), "{ran:?}");
        let command = format!("run r.csv --disable --confirm 30 {OPEN}");
        let ran = desk.run(&command).await;
        assert_eq!(ran.code, Some(0), "100% is a way out: {total:?}: {ran:?}");
        assert_eq!(desk.books().active().len(), 30);
    }
}
