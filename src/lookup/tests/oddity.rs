//! How a scripted provider may be odd.

use std::time::Duration;

use crate::domain::IdRule;
use crate::lookup::Finds;

/// A provider that lets a client find whatever it wants.
pub(super) const EVERYTHING: Finds = Finds {
    pages: true,
    page_size: 100,
    names: 30,
    active: true,
    ids: IdRule::IgnoreCase,
    absent_means_none: true,
};

impl Default for Finds {
    fn default() -> Self {
        EVERYTHING
    }
}

/// How searches are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Searching {
    #[default]
    Right,
    /// Every search is answered with all users.
    Everybody,
    /// Every search is answered without any user.
    Nobody,
    /// Several names are taken for one.
    Greedy,
    /// Only the last of several names is looked for.
    Last,
    /// Several names are refused.
    OneOnly,
    /// Names are compared as they are spelt.
    CaseCounts,
    /// A name that holds a sign beyond ASCII is never found.
    AsciiOnly,
}

/// How the number in `startIndex` is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Start {
    #[default]
    FromOne,
    FromZero,
    PageNumber,
    Ignored,
    /// There are cursors only.
    Cursors,
}

/// What is said of how many users there are.
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
    /// The attribute of access where it is empty.
    WithoutEmpty,
    /// The attribute of access where it holds anything.
    WithoutFull,
    /// The name.
    Nameless,
}

/// Which users have an address, and what the entries of lists and searches show of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Addresses {
    /// No user has any.
    #[default]
    Nobody,
    /// Every user has one, and entries show it.
    Shown,
    /// Every user has one, and entries leave it out.
    Hidden,
    /// Every tenth user has one, and entries show it.
    Some,
    /// Every user has one, and entries show it of every tenth user.
    HalfHidden,
}

/// How a provider may be odd.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an oddity")]
pub(super) struct Oddity {
    /// What the provider is said to let a client find.
    pub(super) finds: Finds,
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
    /// A second user of this number's name stands at the end of the list.
    pub(super) double: Option<u64>,
    /// Reading this user is answered so.
    pub(super) read_status: Option<(u64, u16)>,
    /// No request is answered between these moments.
    pub(super) out: Option<(Duration, Duration)>,
    /// Everything is answered so until the credential was renewed.
    pub(super) refused_at_first: bool,
    /// Everything is answered so.
    pub(super) always: Option<u16>,
    /// The first of these requests are answered with 429.
    pub(super) throttled: usize,
}
