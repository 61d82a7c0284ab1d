//! Names and addresses: what entries leave out, and whether a user who was found is the only one of a name.

use super::memory::Memory;
use super::provider::{Addresses, EVERYTHING, Entries, Oddity, Searching};
use super::*;
use crate::domain::UserState;

#[tokio::test(start_paused = true)]
async fn p7_addresses_that_a_list_leaves_out_are_read_where_they_decide() {
    use Addresses::{HalfHidden, Hidden, Nobody, Shown, Some};
    let reads = |outcome: &Outcome| {
        let reads = outcome.requests.iter();
        reads.filter(|path| path.starts_with("read")).count()
    };
    for (addresses, declares_addresses, expected) in [
        (Shown, true, 0),
        (Hidden, false, 60),
        (HalfHidden, false, 54),
        // A few reads show that an entry without addresses is of a user who has none.
        (Nobody, false, 5),
        (Some, false, 5),
        // The provider has the attribute, and its list never shows it.
        (Nobody, true, 60),
    ] {
        let odd = Oddity {
            addresses,
            declares_addresses,
            ..Oddity::default()
        };
        let register = Memory::new(0..60, []).with_addresses();
        let outcome = look(300, odd.clone(), register).await;
        assert_eq!(reads(&outcome), expected, "{addresses:?}");
        for (number, state) in &outcome.register.found {
            let has = match addresses {
                Nobody => false,
                Some => number.is_multiple_of(10),
                _ => true,
            };
            let shown = state.addresses.as_ref().map(|all| !all.is_empty());
            assert_eq!(shown, Option::Some(has), "{addresses:?} {number}");
        }
        // Where no rule needs them no user is read alone.
        let outcome = look(300, odd.clone(), Memory::new(0..60, [])).await;
        assert_eq!(reads(&outcome), 0, "{addresses:?}");

        let odd = Oddity {
            finds: Finds {
                pages: false,
                names: 1,
                ..EVERYTHING
            },
            ..odd
        };
        let register = Memory::new([], 0..9).with_addresses();
        let outcome = look(300, odd, register).await;
        assert_eq!(outcome.register.found.len(), 9, "{addresses:?}");
        let shown = |state: &UserState| state.addresses.is_some();
        assert!(outcome.register.found.values().all(shown));
    }
}

#[tokio::test(start_paused = true)]
async fn p2_a_list_without_names_proves_of_no_name_that_it_is_not_there() {
    let odd = |names| Oddity {
        entries: Entries::Nameless,
        finds: Finds {
            names,
            ..EVERYTHING
        },
        ..Oddity::default()
    };
    // The list is the only source here, and it shows no names.
    let outcome = look(50, odd(0), Memory::new([], [1, 2, 900])).await;
    let missing: Vec<_> = outcome.register.missing.values().copied().collect();
    assert_eq!(missing, [Reason::Unresolved; 3]);
    // Users whom a search has found are read alone for their names.
    let outcome = look(50, odd(1), Memory::new([], [1, 2, 900])).await;
    assert_eq!(outcome.register.found.len(), 2);
    let said = outcome.register.missing.get(&2);
    assert!(said.is_some(), "{:?}", outcome.register.missing);
}

#[tokio::test(start_paused = true)]
async fn p7_a_hit_of_a_search_that_folds_no_case_is_not_known_to_be_the_only_one() {
    let odd = |searching, pages| Oddity {
        searching,
        finds: Finds {
            pages,
            ..EVERYTHING
        },
        ..Oddity::default()
    };
    let pages = |outcome: &Outcome| {
        let pages = outcome.requests.iter();
        pages.filter(|path| path.starts_with("page")).count()
    };
    // The provider spells all names in capitals, and so does the roster.
    let capitals = || {
        let mut register = Memory::new([], [1]);
        register.shout();
        register
    };
    let ask = Ask::default();
    let exact = odd(Searching::CaseCounts, true);
    let outcome = look_for(300, exact, capitals(), ask).await;
    assert_eq!(outcome.register.found.len(), 1);
    assert!(
        pages(&outcome) >= 3,
        "the list decides: {:?}",
        outcome.requests
    );

    let exact = odd(Searching::CaseCounts, false);
    let outcome = look_for(300, exact, capitals(), ask).await;
    assert_eq!(outcome.register.missing[&0], Reason::Unresolved);

    let folding = odd(Searching::Right, true);
    let outcome = look_for(300, folding, capitals(), ask).await;
    assert_eq!(outcome.register.found.len(), 1);
    assert_eq!(outcome.requests.len(), 2, "{:?}", outcome.requests);
}
