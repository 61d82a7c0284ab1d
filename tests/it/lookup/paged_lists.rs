//! Lists that seem to end early, or cannot be paged: the users behind that point are not missing.

use crate::support::{BOTH, Desk, names};
use crate::test_provider::{End, Filters, Habits, Paging, Start, Total, crowd};

/// Three pages, of as many users as are asked for.
const MANY: usize = 30;
const PAGE: usize = 10;

/// The first, those at the edges of pages, and some between.
const FAR: [usize; 7] = [1, 3, 10, 11, 12, 23, 30];

/// Names can be found by the list alone.
fn by_list() -> Habits {
    Habits {
        filters: Filters::Refused,
        page: PAGE,
        ..Habits::default()
    }
}

/// A desk whose profile asks for pages of ten.
async fn desk(habits: Habits) -> Desk {
    let profile = concat!(env!("CARGO_MANIFEST_DIR"), "/config/profiles/rfc7644.toml");
    let profile = std::fs::read_to_string(profile).unwrap();
    let (before, after) = profile.split_once("[scim.find]\n").unwrap();
    let mut desk = Desk::new(crowd(MANY), habits).await;
    let own = format!("{before}[scim.find]\npage-size = {PAGE}\n{after}");
    desk.write("own.toml", &own);
    desk.set("OFFBOARD_PROFILE", "own.toml");
    desk
}

fn far() -> Vec<String> {
    FAR.iter().map(|number| format!("U{number}")).collect()
}

/// By names, and by the ids of the whole tenant.
async fn walks(habits: Habits, found: bool) {
    let told = format!("{habits:?}");
    let desk = desk(habits.clone()).await.roster(&names(FAR));
    desk.all_are_found_or_unresolved(BOTH, &far(), &told).await;
    if found {
        let far = far();
        let far: Vec<_> = far.iter().map(String::as_str).collect();
        assert!(desk.are_gone(&far), "by name: {told}");
    }
    let desk = self::desk(habits).await;
    let everybody: Vec<_> = (1..=MANY).map(|number| format!("U{number}")).collect();
    desk.all_are_found_or_unresolved(BOTH, &everybody, &told)
        .await;
    // Ids can always be asked for one by one.
    assert!(desk.books().active().is_empty(), "by id: {told}");
}

#[tokio::test]
async fn p2_a_total_that_is_untrue_is_no_end() {
    for total in [
        Total::Page,
        Total::Capped(10),
        Total::Capped(15),
        Total::Missing,
        Total::Zero,
        Total::MinusOne,
    ] {
        walks(Habits { total, ..by_list() }, true).await;
    }
}

#[tokio::test]
async fn p2_a_page_that_is_smaller_than_asked_for_is_no_end() {
    for total in [Total::True, Total::Page, Total::Missing] {
        walks(
            Habits {
                total,
                page: 3,
                ..by_list()
            },
            // Without a total a small page cannot be distinguished from the last one.
            total == Total::True,
        )
        .await;
    }
}

#[tokio::test]
async fn p2_no_user_is_missing_where_start_index_means_something_else() {
    for (start, found) in [
        (Start::FromZero, false),
        (Start::Ignored, false),
        (Start::Page, false),
    ] {
        walks(Habits { start, ..by_list() }, found).await;
    }
}

#[tokio::test]
async fn p2_no_user_is_missing_from_a_list_with_cursors() {
    for total in [Total::True, Total::Missing] {
        walks(
            Habits {
                paging: Paging::Cursor,
                total,
                ..by_list()
            },
            false,
        )
        .await;
    }
}

#[tokio::test]
async fn p2_the_end_of_a_list_is_understood_in_every_form() {
    for end in [End::Empty, End::NotFound, End::Null, End::LeftOut] {
        for total in [Total::True, Total::Page, Total::Missing] {
            walks(
                Habits {
                    total,
                    end,
                    ..by_list()
                },
                true,
            )
            .await;
        }
    }
}

#[tokio::test]
async fn an_export_of_an_odd_list_is_whole_or_says_that_it_is_not() {
    for habits in [
        Habits {
            total: Total::Page,
            ..by_list()
        },
        Habits {
            start: Start::Page,
            ..by_list()
        },
        Habits {
            start: Start::Ignored,
            ..by_list()
        },
        Habits {
            paging: Paging::Cursor,
            ..by_list()
        },
    ] {
        let told = format!("{habits:?}");
        let desk = desk(habits).await;
        let ran = desk.run("users export -o out.csv").await;
        let lines = desk.read("out.csv").lines().count();
        let whole = lines == MANY + 1;
        assert!(
            whole || ran.code != Some(0),
            "{told}: {lines} lines: {ran:?}"
        );
    }
}
