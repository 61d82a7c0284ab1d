//! Which answers are believed: searches without a result, names of several users, attributes that were not shown,
//! and numbers of users.

use crate::domain::{ActiveUsers, Reason, UserState};
use crate::lookup::tests::fake_provider::{EVERYTHING, Entries, Oddity, Searching, Total};
use crate::lookup::tests::memory_register::MemoryRegister;
use crate::lookup::tests::support::{EndedLookUp, look, look_for};
use crate::lookup::{CountActive, LookUpError, LookUpOptions, QuerySupport};

#[tokio::test(start_paused = true)]
async fn p2_a_search_without_result_is_believed_only_if_searches_work() {
    use Searching::{AllUsers, AsciiOnly, CaseCounts, Greedy, Last, NoUser, OneOnly, Right};
    // User 10 has a name that is not plain. 9000 and 9008 (not plain either) do not exist.
    let sought = || MemoryRegister::new([], [1, 250, 10, 9000, 9008]);
    for searching in [
        Right, AllUsers, NoUser, Greedy, Last, OneOnly, CaseCounts, AsciiOnly,
    ] {
        for names in [1, 30] {
            let supports = QuerySupport {
                names,
                ..EVERYTHING
            };
            let odd = Oddity {
                supports,
                searching,
                ..Oddity::default()
            };
            let outcome = look(300, odd.clone(), sought()).await;
            let found: Vec<_> = outcome.register.found.keys().copied().collect();
            assert_eq!(found, [0, 1, 2], "{searching:?} {names}");
            let gone = [Reason::NotFound; 2];
            let missing: Vec<_> = outcome.register.missing.values().copied().collect();
            assert_eq!(missing, gone, "{searching:?} {names}");

            // Without a list, a user that a search may have missed is not called not found.
            let supports = QuerySupport {
                pages: false,
                ..supports
            };
            let outcome = look(300, Oddity { supports, ..odd }, sought()).await;
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
async fn p7_two_users_of_one_name_are_ambiguous_on_any_page() {
    // The second user is on the last page; the first page has a user for every name.
    for (names, searching) in [
        (0, Searching::Right),
        (1, Searching::Right),
        (30, Searching::NoUser),
        (30, Searching::AllUsers),
    ] {
        let odd = Oddity {
            double: Some(1),
            searching,
            supports: QuerySupport {
                names,
                ..EVERYTHING
            },
            ..Oddity::default()
        };
        let outcome = look(300, odd, MemoryRegister::new([], 1..40)).await;
        assert!(
            outcome.register.ambiguous.contains(&0),
            "{names} {searching:?}"
        );
        assert_eq!(outcome.register.found.len(), 38, "{names} {searching:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn p2_a_user_without_access_in_its_entry_is_read_alone() {
    let with = |entries| Oddity {
        entries,
        ..Oddity::default()
    };
    let outcome = look(
        300,
        with(Entries::Bare),
        MemoryRegister::new(0..60, [61]).with_access(),
    )
    .await;
    assert_eq!(outcome.register.found.len(), 61);
    let reads = |outcome: &EndedLookUp| {
        let reads = outcome
            .requests
            .iter()
            .filter(|path| path.starts_with("read"));
        reads.count()
    };
    assert_eq!(reads(&outcome), 61);
    let whole = |state: &UserState| state.active.is_some() && state.workspaces.is_some();
    assert!(outcome.register.found.values().all(whole));

    // An attribute that an entry leaves out may be empty or long: each user whose entry shows no access costs a
    // read, and no other user does.
    for (entries, expected) in [(Entries::WithoutEmpty, 40), (Entries::WithoutFull, 20)] {
        let register = MemoryRegister::new(0..60, []).with_access();
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

    // If only sign-in is to be changed, access is not needed.
    let register = MemoryRegister::new(0..60, []);
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
    let register = || MemoryRegister::new([1, 2, 3], []).with_access();
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

    // If a missing attribute does not end the look-up, each user is unreadable.
    let options = LookUpOptions::default();
    let outcome = look_for(50, odd(false), register(), options).await;
    let unreadable = [Reason::Unreadable; 3];
    let missing: Vec<_> = outcome.register.missing.values().copied().collect();
    assert_eq!(missing, unreadable);
    assert!(!outcome.result.unwrap().access_shown);
}

#[tokio::test(start_paused = true)]
async fn p7_the_number_of_active_users_is_exact_or_a_lower_bound() {
    let few = || MemoryRegister::new([7], []);
    let odd = |searching, active| Oddity {
        searching,
        supports: QuerySupport {
            active,
            ..EVERYTHING
        },
        ..Oddity::default()
    };
    let options = |users| LookUpOptions {
        count: CountActive::Enough(users),
        ..LookUpOptions::default()
    };
    for (what, odd, enough, expected) in [
        (
            "the search",
            odd(Searching::Right, true),
            5,
            ActiveUsers::Exactly(250),
        ),
        (
            "a search that is ignored",
            odd(Searching::AllUsers, true),
            120,
            ActiveUsers::AtLeast(150),
        ),
        (
            "no search, few wanted",
            odd(Searching::Right, false),
            5,
            ActiveUsers::AtLeast(50),
        ),
        (
            "no search, all wanted",
            odd(Searching::Right, false),
            9000,
            ActiveUsers::Exactly(250),
        ),
    ] {
        let outcome = look_for(500, odd, few(), options(enough)).await;
        let found = outcome.result.unwrap();
        assert_eq!(found.active, expected, "{what}");
    }
    // Neither a search nor a list, and a list that shows of no user whether it is active.
    let neither = Oddity {
        supports: QuerySupport {
            active: false,
            pages: false,
            ..EVERYTHING
        },
        ..Oddity::default()
    };
    let bare = Oddity {
        entries: Entries::Bare,
        supports: QuerySupport {
            active: false,
            ..EVERYTHING
        },
        ..Oddity::default()
    };
    for odd in [neither, bare] {
        let outcome = look_for(500, odd, few(), options(5)).await;
        assert_eq!(outcome.result.unwrap().active, ActiveUsers::Unknown);
    }
}

#[tokio::test(start_paused = true)]
async fn workspaces_that_no_user_has_are_reported() {
    let register = MemoryRegister::new(0..9, []).with_workspaces(["w1", "w2"]);
    let outcome = look(50, Oddity::default(), register).await;
    assert_eq!(outcome.result.unwrap().unseen_workspaces, ["w2"]);
}

#[tokio::test(start_paused = true)]
async fn a_workspace_that_only_other_users_have_is_sought_in_the_list() {
    // The users of the roster have no workspace; the first of the list has one.
    let register = |ids: [&str; 2]| {
        let register = MemoryRegister::new([401, 402, 404], []).with_access();
        register.with_workspaces(ids)
    };
    let options = LookUpOptions {
        count: CountActive::No,
        needs_attribute: true,
    };
    let pages = |outcome: &EndedLookUp| {
        let pages = outcome.requests.iter();
        pages.filter(|path| path.starts_with("page")).count()
    };
    for (ids, walked) in [(["w1", "w1"], 1), (["w1", "w2"], 6)] {
        let outcome = look_for(500, Oddity::default(), register(ids), options).await;
        assert_eq!(pages(&outcome), walked, "{:?}", outcome.requests);
        let unseen = outcome.result.unwrap().unseen_workspaces;
        assert_eq!(unseen, &ids[1..][..walked / 6]);
    }

    // A list that shows no workspaces is left alone.
    let bare = Oddity {
        entries: Entries::Bare,
        ..Oddity::default()
    };
    let outcome = look_for(500, bare, register(["w1", "w2"]), options).await;
    assert!(pages(&outcome) <= 2, "{:?}", outcome.requests);
}

#[tokio::test(start_paused = true)]
async fn a_look_up_continues_where_another_process_has_stopped() {
    let first = look(300, Oddity::default(), MemoryRegister::new([], 0..200)).await;
    let mut stored = first.register.position.unwrap();
    // The other process had stopped after the second page.
    stored.cursor.passed = 200;
    stored.cursor.distinct = 200;
    stored.cursor.named = 200;
    stored.cursor.latest = Some("ID100".to_owned());
    stored.cursor.end = None;
    let mut register = MemoryRegister::new([], 0..260);
    register.position = Some(stored);
    let odd = Oddity {
        supports: QuerySupport {
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
async fn a_list_that_is_longer_than_reported_costs_at_most_twice_the_other_strategy() {
    for total in [Total::Page, Total::Missing, Total::AtMost(150)] {
        let odd = Oddity {
            total,
            ..Oddity::default()
        };
        let options = LookUpOptions::default();
        let outcome = look_for(
            20_000,
            odd,
            MemoryRegister::new([500, 9000, 19_000], []),
            options,
        )
        .await;
        assert_eq!(outcome.register.found.len(), 3, "{total:?}");
        let requests = outcome.requests.len();
        assert!(requests <= 9, "{total:?} {requests}");
    }
}
