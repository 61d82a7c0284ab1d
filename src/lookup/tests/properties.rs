//! For any list and any search: no user that exists is called not found.

use proptest::prelude::*;

use crate::domain::{ActiveUsers, Coverage, Reason};
use crate::lookup::tests::fake_provider::{EVERYTHING, Entries, Oddity, Searching, Start, Total};
use crate::lookup::tests::memory_register::MemoryRegister;
use crate::lookup::tests::support::look;
use crate::lookup::{LookUpError, QuerySupport};

fn lists() -> impl Strategy<Value = Oddity> {
    let start = prop::sample::select(vec![
        Start::FromOne,
        Start::FromZero,
        Start::PageNumber,
        Start::Ignored,
        Start::Cursors,
    ]);
    let total = prop_oneof![
        Just(Total::Right),
        Just(Total::Page),
        Just(Total::Missing),
        (1_u64..400).prop_map(Total::AtMost),
    ];
    let searching = prop::sample::select(vec![
        Searching::Right,
        Searching::AllUsers,
        Searching::NoUser,
        Searching::Greedy,
        Searching::Last,
        Searching::OneOnly,
        Searching::CaseCounts,
        Searching::AsciiOnly,
    ]);
    let entries = prop::sample::select(vec![Entries::Whole, Entries::Bare, Entries::WithoutEmpty]);
    let end = prop::option::of(prop::sample::select(vec![400, 404]));
    let names = prop::sample::select(vec![0, 1, 30]);
    (
        start,
        total,
        searching,
        entries,
        end,
        names,
        prop::option::of(20_u64..150),
    )
        .prop_map(
            |(start, total, searching, entries, end_status, names, page_cap)| Oddity {
                start,
                total,
                searching,
                entries,
                end_status,
                page_cap,
                supports: QuerySupport {
                    names,
                    active: false,
                    ..EVERYTHING
                },
                ..Oddity::default()
            },
        )
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(future)
}

proptest! {
    #[test]
    fn p2_no_list_and_no_search_makes_a_false_not_found(
        odd in lists(),
        users in 1_u64..400,
        ids in prop::collection::btree_set(0_u64..450, 0..9),
        names in prop::collection::btree_set(0_u64..450, 0..40),
    ) {
        let numbers: Vec<_> = ids.iter().chain(&names).copied().collect();
        let outcome = block_on(look(users, odd.clone(), MemoryRegister::new(ids, names).with_access()));
        let found = match outcome.result {
            Ok(found) => found,
            // No user that was read alone has access, and no list shows any.
            Err(LookUpError::NoAttribute(_)) if odd.entries == Entries::Bare || users < 4 => {
                return Ok(());
            }
            Err(error) => panic!("{error}"),
        };
        for (line, number) in (0_u64..).zip(&numbers) {
            let missing = outcome.register.missing.get(&line);
            if *number < users {
                prop_assert_ne!(missing, Some(&Reason::NotFound), "{:?}", outcome.requests);
                if let Some(state) = outcome.register.found.get(&line) {
                    prop_assert_eq!(&state.id, &format!("ID{number}"));
                    let has = if number.is_multiple_of(3) { vec!["w1".to_owned()] } else { vec![] };
                    prop_assert_eq!(&state.workspaces, &Some(has));
                } else {
                    prop_assert!(missing.is_some());
                }
            } else {
                prop_assert!(missing.is_some());
            }
        }
        // The reported numbers of the tenant are never too high.
        let really_active = users.div_ceil(2);
        match found.active {
            ActiveUsers::Unknown => {}
            ActiveUsers::Exactly(active) if found.coverage == Coverage::Whole => {
                prop_assert_eq!(active, really_active);
            }
            ActiveUsers::Exactly(active) | ActiveUsers::AtLeast(active) => {
                prop_assert!(active <= really_active);
            }
        }
    }

    #[test]
    fn each_user_is_found_or_missing_and_the_strategy_is_never_expensive(
        users in 0_u64..600,
        page_cap in 20_u64..150,
        starts_again: bool,
        ids in prop::collection::btree_set(0_u64..700, 0..60),
        names in prop::collection::btree_set(0_u64..700, 0..60),
    ) {
        let odd = Oddity { page_cap: Some(page_cap), starts_again, ..Oddity::default() };
        let numbers: Vec<_> = ids.iter().chain(&names).copied().collect();
        let (by_id, by_name) = (ids.len() as u64, names.len() as u64);
        let outcome = block_on(look(users, odd, MemoryRegister::new(ids, names)));
        prop_assert!(outcome.result.is_ok());
        for (line, number) in (0_u64..).zip(&numbers) {
            prop_assert_eq!(outcome.register.found.contains_key(&line), *number < users);
            prop_assert_eq!(outcome.register.missing.contains_key(&line), *number >= users);
        }
        let pages = users.div_ceil(page_cap.min(100));
        let singly = by_id + by_name.div_ceil(30);
        let absent = numbers.iter().filter(|number| **number >= users).count() as u64;
        // Each user that does not exist may take one request, or three if it is sought by a name that is not
        // plain; then the list is read to its end, and a little further.
        let most = pages.min(singly) + 3 * absent + 6 + if absent > 0 { pages } else { 0 };
        prop_assert!(outcome.requests.len() as u64 <= most, "{:?}", outcome.requests);
    }
}
