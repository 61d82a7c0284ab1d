//! Which requests a look-up makes, and what outages, refusals and failing users cost.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{ActiveUsers, Reason};
use crate::lookup::tests::fake_provider::{EVERYTHING, Oddity, Searching};
use crate::lookup::tests::memory_register::MemoryRegister;
use crate::lookup::tests::support::look;
use crate::lookup::{LookUpError, QuerySupport};

#[tokio::test(start_paused = true)]
async fn a_page_is_cheaper_than_many_reads_and_a_read_than_many_pages() {
    let many = look(1000, Oddity::default(), MemoryRegister::new(0..600, [])).await;
    // The tenth page is full: one more request shows that it is the last.
    assert_eq!(many.requests.len(), 11);
    assert_eq!(many.register.found.len(), 600);
    let found = many.result.unwrap();
    assert_eq!(
        (found.total, found.active),
        (Some(1000), ActiveUsers::Exactly(500))
    );

    let few = look(1000, Oddity::default(), MemoryRegister::new([700, 800], [])).await;
    // The first page, both users, and the number of active users.
    assert_eq!(few.requests.len(), 4, "{:?}", few.requests);
    assert_eq!(few.result.unwrap().active, ActiveUsers::Exactly(500));

    // A user that is not in the list is asked for by id, to be sure.
    let gone = look(
        50,
        Oddity::default(),
        MemoryRegister::new([1, 2, 3, 99], []),
    )
    .await;
    assert_eq!(gone.requests, ["page 1 100", "read ID99", "active"]);
    assert_eq!(gone.register.missing[&3], Reason::NotFound);
}

#[tokio::test(start_paused = true)]
async fn users_whose_answers_arrive_together_are_stored_together() {
    let ids = (1..9).map(|nth| 500 * nth);
    let few = look(5000, Oddity::default(), MemoryRegister::new(ids, [])).await;
    assert_eq!(few.register.found.len(), 8);
    // Four requests are in flight at a time.
    assert_eq!(few.register.stored, 2, "{:?}", few.requests);
}

#[tokio::test(start_paused = true)]
async fn names_are_searched_many_at_a_time() {
    let names = look(5000, Oddity::default(), MemoryRegister::new([], 1000..1060)).await;
    // A page for the length of the list, two searches of thirty, one for the number; one that shows that
    // searches fold case, and one for each name that is not plain.
    assert_eq!(names.requests.len(), 11, "{:?}", names.requests.len());
    assert_eq!(names.register.found.len(), 60);
}

#[tokio::test(start_paused = true)]
async fn p7_a_server_that_answers_every_search_with_all_users_is_not_believed() {
    let odd = Oddity {
        searching: Searching::AllUsers,
        ..Oddity::default()
    };
    let outcome = look(3000, odd, MemoryRegister::new([], [2500, 2600, 9000])).await;
    let found: Vec<_> = outcome.register.found.keys().copied().collect();
    assert_eq!(found, [0, 1]);
    let missing: Vec<_> = outcome.register.missing.into_iter().collect();
    assert_eq!(missing, [(2, Reason::NotFound)]);
    // The whole list was seen: the number of active users comes from it, and not from the search.
    assert_eq!(outcome.result.unwrap().active, ActiveUsers::Exactly(1500));
    let searches = outcome
        .requests
        .iter()
        .filter(|path| path.starts_with("names"));
    assert_eq!(searches.count(), 1, "once is enough to know");
}

#[tokio::test(start_paused = true)]
async fn a_walk_through_a_list_that_starts_again_or_has_small_pages_ends() {
    for (page_cap, starts_again) in [(None, true), (Some(20), true), (Some(7), false)] {
        let odd = Oddity {
            page_cap,
            starts_again,
            ..Oddity::default()
        };
        let outcome = look(205, odd, MemoryRegister::new(0..205, [])).await;
        assert_eq!(outcome.register.found.len(), 205);
        assert!(outcome.requests.len() <= 32, "{}", outcome.requests.len());
    }
}

#[tokio::test(start_paused = true)]
async fn no_query_is_sent_that_the_provider_does_not_support() {
    let with = |supports| Oddity {
        supports,
        ..Oddity::default()
    };
    let no_search = with(QuerySupport {
        names: 0,
        active: false,
        ..EVERYTHING
    });
    let outcome = look(500, no_search, MemoryRegister::new([], [7, 900])).await;
    // Five pages, and one behind them, because a name is missing.
    assert_eq!(outcome.requests.len(), 6, "{:?}", outcome.requests);
    assert_eq!(outcome.register.missing[&1], Reason::NotFound);

    let no_list = with(QuerySupport {
        pages: false,
        names: 1,
        ..EVERYTHING
    });
    let outcome = look(500, no_list, MemoryRegister::new(0..300, [400, 401])).await;
    assert_eq!(outcome.register.found.len(), 302);
    let pages = outcome
        .requests
        .iter()
        .filter(|path| path.starts_with("page"));
    assert_eq!(pages.count(), 0);

    let neither = with(QuerySupport {
        pages: false,
        names: 0,
        ..EVERYTHING
    });
    let outcome = look(500, neither, MemoryRegister::new([], [7])).await;
    assert_eq!(outcome.register.missing[&0], Reason::Unresolved);
}

#[tokio::test(start_paused = true)]
async fn without_a_list_each_user_is_asked_for() {
    for status in [400, 404, 501] {
        let odd = Oddity {
            list_status: Some(status),
            ..Oddity::default()
        };
        let outcome = look(300, odd, MemoryRegister::new([1, 5, 900], [7])).await;
        assert_eq!(outcome.register.found.len(), 3, "{status}");
        assert_eq!(outcome.register.missing[&2], Reason::NotFound);
    }
    let odd = Oddity {
        list_status: Some(501),
        searching: Searching::AllUsers,
        ..Oddity::default()
    };
    let outcome = look(300, odd, MemoryRegister::new([], [7])).await;
    assert_eq!(outcome.register.missing[&0], Reason::Unresolved);
}

#[tokio::test(start_paused = true)]
async fn p5_an_outage_is_waited_for_and_a_long_one_ends_the_look_up() {
    let out = |minutes| Oddity {
        out: Some((Duration::ZERO, Duration::from_mins(minutes))),
        ..Oddity::default()
    };
    let outcome = look(300, out(20), MemoryRegister::new(0..300, [])).await;
    assert_eq!(outcome.register.found.len(), 300);
    assert!(outcome.requests.len() < 150, "{}", outcome.requests.len());
    let outcome = look(300, out(200), MemoryRegister::new(0..300, [])).await;
    assert!(matches!(outcome.result, Err(LookUpError::Outage(_))));
    assert_eq!(outcome.register.missing.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_missing_role_and_a_refused_credential_end_it_and_a_renewed_one_does_not() {
    let always = |status| Oddity {
        always: Some(status),
        ..Oddity::default()
    };
    let outcome = look(9, always(403), MemoryRegister::new(0..9, [])).await;
    assert!(matches!(outcome.result, Err(LookUpError::NoRole(_))));
    // The page, and the probe, which is refused too.
    assert_eq!(outcome.requests.len(), 2);
    let outcome = look(9, always(401), MemoryRegister::new(0..9, [])).await;
    assert!(matches!(outcome.result, Err(LookUpError::SignIn(_))));
    assert_eq!(outcome.register.missing.len(), 0);
    let odd = Oddity {
        refused_at_first: true,
        ..Oddity::default()
    };
    let outcome = look(9, odd, MemoryRegister::new(0..9, [])).await;
    assert_eq!(outcome.register.found.len(), 9);
}

#[tokio::test(start_paused = true)]
async fn p6_a_429_holds_all_requests_and_costs_no_user() {
    let start = Instant::now();
    let odd = Oddity {
        throttled: 12,
        ..Oddity::default()
    };
    let outcome = look(1000, odd, MemoryRegister::new(0..1000, [])).await;
    assert_eq!(outcome.register.found.len(), 1000);
    assert!(start.elapsed() >= Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn p5_a_user_that_is_asked_for_when_an_outage_begins_is_not_given_up() {
    // All other users were answered before; then no request is answered for five minutes.
    let odd = Oddity {
        out: Some((Duration::from_millis(15), Duration::from_mins(5))),
        supports: QuerySupport {
            pages: false,
            ..EVERYTHING
        },
        ..Oddity::default()
    };
    let outcome = look(9, odd, MemoryRegister::new([0, 1, 2, 3, 4], [])).await;
    assert_eq!(
        outcome.register.found.len(),
        5,
        "{:?}",
        outcome.register.missing
    );
}

#[tokio::test(start_paused = true)]
async fn one_user_that_fails_fails_alone() {
    let with = |status| Oddity {
        read_status: Some((3, status)),
        supports: QuerySupport {
            pages: false,
            ..EVERYTHING
        },
        ..Oddity::default()
    };
    for (status, reason) in [(403, Reason::Forbidden), (500, Reason::NoAnswer)] {
        // This holds for the first user that is read, too: a probe shows whether the user or the provider fails.
        let outcome = look(9, with(status), MemoryRegister::new([3, 4, 5], [])).await;
        assert_eq!(outcome.register.missing[&0], reason, "{status}");
        assert_eq!(outcome.register.found.len(), 2, "{status}");
    }
    let odd = with(500);
    let outcome = look(
        9,
        odd,
        MemoryRegister::default().with_id("..").with_id("ID1"),
    )
    .await;
    assert_eq!(outcome.register.missing[&0], Reason::Unsendable);
    assert_eq!(outcome.register.found.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_endless_429_ends_the_look_up_like_an_outage() {
    let odd = Oddity {
        throttled: usize::MAX,
        ..Oddity::default()
    };
    let outcome = look(9, odd, MemoryRegister::new(0..9, [])).await;
    assert!(matches!(outcome.result, Err(LookUpError::Outage(_))));
}
