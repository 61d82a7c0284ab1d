//! Look-ups at a scripted provider, on paused time: which requests are made, and what odd answers cost.

mod beliefs;
mod memory;
mod names;
mod oddity;
mod properties;
mod provider;

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use super::*;
use crate::domain::Reason;
use crate::pace::{Pace, Rate};
use memory::Memory;
use provider::{EVERYTHING, Oddity, Provider, Searching};

struct Outcome {
    register: Memory,
    result: Result<Found, LookUpError>,
    requests: Vec<String>,
}

const ALL: Ask = Ask {
    count: Count::All,
    needs_attribute: true,
};

/// A look-up that also counts all active users.
async fn look(users: u64, odd: Oddity, register: Memory) -> Outcome {
    look_for(users, odd, register, ALL).await
}

async fn look_for(users: u64, odd: Oddity, mut register: Memory, ask: Ask) -> Outcome {
    let finds = odd.finds;
    let provider = Arc::new(Provider {
        users,
        odd,
        start: Instant::now(),
        seen: Mutex::default(),
        renewed: Mutex::default(),
        shows: false.into(),
        has_addresses: false.into(),
    });
    let settings = InquirySettings {
        concurrency: NonZeroUsize::new(4).unwrap(),
        throttle_wait: Duration::from_secs(10),
        max_outage: Duration::from_mins(30),
        finds,
    };
    let pace = Arc::new(Pace::new(Rate::Unlimited, NonZeroU32::MIN));
    let inquirer = Inquirer::new(Arc::clone(&provider), pace, settings);
    let result = look_up(&inquirer, &mut register, ask, &mut |_| {}).await;
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
    // The tenth page is full: one more shows that it is the last.
    assert_eq!(many.requests.len(), 11);
    assert_eq!(many.register.found.len(), 600);
    let found = many.result.unwrap();
    assert_eq!((found.total, found.active), (Some(1000), Some(500)));

    let few = look(1000, Oddity::default(), Memory::new([700, 800], [])).await;
    // The first page, both users, and how many are active.
    assert_eq!(few.requests.len(), 4, "{:?}", few.requests);
    assert_eq!(few.result.unwrap().active, Some(500));

    // A user that is not in the list is asked for by id, to be sure.
    let gone = look(50, Oddity::default(), Memory::new([1, 2, 3, 99], [])).await;
    assert_eq!(gone.requests, ["page 1 100", "read ID99", "active"]);
    assert_eq!(gone.register.missing[&3], Reason::NotFound);
}

#[tokio::test(start_paused = true)]
async fn names_are_searched_many_at_a_time() {
    let names = look(5000, Oddity::default(), Memory::new([], 1000..1060)).await;
    // A page for the length of the list, two searches of thirty, one for the number; one that shows that
    // searches fold case, and one for each name that is not plain.
    assert_eq!(names.requests.len(), 11, "{:?}", names.requests.len());
    assert_eq!(names.register.found.len(), 60);
}

#[tokio::test(start_paused = true)]
async fn p7_a_server_that_answers_every_search_with_everybody_misleads_nobody() {
    let odd = Oddity {
        searching: Searching::Everybody,
        ..Oddity::default()
    };
    let outcome = look(3000, odd, Memory::new([], [2500, 2600, 9000])).await;
    let found: Vec<_> = outcome.register.found.keys().copied().collect();
    assert_eq!(found, [0, 1]);
    let missing: Vec<_> = outcome.register.missing.into_iter().collect();
    assert_eq!(missing, [(2, Reason::NotFound)]);
    // All of the list was seen: the number of active users is its own, not that of the search.
    assert_eq!(outcome.result.unwrap().active, Some(1500));
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
        assert!(outcome.requests.len() <= 32, "{}", outcome.requests.len());
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
    // Five pages, and one behind them, since a name is missing.
    assert_eq!(outcome.requests.len(), 6, "{:?}", outcome.requests);
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
    assert_eq!(outcome.register.missing[&0], Reason::Unresolved);
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
        searching: Searching::Everybody,
        ..Oddity::default()
    };
    let outcome = look(300, odd, Memory::new([], [7])).await;
    assert_eq!(outcome.register.missing[&0], Reason::Unresolved);
}

#[tokio::test(start_paused = true)]
async fn p5_an_outage_is_waited_for_and_a_long_one_ends_the_look_up() {
    let out = |minutes| Oddity {
        out: Some((Duration::ZERO, Duration::from_mins(minutes))),
        ..Oddity::default()
    };
    let outcome = look(300, out(20), Memory::new(0..300, [])).await;
    assert_eq!(outcome.register.found.len(), 300);
    assert!(outcome.requests.len() < 150, "{}", outcome.requests.len());
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
    // The page, and the neutral one that is refused, too.
    assert_eq!(outcome.requests.len(), 2);
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

#[tokio::test(start_paused = true)]
async fn p5_who_is_asked_for_when_an_outage_begins_is_not_given_up() {
    // All other users were answered before; then no request is answered for five minutes.
    let odd = Oddity {
        out: Some((Duration::from_millis(15), Duration::from_mins(5))),
        finds: Finds {
            pages: false,
            ..EVERYTHING
        },
        ..Oddity::default()
    };
    let outcome = look(9, odd, Memory::new([0, 1, 2, 3, 4], [])).await;
    assert_eq!(
        outcome.register.found.len(),
        5,
        "{:?}",
        outcome.register.missing
    );
}

#[tokio::test(start_paused = true)]
async fn one_user_who_fails_fails_alone() {
    let with = |status| Oddity {
        read_status: Some((3, status)),
        finds: Finds {
            pages: false,
            ..EVERYTHING
        },
        ..Oddity::default()
    };
    for (status, reason) in [(403, Reason::Forbidden), (500, Reason::NoAnswer)] {
        // This holds for the first user read, too: a neutral request shows whether the user or the provider fails.
        let outcome = look(9, with(status), Memory::new([3, 4, 5], [])).await;
        assert_eq!(outcome.register.missing[&0], reason, "{status}");
        assert_eq!(outcome.register.found.len(), 2, "{status}");
    }
    let odd = with(500);
    let outcome = look(9, odd, Memory::default().with_id("..").with_id("ID1")).await;
    assert_eq!(outcome.register.missing[&0], Reason::Unsendable);
    assert_eq!(outcome.register.found.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_429_for_ever_ends_like_an_outage() {
    let odd = Oddity {
        throttled: usize::MAX,
        ..Oddity::default()
    };
    let outcome = look(9, odd, Memory::new(0..9, [])).await;
    assert!(matches!(outcome.result, Err(LookUpError::Outage(_))));
}
