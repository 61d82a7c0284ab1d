//! Lists that leave attributes out: no user is settled, written or verified by what was not shown.

use crate::support::{BOTH, Desk, OPEN, ids, names};
use crate::test_provider::{Habits, Person, State, crowd, person};

/// What lists show beside the name, in services that exist.
const SHOWN: [&[&str]; 3] = [&[], &["active"], &["entitlements"]];

/// A tenant whose list is read, and one in which a few names are searched for.
fn leavers() -> [(usize, Vec<usize>, String); 2] {
    let (many, few) = ((1..=10).collect(), vec![1, 2, 3]);
    let (by_id, by_name) = (ids(1..=10), names(1..=3));
    [(12, many, by_id), (400, few, by_name)]
}

async fn desk(people: Vec<(String, Person)>, shown: &'static [&'static str], roster: &str) -> Desk {
    let habits = Habits {
        shown: Some(shown),
        ..Habits::default()
    };
    Desk::new(people, habits).await.roster(roster)
}

fn had() -> State {
    State::new(true, &["w1", "w2"])
}

#[tokio::test]
async fn p2_no_user_is_already_so_by_what_a_list_left_out() {
    for shown in SHOWN {
        for (people, who, roster) in leavers() {
            for change in ["--remove-access", "--disable", BOTH] {
                let desk = desk(crowd(people), shown, &roster).await;
                let ran = desk.agree(&format!("run r.csv {change} {OPEN}")).await;
                for number in &who {
                    let id = format!("U{number}");
                    let state = desk.books().state(&id).unwrap();
                    let done = (change == "--remove-access" || !state.active)
                        && (change == "--disable" || state.access.is_empty());
                    assert!(done, "{shown:?} {change}: {id} is {state:?}: {ran:?}");
                }
                assert_eq!(ran.code, Some(0), "{shown:?} {change}: {ran:?}");
                let outcomes = desk.outcomes().await;
                let removed = |outcome: &String| outcome == "removed";
                assert!(outcomes.values().all(removed), "{outcomes:?}");
            }
        }
    }
}

#[tokio::test]
async fn p11_what_a_list_left_out_is_given_back() {
    for shown in SHOWN {
        for (people, who, roster) in leavers() {
            for change in [BOTH, "--disable", "--from-workspace w1"] {
                let desk = desk(crowd(people), shown, &roster).await;
                let ran = desk.agree(&format!("run r.csv {change} {OPEN}")).await;
                assert_eq!(ran.code, Some(0), "{shown:?} {change}: {ran:?}");
                let ran = desk.agree(&format!("undo {OPEN}")).await;
                assert_eq!(ran.code, Some(0), "{shown:?} {change}: {ran:?}");
                for number in &who {
                    let state = desk.books().state(&format!("U{number}"));
                    assert_eq!(state, Some(had()), "{shown:?} {change}: U{number}");
                }
            }
        }
    }
}

#[tokio::test]
async fn p2_verify_confirms_nothing_that_it_was_not_shown() {
    for shown in SHOWN {
        for (people, _, roster) in leavers() {
            let desk = desk(crowd(people), shown, &roster).await;
            let ran = desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
            assert_eq!(ran.code, Some(0), "{ran:?}");
            let ran = desk.run("verify").await;
            assert_eq!(ran.code, Some(0), "{shown:?}: {ran:?}");
            desk.books()
                .change("U2", |user| user.access = vec!["w1".to_owned()]);
            let ran = desk.run("verify").await;
            assert_eq!(ran.code, Some(12), "{shown:?}: access: {ran:?}");
            desk.books().change("U2", |user| user.access.clear());
            desk.books().change("U3", |user| user.active = true);
            let ran = desk.run("verify").await;
            assert_eq!(ran.code, Some(12), "{shown:?}: active: {ran:?}");
        }
    }
}

#[tokio::test]
async fn p2_a_user_that_is_in_the_wanted_state_is_still_reported() {
    let mut people = crowd(12);
    people[1].1 = person("u2@x.com").gone();
    for shown in SHOWN {
        let desk = desk(people.clone(), shown, &ids(1..=3)).await;
        let ran = desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(desk.row("U2").await["outcome"], "already");
        desk.untouched(&["U2"]);
    }
}

#[tokio::test]
async fn lists_that_show_whole_users_cost_one_request_for_each_user() {
    let desk = Desk::plain(crowd(200)).await;
    let ran = desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    // Twice, since the first command was not confirmed; it planned.
    let requests = desk.books().calls().len();
    assert!(requests <= 225, "{requests} requests for 200 users");
}
