//! What is believed, and what is not: misses of searches, names of several users, attributes that were not
//! shown, numbers of users.

use super::memory::Memory;
use super::provider::{EVERYTHING, Entries, Oddity, Searching, Total};
use super::*;
use crate::domain::UserState;

#[tokio::test(start_paused = true)]
async fn p2_a_miss_is_believed_only_from_searches_that_work() {
    use Searching::{AsciiOnly, CaseCounts, Everybody, Greedy, Last, Nobody, OneOnly, Right};
    // 10 has a name that is not plain; 9000 and 9010 (not plain either) are not there.
    let sought = || Memory::new([], [1, 250, 10, 9000, 9008]);
    for searching in [
        Right, Everybody, Nobody, Greedy, Last, OneOnly, CaseCounts, AsciiOnly,
    ] {
        for names in [1, 30] {
            let finds = Finds {
                names,
                ..EVERYTHING
            };
            let odd = Oddity {
                finds,
                searching,
                ..Oddity::default()
            };
            let outcome = look(300, odd.clone(), sought()).await;
            let found: Vec<_> = outcome.register.found.keys().copied().collect();
            assert_eq!(found, [0, 1, 2], "{searching:?} {names}");
            let gone = [Reason::NotFound; 2];
            let missing: Vec<_> = outcome.register.missing.values().copied().collect();
            assert_eq!(missing, gone, "{searching:?} {names}");

            // Without a list no user is called not found that a search may have missed.
            let finds = Finds {
                pages: false,
                ..finds
            };
            let outcome = look(300, Oddity { finds, ..odd }, sought()).await;
            let is_sound = matches!(searching, Right | OneOnly | Greedy | Last | AsciiOnly);
            for (line, reason) in &outcome.register.missing {
                let said = *reason == Reason::NotFound;
                assert!(
                    !said || is_sound && *line == 3,
                    "{searching:?} {names} {line}"
                );
            }
            let all = outcome.register.missing.len() + outcome.register.found.len();
            assert_eq!(all, 5, "{searching:?} {names}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn p7_two_users_of_one_name_are_ambiguous_wherever_they_stand() {
    // The second one stands on the last page; the first page alone has a hit for every name.
    for (names, searching) in [
        (0, Searching::Right),
        (1, Searching::Right),
        (30, Searching::Nobody),
        (30, Searching::Everybody),
    ] {
        let odd = Oddity {
            double: Some(1),
            searching,
            finds: Finds {
                names,
                ..EVERYTHING
            },
            ..Oddity::default()
        };
        let outcome = look(300, odd, Memory::new([], 1..40)).await;
        assert!(
            outcome.register.ambiguous.contains(&0),
            "{names} {searching:?}"
        );
        assert_eq!(outcome.register.found.len(), 38, "{names} {searching:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn p2_what_a_list_does_not_show_is_read_alone() {
    let with = |entries| Oddity {
        entries,
        ..Oddity::default()
    };
    let outcome = look(
        300,
        with(Entries::Bare),
        Memory::new(0..60, [61]).with_access(),
    )
    .await;
    assert_eq!(outcome.register.found.len(), 61);
    let reads = |outcome: &Outcome| {
        let reads = outcome
            .requests
            .iter()
            .filter(|path| path.starts_with("read"));
        reads.count()
    };
    assert_eq!(reads(&outcome), 61);
    let whole = |state: &UserState| state.active.is_some() && state.workspaces.is_some();
    assert!(outcome.register.found.values().all(whole));

    // What an entry leaves out may be empty, and it may be long: each user of whom the list shows no access
    // costs a read, and no other user does.
    for (entries, expected) in [(Entries::WithoutEmpty, 40), (Entries::WithoutFull, 20)] {
        let register = Memory::new(0..60, []).with_access();
        let outcome = look(300, with(entries), register).await;
        assert_eq!(outcome.register.found.len(), 60);
        assert_eq!(reads(&outcome), expected, "{entries:?}");
        assert!(outcome.register.found.values().all(whole));
        let has = |number: u64| number.is_multiple_of(3);
        let is_right = |(line, state): (&u64, &UserState)| {
            state.workspaces.as_ref().map(|all| !all.is_empty()) == Some(has(*line))
        };
        assert!(outcome.register.found.iter().all(is_right), "{entries:?}");
    }

    // Who is looked up for sign-in alone needs no more than that.
    let register = Memory::new(0..60, []);
    let outcome = look(300, with(Entries::WithoutEmpty), register).await;
    assert_eq!(reads(&outcome), 0);
}

#[tokio::test(start_paused = true)]
async fn p2_access_that_no_user_shows_is_not_called_none() {
    let odd = |declares| Oddity {
        no_access: true,
        entries: Entries::WithoutEmpty,
        declares,
        ..Oddity::default()
    };
    let register = || Memory::new([1, 2, 3], []).with_access();
    let outcome = look(50, odd(false), register()).await;
    match outcome.result {
        Err(LookUpError::NoAttribute(missing)) => {
            assert_eq!((&*missing.attribute, missing.users), ("entitlements", 50));
        }
        other => panic!("{other:?}"),
    }
    let schemas = outcome.requests.iter().filter(|path| *path == "schemas");
    assert_eq!(schemas.count(), 1);
    assert!(outcome.register.found.is_empty() && outcome.register.missing.is_empty());

    // A service that declares the attribute has users without access.
    let outcome = look(50, odd(true), register()).await;
    assert_eq!(outcome.register.found.len(), 3);

    // Where nothing may be refused as a whole, each user is unreadable.
    let ask = Ask::default();
    let outcome = look_for(50, odd(false), register(), ask).await;
    let unreadable = [Reason::Unreadable; 3];
    let missing: Vec<_> = outcome.register.missing.values().copied().collect();
    assert_eq!(missing, unreadable);
    assert!(!outcome.result.unwrap().access_shown);
}

#[tokio::test(start_paused = true)]
async fn p7_active_users_are_counted_or_said_to_be_at_least_so_many() {
    let few = || Memory::new([7], []);
    let odd = |searching, active| Oddity {
        searching,
        finds: Finds {
            active,
            ..EVERYTHING
        },
        ..Oddity::default()
    };
    let ask = |users| Ask {
        count: Count::Enough(users),
        ..Ask::default()
    };
    for (what, odd, enough, expected, at_least) in [
        (
            "the search",
            odd(Searching::Right, true),
            5,
            Some(250),
            false,
        ),
        (
            "a search that is ignored",
            odd(Searching::Everybody, true),
            120,
            Some(150),
            true,
        ),
        (
            "no search, few wanted",
            odd(Searching::Right, false),
            5,
            Some(50),
            true,
        ),
        (
            "no search, all wanted",
            odd(Searching::Right, false),
            9000,
            Some(250),
            false,
        ),
    ] {
        let outcome = look_for(500, odd, few(), ask(enough)).await;
        let found = outcome.result.unwrap();
        assert_eq!(
            (found.active, found.active_is_at_least),
            (expected, at_least),
            "{what}"
        );
    }
    // Neither a search nor a list, and a list that shows of no user whether it is active.
    let neither = Oddity {
        finds: Finds {
            active: false,
            pages: false,
            ..EVERYTHING
        },
        ..Oddity::default()
    };
    let bare = Oddity {
        entries: Entries::Bare,
        finds: Finds {
            active: false,
            ..EVERYTHING
        },
        ..Oddity::default()
    };
    for odd in [neither, bare] {
        let outcome = look_for(500, odd, few(), ask(5)).await;
        assert_eq!(outcome.result.unwrap().active, None);
    }
}

#[tokio::test(start_paused = true)]
async fn workspaces_that_nobody_has_are_told() {
    let register = Memory::new(0..9, []).with_workspaces(["w1", "w2"]);
    let outcome = look(50, Oddity::default(), register).await;
    assert_eq!(outcome.result.unwrap().unseen_workspaces, ["w2"]);
}

#[tokio::test(start_paused = true)]
async fn a_workspace_that_only_others_have_is_sought_in_the_list() {
    // The users of the roster have no workspace; the first of the list has one.
    let register = |ids: [&str; 2]| {
        let register = Memory::new([401, 402, 404], []).with_access();
        register.with_workspaces(ids)
    };
    let ask = Ask {
        count: Count::Nobody,
        needs_attribute: true,
    };
    let pages = |outcome: &Outcome| {
        let pages = outcome.requests.iter();
        pages.filter(|path| path.starts_with("page")).count()
    };
    for (ids, walked) in [(["w1", "w1"], 1), (["w1", "w2"], 6)] {
        let outcome = look_for(500, Oddity::default(), register(ids), ask).await;
        assert_eq!(pages(&outcome), walked, "{:?}", outcome.requests);
        let unseen = outcome.result.unwrap().unseen_workspaces;
        assert_eq!(unseen, &ids[1..][..walked / 6]);
    }

    // A list that shows no workspaces is left alone.
    let bare = Oddity {
        entries: Entries::Bare,
        ..Oddity::default()
    };
    let outcome = look_for(500, bare, register(["w1", "w2"]), ask).await;
    assert!(pages(&outcome) <= 2, "{:?}", outcome.requests);
}

#[tokio::test(start_paused = true)]
async fn a_look_up_goes_on_where_another_process_has_left_it() {
    let first = look(300, Oddity::default(), Memory::new([], 0..200)).await;
    let mut stored = first.register.position.unwrap();
    // It had come to the second page.
    stored.place.passed = 200;
    stored.place.distinct = 200;
    stored.place.named = 200;
    stored.place.latest = Some("ID100".to_owned());
    stored.place.end = None;
    let mut register = Memory::new([], 0..260);
    register.position = Some(stored);
    let odd = Oddity {
        finds: Finds {
            names: 0,
            ..EVERYTHING
        },
        ..Oddity::default()
    };
    let outcome = look(300, odd, register).await;
    assert_eq!(outcome.requests[0], "page 201 100");
    assert_eq!(outcome.register.found.len(), 60);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_longer_than_it_says_costs_no_more_than_twice_the_other_way() {
    for total in [Total::Page, Total::Missing, Total::AtMost(150)] {
        let odd = Oddity {
            total,
            ..Oddity::default()
        };
        let ask = Ask::default();
        let outcome = look_for(20_000, odd, Memory::new([500, 9000, 19_000], []), ask).await;
        assert_eq!(outcome.register.found.len(), 3, "{total:?}");
        let requests = outcome.requests.len();
        assert!(requests <= 9, "{total:?} {requests}");
    }
}
