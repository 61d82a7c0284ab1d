//! What real providers do otherwise than the RFC has it, as options: a test changes some of them and
//! takes the others as they are.

/// How a provider behaves. The default is a service that follows RFC 7643 and RFC 7644.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "habits, each by itself")]
pub(crate) struct Habits {
    /// Users on a page at most, whatever was asked for.
    pub(crate) page: usize,
    /// The attributes that lists and searches show beside `id`, `userName`, `schemas` and `meta`; all of
    /// them if none are named.
    pub(crate) shown: Option<&'static [&'static str]>,
    /// Lists and searches do not show `userName`.
    pub(crate) nameless: bool,
    /// Lists and searches leave out access to more workspaces than so many.
    pub(crate) longest: Option<usize>,
    /// A user is found by an id in other letters, too: the first one who fits.
    pub(crate) folded_ids: bool,
    /// Ids that are digits are JSON numbers, those of access too.
    pub(crate) numeric_ids: bool,
    /// How `active` is written.
    pub(crate) active: Active,
    /// Which attribute shows access.
    pub(crate) access: AccessShown,
    /// What `/Schemas` answers.
    pub(crate) schemas: Schemas,
    /// Whether filters are obeyed.
    pub(crate) filters: Filters,
    /// What becomes of conditions joined by `or`.
    pub(crate) joined: Joined,
    /// How names are compared.
    pub(crate) names: Names,
    /// Whether the list of all users can be had.
    pub(crate) list: bool,
    /// What `totalResults` says.
    pub(crate) total: Total,
    /// What `startIndex` means.
    pub(crate) start: Start,
    /// How one gets from page to page.
    pub(crate) paging: Paging,
    /// The answer after the last page.
    pub(crate) end: End,
    /// What a write that took effect is answered by.
    pub(crate) patched: Patched,
    /// The content of `meta.version`; nothing if there is none.
    pub(crate) version: Option<&'static str>,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            page: 100,
            shown: None,
            nameless: false,
            longest: None,
            folded_ids: false,
            numeric_ids: false,
            active: Active::Bool,
            access: AccessShown::Entitlements,
            schemas: Schemas::None,
            filters: Filters::Obeyed,
            joined: Joined::Understood,
            names: Names::Folded,
            list: true,
            total: Total::True,
            start: Start::FromOne,
            paging: Paging::Index,
            end: End::Empty,
            patched: Patched::Shown,
            version: None,
        }
    }
}

/// How `active` is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Active {
    Bool,
    /// `1` and `0`.
    Number,
    /// `"1"` and `"0"`.
    Digit,
    /// `"yes"` and `"no"`.
    Word,
    /// Left out when false.
    OnlyTrue,
}

/// Which attribute shows access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccessShown {
    Entitlements,
    /// There are no entitlements: users are members of groups, which `groups` shows and no write of a
    /// user changes (RFC 7643 §4.1.2).
    Groups,
}

/// What `/Schemas` answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Schemas {
    /// 404.
    None,
    /// The schema of a user, with the attributes that there are.
    Told,
}

/// Whether filters are obeyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filters {
    Obeyed,
    /// 400.
    Refused,
    /// All users are the answer.
    Ignored,
    /// `userName` can be searched for, nothing else.
    NamesOnly,
}

/// What becomes of conditions joined by `or`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Joined {
    Understood,
    /// 400.
    Refused,
    /// Everything behind the first `eq` is one name.
    OneName,
    /// The last condition alone is looked at.
    LastOnly,
    /// 200, and no user.
    Nobody,
}

/// How names are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// Without case, as RFC 7643 §4.1.1 has it.
    Folded,
    /// As they are.
    Exact,
}

/// What `totalResults` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Total {
    True,
    /// How many are on the page.
    Page,
    /// No more than this.
    Capped(usize),
    Missing,
    Zero,
    MinusOne,
}

/// What `startIndex` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    FromOne,
    FromZero,
    /// Every page is the first.
    Ignored,
    /// The number of a page, from 1.
    Page,
}

/// How one gets from page to page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paging {
    Index,
    /// By `cursor` and `nextCursor` alone (RFC 9865).
    Cursor,
}

/// The answer after the last page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// A list without users.
    Empty,
    /// 404.
    NotFound,
    /// `Resources` is null.
    Null,
    /// There are no `Resources`.
    LeftOut,
}

/// What a write that took effect is answered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patched {
    /// The user as it is now.
    Shown,
    /// 204.
    NoContent,
    /// The user as it was before the write.
    Old,
}
