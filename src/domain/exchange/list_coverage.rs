//! How much of a tenant's users a look-up has seen. A pure rule: a list that does not show a user proves that
//! the user is not there only if the whole list was seen.

/// How much of a list of users was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Coverage {
    /// The list was not gone through.
    #[default]
    Unknown,
    /// So many users were seen, and there may be more.
    UpTo(u64),
    /// All users were seen.
    Whole,
}

/// How a walk through a list came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListEnd {
    /// The page behind the last user was empty, or was refused as behind the end; or no further cursor
    /// was given.
    Shown,
    /// Only users came that had been shown before: the end of the list, or a `startIndex` that is
    /// ignored.
    Repeated {
        /// Whether the server is known to heed where a page is to begin.
        is_start_heeded: bool,
    },
    /// As many users were seen as the provider says that there are; nothing was asked for behind them.
    Counted,
    /// A page could not be had.
    Cut,
}

impl Coverage {
    /// What a walk that ended so has covered, when it saw so many users, each counted once. `total` is the
    /// provider's number of users where that can be believed.
    ///
    /// A total that says more than was seen outweighs every sign of an end. A list without any user
    /// proves nothing: at least the account that signs in is there.
    pub fn of(end: ListEnd, seen: u64, total: Option<u64>) -> Self {
        let agrees = total.is_some_and(|total| seen >= total);
        let is_whole = seen > 0
            && match end {
                ListEnd::Shown => agrees || total.is_none(),
                ListEnd::Repeated { is_start_heeded } => agrees && is_start_heeded,
                ListEnd::Counted | ListEnd::Cut => false,
            };
        if is_whole {
            Self::Whole
        } else {
            Self::UpTo(seen)
        }
    }

    /// Whether a user that was not seen is not there.
    pub fn is_whole(self) -> bool {
        self == Self::Whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p2_only_an_end_that_was_seen_makes_a_list_whole() {
        let repeated = |is_start_heeded| ListEnd::Repeated { is_start_heeded };
        let up_to = Coverage::UpTo(100);
        for (end, total, expected) in [
            (ListEnd::Shown, Some(100), Coverage::Whole),
            (ListEnd::Shown, Some(99), Coverage::Whole),
            (ListEnd::Shown, None, Coverage::Whole),
            // The provider itself says that there are more.
            (ListEnd::Shown, Some(101), up_to),
            (repeated(true), Some(100), Coverage::Whole),
            (repeated(true), Some(101), up_to),
            (repeated(true), None, up_to),
            // The first page for ever: what is behind it is not known.
            (repeated(false), Some(100), up_to),
            (repeated(false), None, up_to),
            (ListEnd::Counted, Some(100), up_to),
            (ListEnd::Cut, Some(100), up_to),
            (ListEnd::Cut, None, up_to),
        ] {
            let found = Coverage::of(end, 100, total);
            assert_eq!(found, expected, "{end:?} {total:?}");
            assert_eq!(found.is_whole(), expected == Coverage::Whole);
        }
        assert!(!Coverage::default().is_whole());
        assert!(!Coverage::of(ListEnd::Shown, 0, None).is_whole());
    }
}
