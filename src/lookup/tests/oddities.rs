//! The ways in which the fake provider may be odd.

use std::time::Duration;

use crate::domain::IdRule;
use crate::lookup::QuerySupport;

/// A provider that supports every query.
pub(super) const EVERYTHING: QuerySupport = QuerySupport {
    pages: true,
    page_size: 100,
    names: 30,
    active: true,
    ids: IdRule::IgnoreCase,
    absent_means_none: true,
};

impl Default for QuerySupport {
    fn default() -> Self {
        EVERYTHING
    }
}

/// How the provider understands searches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Searching {
    #[default]
    Right,
    /// Every search is answered with all users.
    AllUsers,
    /// Every search is answered without any user.
    NoUser,
    /// Several names are taken for one.
    Greedy,
    /// Only the last of several names is looked for.
    Last,
    /// Several names are refused.
    OneOnly,
    /// Names are compared as they are spelt.
    CaseCounts,
    /// A name with a character beyond ASCII is never found.
    AsciiOnly,
}

/// How the provider understands the number in `startIndex`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Start {
    #[default]
    FromOne,
    FromZero,
    PageNumber,
    Ignored,
    /// The provider supports cursors only.
    Cursors,
}

/// The total that the provider reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Total {
    #[default]
    Right,
    Page,
    Missing,
    AtMost(u64),
}

/// What a list or a search leaves out of its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Entries {
    #[default]
    Whole,
    /// Nothing but id and name.
    Bare,
    /// The attribute of access, if it is empty.
    WithoutEmpty,
    /// The attribute of access, if it is not empty.
    WithoutFull,
    /// The name.
    Nameless,
}

/// Which users have an address, and what the entries of lists and searches show of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Addresses {
    /// No user has an address.
    #[default]
    NoUser,
    /// Every user has one, and entries show it.
    Shown,
    /// Every user has one, and entries leave it out.
    Hidden,
    /// Every tenth user has one, and entries show it.
    Some,
    /// Every user has one, and entries show it of every tenth user.
    HalfHidden,
}

/// The ways in which the fake provider may be odd.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an oddity")]
pub(super) struct Oddity {
    /// The queries that the provider is said to support.
    pub(super) supports: QuerySupport,
    /// Users on one page at most, whatever is asked for.
    pub(super) page_cap: Option<u64>,
    /// Beyond the end, the first page comes again.
    pub(super) starts_again: bool,
    pub(super) searching: Searching,
    pub(super) start: Start,
    pub(super) total: Total,
    pub(super) entries: Entries,
    /// No user has the attribute of access.
    pub(super) no_access: bool,
    /// Which users have an address, and what the entries of lists show of it.
    pub(super) addresses: Addresses,
    /// The provider declares the attribute of addresses.
    pub(super) declares_addresses: bool,
    /// The provider declares the attribute of access.
    pub(super) declares: bool,
    /// A page behind the end is answered with this.
    pub(super) end_status: Option<u16>,
    /// What a list is answered with.
    pub(super) list_status: Option<u16>,
    /// The last user of the list has the same name as the user of this number.
    pub(super) double: Option<u64>,
    /// A read of this user is answered with this status.
    pub(super) read_status: Option<(u64, u16)>,
    /// No request is answered between these moments.
    pub(super) out: Option<(Duration, Duration)>,
    /// Every request is answered with 401 until the credential was renewed.
    pub(super) refused_at_first: bool,
    /// Every request is answered with this status.
    pub(super) always: Option<u16>,
    /// The first of these requests are answered with 429.
    pub(super) throttled: usize,
}
