//! The strategy of a look-up: the one that takes fewer requests. A pure rule.

use crate::lookup::register::Outstanding;

/// How users are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// Page by page through the list of all users.
    Pages,
    /// One by one by their ids, and by several names at once.
    Singly,
    /// Not at all: all users are known already.
    Nothing,
}

impl Strategy {
    /// The word in the ledger and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pages => "pages",
            Self::Singly => "singly",
            Self::Nothing => "nothing",
        }
    }

    /// What is done, in words. Where no user has to be looked up, requests are sent only to count the active ones.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Pages => "looking users up by pages of the list",
            Self::Singly => "looking users up one by one",
            Self::Nothing => "counting active users",
        }
    }
}

/// The number of requests to ask for each user that is sought, with `names` names in one search. If names cannot
/// be searched, they take more requests than any list.
pub(super) fn requests_one_by_one(sought: Outstanding, names: usize) -> u64 {
    let by_name = match (sought.by_name, names as u64) {
        (0, _) => 0,
        (_, 0) => u64::MAX,
        (sought, names) => sought.div_ceil(names),
    };
    sought.by_id.saturating_add(by_name)
}

/// The number of requests to walk from user `next`, counted from 1, to the end of the list.
pub(super) fn requests_for_pages(next: u64, page: u64, total: u64) -> u64 {
    total
        .saturating_add(1)
        .saturating_sub(next)
        .div_ceil(page.max(1))
}

/// Whether the first page of the list is worth its request: it shows how long the list is.
pub(super) fn is_first_page_worth_it(sought: Outstanding, names: usize) -> bool {
    requests_one_by_one(sought, names) > 1
}

/// The better strategy from here, when the list is known to have `total` users.
pub(super) fn choose(
    sought: Outstanding,
    names: usize,
    next: u64,
    page: u64,
    total: u64,
) -> Strategy {
    match (
        requests_one_by_one(sought, names),
        requests_for_pages(next, page, total),
    ) {
        (0, _) => Strategy::Nothing,
        // At equal cost the list is taken: it also shows how many users the tenant has, and which are active.
        (singly, pages) if pages <= singly => Strategy::Pages,
        _ => Strategy::Singly,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: usize = 30;

    #[test]
    fn names_that_cannot_be_searched_are_found_in_the_list() {
        let one = Outstanding {
            by_id: 1,
            by_name: 1,
        };
        assert!(is_first_page_worth_it(one, 0));
        assert_eq!(choose(one, 0, 101, 100, 5_000_000), Strategy::Pages);
        let no_name = Outstanding { by_name: 0, ..one };
        assert_eq!(requests_one_by_one(no_name, 0), 1);
    }

    #[test]
    fn the_strategy_with_fewer_requests_is_chosen() {
        for (by_id, by_name, next, total, expected) in [
            (2000, 0, 101, 5000, Strategy::Pages),
            (49, 0, 101, 5000, Strategy::Pages),
            (48, 0, 101, 5000, Strategy::Singly),
            (10, 0, 101, 5000, Strategy::Singly),
            (0, 2000, 101, 5000, Strategy::Pages),
            (0, 1440, 101, 5000, Strategy::Singly),
            (0, 10, 101, 250, Strategy::Singly),
            (0, 0, 101, 5000, Strategy::Nothing),
            // All pages were seen: the users that are left are asked for.
            (3, 0, 5001, 5000, Strategy::Pages),
        ] {
            let sought = Outstanding { by_id, by_name };
            let found = choose(sought, NAMES, next, 100, total);
            assert_eq!(found, expected, "{by_id} {by_name} {next} {total}");
        }
        assert_eq!(requests_for_pages(5001, 100, 5000), 0);
        assert_eq!(requests_for_pages(1, 100, 1), 1);
        assert_eq!(requests_for_pages(1, 1, u64::MAX), u64::MAX - 1);
        assert!(!is_first_page_worth_it(
            Outstanding {
                by_id: 1,
                by_name: 0
            },
            NAMES
        ));
        assert!(!is_first_page_worth_it(
            Outstanding {
                by_id: 0,
                by_name: 30
            },
            NAMES
        ));
        assert!(is_first_page_worth_it(
            Outstanding {
                by_id: 2,
                by_name: 0
            },
            NAMES
        ));
    }
}
