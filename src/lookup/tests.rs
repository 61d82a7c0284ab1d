//! Look-ups at a scripted provider, on paused time: which requests are made, and what odd answers cost.

mod provider;

use std::collections::{BTreeMap, BTreeSet};
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use super::*;
use crate::domain::Reason;
use crate::pace::{Pace, Rate};
use provider::{EVERYTHING, Memory, Oddity, Provider};

struct Outcome {
    register: Memory,
    result: Result<Found, LookUpError>,
    requests: Vec<String>,
}

async fn look(users: u64, odd: Oddity, mut register: Memory) -> Outcome {
    let finds = odd.finds;
    let provider = Arc::new(Provider {
        users,
        odd,
        start: Instant::now(),
        seen: Mutex::default(),
        renewed: Mutex::default(),
    });
    let settings = InquirySettings {
        concurrency: NonZeroUsize::new(4).unwrap(),
        throttle_wait: Duration::from_secs(10),
        max_outage: Duration::from_mins(30),
        finds,
    };
    let pace = Arc::new(Pace::new(Rate::Unlimited, NonZeroU32::MIN));
    let inquirer = Inquirer::new(Arc::clone(&provider), pace, settings);
    let result = look_up(&inquirer, &mut register, true, &mut |_| {}).await;
    let requests = provider.seen.lock().unwrap().clone();
    Outcome {
        register,
        result,
        requests,
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_is_cheaper_than_many_reads_and_a_read_than_many_pages() {
    let many = look(1000, Oddity::default(), Memory::new(0..600, [])).await;
    assert_eq!(many.requests.len(), 10);
    assert_eq!(many.register.found.len(), 600);
    let found = many.result.unwrap();
    assert_eq!((found.total, found.active), (Some(1000), Some(500)));

    let few = look(1000, Oddity::default(), Memory::new([700, 800], [])).await;
    // The first page, both users, and how many are active.
    assert_eq!(few.requests.len(), 4, "{:?}", few.requests);
    assert_eq!(few.result.unwrap().active, Some(500));

    // Whoever is not in the list is asked for by id, to be sure.
    let gone = look(50, Oddity::default(), Memory::new([1, 2, 3, 99], [])).await;
    assert_eq!(gone.requests, ["page 1 100", "read ID99"]);
    assert_eq!(gone.register.missing[&3], Reason::NotFound);
}

#[tokio::test(start_paused = true)]
async fn names_are_searched_many_at_a_time() {
    let names = look(5000, Oddity::default(), Memory::new([], 1000..1060)).await;
    // A page for the length of the list, two searches of thirty, one for the number.
    assert_eq!(names.requests.len(), 4, "{:?}", names.requests.len());
    assert_eq!(names.register.found.len(), 60);
}

#[tokio::test(start_paused = true)]
async fn p7_a_server_that_answers_every_search_with_everybody_misleads_nobody() {
    let odd = Oddity {
        ignores_filter: true,
        ..Oddity::default()
    };
    let outcome = look(3000, odd, Memory::new([], [2500, 2600, 9000])).await;
    assert_eq!(outcome.register.found, BTreeSet::from([0, 1]));
    assert_eq!(
        outcome.register.missing,
        BTreeMap::from([(2, Reason::NotFound)])
    );
    let searches = outcome
        .requests
        .iter()
        .filter(|path| path.starts_with("names"));
    assert_eq!(searches.count(), 1, "once is enough to know");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_begins_anew_or_is_cut_short_comes_to_an_end() {
    for (page_cap, starts_again) in [(None, true), (Some(20), true), (Some(7), false)] {
        let odd = Oddity {
            page_cap,
            starts_again,
            ..Oddity::default()
        };
        let outcome = look(205, odd, Memory::new(0..205, [])).await;
        assert_eq!(outcome.register.found.len(), 205);
        assert!(outcome.requests.len() <= 31, "{}", outcome.requests.len());
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_for_that_the_provider_does_not_offer() {
    let with = |finds| Oddity {
        finds,
        ..Oddity::default()
    };
    let no_search = with(Finds {
        names: 0,
        active: false,
        ..EVERYTHING
    });
    let outcome = look(500, no_search, Memory::new([], [7, 900])).await;
    assert_eq!(outcome.requests.len(), 5, "{:?}", outcome.requests);
    assert_eq!(outcome.register.missing[&1], Reason::NotFound);

    let no_list = with(Finds {
        pages: false,
        names: 1,
        ..EVERYTHING
    });
    let outcome = look(500, no_list, Memory::new(0..300, [400, 401])).await;
    assert_eq!(outcome.register.found.len(), 302);
    let pages = outcome
        .requests
        .iter()
        .filter(|path| path.starts_with("page"));
    assert_eq!(pages.count(), 0);

    let neither = with(Finds {
        pages: false,
        names: 0,
        ..EVERYTHING
    });
    let outcome = look(500, neither, Memory::new([], [7])).await;
    assert_eq!(outcome.register.missing[&0], Reason::Unsupported);
}

#[tokio::test(start_paused = true)]
async fn without_a_list_everybody_is_asked_for() {
    for status in [400, 404, 501] {
        let odd = Oddity {
            list_status: Some(status),
            ..Oddity::default()
        };
        let outcome = look(300, odd, Memory::new([1, 5, 900], [7])).await;
        assert_eq!(outcome.register.found.len(), 3, "{status}");
        assert_eq!(outcome.register.missing[&2], Reason::NotFound);
    }
    let odd = Oddity {
        list_status: Some(501),
        ignores_filter: true,
        ..Oddity::default()
    };
    let outcome = look(300, odd, Memory::new([], [7])).await;
    assert_eq!(outcome.register.missing[&0], Reason::Unsupported);
}

#[tokio::test(start_paused = true)]
async fn p5_an_outage_is_waited_for_and_a_long_one_ends_the_look_up() {
    let out = |minutes| Oddity {
        out_for: Some(Duration::from_mins(minutes)),
        ..Oddity::default()
    };
    let outcome = look(300, out(20), Memory::new(0..300, [])).await;
    assert_eq!(outcome.register.found.len(), 300);
    assert!(outcome.requests.len() < 100, "{}", outcome.requests.len());
    let outcome = look(300, out(200), Memory::new(0..300, [])).await;
    assert!(matches!(outcome.result, Err(LookUpError::Outage(_))));
    assert_eq!(outcome.register.missing.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_missing_role_and_a_refused_credential_end_it_and_a_renewed_one_does_not() {
    let always = |status| Oddity {
        always: Some(status),
        ..Oddity::default()
    };
    let outcome = look(9, always(403), Memory::new(0..9, [])).await;
    assert!(matches!(outcome.result, Err(LookUpError::NoRole(_))));
    assert_eq!(outcome.requests.len(), 1);
    let outcome = look(9, always(401), Memory::new(0..9, [])).await;
    assert!(matches!(outcome.result, Err(LookUpError::SignIn(_))));
    assert_eq!(outcome.register.missing.len(), 0);
    let odd = Oddity {
        refused_at_first: true,
        ..Oddity::default()
    };
    let outcome = look(9, odd, Memory::new(0..9, [])).await;
    assert_eq!(outcome.register.found.len(), 9);
}

#[tokio::test(start_paused = true)]
async fn p6_a_429_holds_everybody_and_costs_nobody() {
    let start = Instant::now();
    let odd = Oddity {
        throttled: 12,
        ..Oddity::default()
    };
    let outcome = look(1000, odd, Memory::new(0..1000, [])).await;
    assert_eq!(outcome.register.found.len(), 1000);
    assert!(start.elapsed() >= Duration::from_secs(10));
}

proptest! {
    #[test]
    fn everybody_is_found_or_missing_and_the_way_is_never_dear(
        users in 0_u64..600,
        page_cap in 20_u64..150,
        starts_again: bool,
        ids in prop::collection::btree_set(0_u64..700, 0..60),
        names in prop::collection::btree_set(0_u64..700, 0..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let odd = Oddity { page_cap: Some(page_cap), starts_again, ..Oddity::default() };
        let numbers: Vec<_> = ids.iter().chain(&names).copied().collect();
        let (by_id, by_name) = (ids.len() as u64, names.len() as u64);
        let outcome = runtime.block_on(look(users, odd, Memory::new(ids, names)));
        prop_assert!(outcome.result.is_ok());
        for (line, number) in (0_u64..).zip(&numbers) {
            prop_assert_eq!(outcome.register.found.contains(&line), *number < users);
            prop_assert_eq!(outcome.register.missing.contains_key(&line), *number >= users);
        }
        let pages = users.div_ceil(page_cap.min(100));
        let singly = by_id + by_name.div_ceil(30);
        let strangers = numbers.iter().filter(|number| **number >= users).count() as u64;
        let most = pages.min(singly) + strangers + 3;
        prop_assert!(outcome.requests.len() as u64 <= most, "{:?}", outcome.requests);
    }
}
