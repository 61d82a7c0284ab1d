//! Names and addresses: what entries leave out, and whether a user that was found is the only one of its name.

use crate::domain::{Reason, UserState};
use crate::lookup::tests::fake_provider::{Addresses, EVERYTHING, Entries, Oddity, Searching};
use crate::lookup::tests::memory_register::MemoryRegister;
use crate::lookup::tests::support::{EndedLookUp, look, look_for};
use crate::lookup::{LookUpOptions, QuerySupport};

#[tokio::test(start_paused = true)]
async fn p7_addresses_that_a_list_leaves_out_are_read_if_a_rule_needs_them() {
    use Addresses::{HalfHidden, Hidden, NoUser, Shown, Some};
    let reads = |outcome: &EndedLookUp| {
        let reads = outcome.requests.iter();
        reads.filter(|path| path.starts_with("read")).count()
    };
    for (addresses, declares_addresses, expected) in [
        (Shown, true, 0),
        (Hidden, false, 60),
        (HalfHidden, false, 54),
        // A few reads show that an entry without addresses means that the user has none.
        (NoUser, false, 5),
        (Some, false, 5),
        // The provider has the attribute, and its list never shows it.
        (NoUser, true, 60),
    ] {
        let odd = Oddity {
            addresses,
            declares_addresses,
            ..Oddity::default()
        };
        let register = MemoryRegister::new(0..60, []).with_addresses();
        let outcome = look(300, odd.clone(), register).await;
        assert_eq!(reads(&outcome), expected, "{addresses:?}");
        for (number, state) in &outcome.register.found {
            let has = match addresses {
                NoUser => false,
                Some => number.is_multiple_of(10),
                _ => true,
            };
            let shown = state.addresses.as_ref().map(|all| !all.is_empty());
            assert_eq!(shown, Option::Some(has), "{addresses:?} {number}");
        }
        // If no rule needs addresses, no user is read alone.
        let outcome = look(300, odd.clone(), MemoryRegister::new(0..60, [])).await;
        assert_eq!(reads(&outcome), 0, "{addresses:?}");

        let odd = Oddity {
            supports: QuerySupport {
                pages: false,
                names: 1,
                ..EVERYTHING
            },
            ..odd
        };
        let register = MemoryRegister::new([], 0..9).with_addresses();
        let outcome = look(300, odd, register).await;
        assert_eq!(outcome.register.found.len(), 9, "{addresses:?}");
        let shown = |state: &UserState| state.addresses.is_some();
        assert!(outcome.register.found.values().all(shown));
    }
}

#[tokio::test(start_paused = true)]
async fn p2_a_list_without_names_does_not_prove_that_a_name_does_not_exist() {
    let odd = |names| Oddity {
        entries: Entries::Nameless,
        supports: QuerySupport {
            names,
            ..EVERYTHING
        },
        ..Oddity::default()
    };
    // The list is the only source here, and it shows no names.
    let outcome = look(50, odd(0), MemoryRegister::new([], [1, 2, 900])).await;
    let missing: Vec<_> = outcome.register.missing.values().copied().collect();
    assert_eq!(missing, [Reason::Unresolved; 3]);
    // Users that a search has found are read alone for their names.
    let outcome = look(50, odd(1), MemoryRegister::new([], [1, 2, 900])).await;
    assert_eq!(outcome.register.found.len(), 2);
    let said = outcome.register.missing.get(&2);
    assert!(said.is_some(), "{:?}", outcome.register.missing);
}

#[tokio::test(start_paused = true)]
async fn p7_a_search_that_folds_no_case_does_not_prove_that_a_user_is_the_only_one() {
    let odd = |searching, pages| Oddity {
        searching,
        supports: QuerySupport {
            pages,
            ..EVERYTHING
        },
        ..Oddity::default()
    };
    let pages = |outcome: &EndedLookUp| {
        let pages = outcome.requests.iter();
        pages.filter(|path| path.starts_with("page")).count()
    };
    // The provider spells all names in capitals, and so does the roster.
    let capitals = || {
        let mut register = MemoryRegister::new([], [1]);
        register.in_capitals();
        register
    };
    let options = LookUpOptions::default();
    let exact = odd(Searching::CaseCounts, true);
    let outcome = look_for(300, exact, capitals(), options).await;
    assert_eq!(outcome.register.found.len(), 1);
    assert!(
        pages(&outcome) >= 3,
        "the list decides: {:?}",
        outcome.requests
    );

    let exact = odd(Searching::CaseCounts, false);
    let outcome = look_for(300, exact, capitals(), options).await;
    assert_eq!(outcome.register.missing[&0], Reason::Unresolved);

    let folding = odd(Searching::Right, true);
    let outcome = look_for(300, folding, capitals(), options).await;
    assert_eq!(outcome.register.found.len(), 1);
    assert_eq!(outcome.requests.len(), 2, "{:?}", outcome.requests);
}
