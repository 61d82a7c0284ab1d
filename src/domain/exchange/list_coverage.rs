//! How much of a list of users was seen. A pure rule: that a list does not show a user proves that the
//! user does not exist only if the whole list was seen.

/// How much of a list of users was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Coverage {
    /// The list was not read.
    #[default]
    Unknown,
    /// This many users were seen, and there may be more.
    UpTo(u64),
    /// All users were seen.
    Whole,
}

/// How the reading of a list came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListEnd {
    /// The page after the last user was empty, or was refused as beyond the end, or no further cursor was
    /// given.
    Shown,
    /// The page had only users that were shown before: the end of the list, or the server ignores
    /// `startIndex`.
    Repeated {
        /// Whether the server is known to honour `startIndex`.
        is_start_heeded: bool,
    },
    /// As many users were seen as the provider reports in total. No page after them was requested.
    /// The total may be that of one page, so this does not prove that the list is whole.
    Counted,
    /// A page could not be read.
    Cut,
}

impl Coverage {
    /// The coverage after a list ended in this way. `seen` is the number of distinct users in it, `total`
    /// the provider's own number of users, if it can be trusted.
    ///
    /// If the total is larger than the number seen, the list is not whole, even if it seems to have ended.
    /// A list without any user proves nothing, since at least the account that signs in exists.
    pub(crate) fn of(end: ListEnd, seen: u64, total: Option<u64>) -> Self {
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

    /// Whether the whole list was seen, so that a user that was not in it does not exist.
    pub(crate) fn is_whole(self) -> bool {
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
            // The provider itself reports one more.
            (ListEnd::Shown, Some(101), up_to),
            (repeated(true), Some(100), Coverage::Whole),
            (repeated(true), Some(101), up_to),
            (repeated(true), None, up_to),
            // The server sends the first page again and again: what follows it is not known.
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
