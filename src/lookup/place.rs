//! How far a walk through a list of users has come: what is kept of it, so that another process can
//! continue it.

use serde::{Deserialize, Serialize};

use crate::domain::{Coverage, ListEnd, PageAt, UserPage};

/// The position of a walk through a list. Stored, so that an interrupted walk can continue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts about a server, each by itself"
)]
pub struct Place {
    /// The number of the last user in the list that is behind the walk.
    pub passed: u64,
    /// Users that were shown, each counted once.
    pub distinct: u64,
    /// Of these, the ones whose name was shown.
    pub named: u64,
    /// Of these, the ones that are shown to be active.
    pub active: u64,
    /// Of these, the ones of which it was shown whether they are active.
    pub active_shown: u64,
    /// Pages that brought users.
    pub pages: u64,
    /// Users in the list, as the provider last said; `None` if it did not say, or contradicts itself.
    pub total: Option<u64>,
    /// The first user of the list: a server that shows this one again starts from the beginning.
    pub first: Option<String>,
    /// The first user of the latest page: a server that shows this one again has no more.
    pub latest: Option<String>,
    /// Users on the first page: a page of the server's own size.
    pub page: u64,
    /// Whether the first page was as long as it was asked to be.
    pub(super) is_first_full: bool,
    /// Whether the latest page was as long as a page can be.
    pub(super) was_full: bool,
    /// Whether the provider's total was contradicted by the users that it showed.
    pub(super) is_contradicted: bool,
    /// Whether a page was shorter than the first one though others followed: from then on each page is
    /// asked for once the page before has come.
    pub(super) is_irregular: bool,
    /// How the next page is asked for.
    pub(super) way: Way,
    /// Whether it was tried to take `startIndex` for the number of a page, and to count from 0.
    pub(super) tried: [bool; 2],
    /// Whether the server was seen to heed where a page is to begin.
    pub(super) is_start_heeded: bool,
    /// How it ended, once it has.
    pub(super) end: Option<End>,
}

/// How the pages of a list are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Way {
    /// By the number of the first user on the page.
    #[default]
    Index,
    /// By the number of the page: this is the next.
    Number(u64),
    /// By cursors, from the first page on.
    FirstCursor,
    /// By cursors: this is the next.
    Cursor(String),
}

/// How a walk ended. [`ListEnd`] as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum End {
    Shown,
    Repeated,
    Counted,
    Cut,
}

impl Place {
    /// Whether the walk is over.
    pub fn is_over(&self) -> bool {
        self.end.is_some()
    }

    /// How much of the list was seen.
    pub fn coverage(&self) -> Coverage {
        let end = match self.end {
            // The first user may never have been shown.
            Some(_) if self.may_count_from_zero() => ListEnd::Counted,
            Some(End::Shown) => ListEnd::Shown,
            Some(End::Repeated) => ListEnd::Repeated {
                is_start_heeded: self.pages > 1 || self.is_start_heeded,
            },
            Some(End::Counted) => ListEnd::Counted,
            Some(End::Cut) => ListEnd::Cut,
            None if self.pages == 0 => return Coverage::Unknown,
            None => return Coverage::UpTo(self.distinct),
        };
        Coverage::of(end, self.distinct, self.total)
    }

    /// How much of the list was seen with names: a user that is shown without one may have any name.
    pub(super) fn coverage_of_names(&self) -> Coverage {
        if self.named == self.distinct {
            self.coverage()
        } else {
            Coverage::UpTo(self.named)
        }
    }

    /// Whether all users were seen, if the provider's answers are taken as true: the walk has ended where it
    /// should, or as many users were seen as the total says, and that total is not merely the size of a page.
    pub(super) fn is_plausible(&self) -> bool {
        let is_counted = self.end == Some(End::Counted) && self.is_total_independent();
        is_counted || self.coverage().is_whole()
    }

    /// Whether the total is more than what one page holds: some servers give the number of users on the
    /// page for that of all.
    pub(super) fn is_total_independent(&self) -> bool {
        self.total.is_some_and(|total| total > self.page)
    }

    /// Whether as many users were seen as the provider says that there are.
    pub(super) fn is_total_reached(&self) -> bool {
        self.pages > 0 && self.total.is_some_and(|total| self.distinct >= total)
    }

    /// Whether the provider says that there are more users than were seen.
    pub(super) fn is_more_expected(&self) -> bool {
        self.total.is_some_and(|total| self.distinct < total)
    }

    /// Whether there is something left to be asked that could show more users, now that the walk is over.
    pub(super) fn is_provable(&self) -> bool {
        match self.end {
            Some(End::Counted) => true,
            Some(End::Shown | End::Repeated) => self.may_count_from_zero(),
            Some(End::Cut) | None => false,
        }
    }

    /// Whether the server may count its users from 0, so that the first one was never shown: no total
    /// says otherwise, and counting from 0 was not tried.
    pub(super) fn may_count_from_zero(&self) -> bool {
        let is_tried = self.tried[1] || self.way != Way::Index;
        self.pages > 0 && !is_tried && !self.is_total_independent()
    }

    /// Where the next pages begin, at most `most` of them.
    ///
    /// Several at once only where it is known how the server counts: two pages came as they were
    /// expected, and a total says that there are so many more.
    pub(super) fn next_pages(&self, most: usize) -> Vec<PageAt> {
        match &self.way {
            Way::FirstCursor => vec![PageAt::FirstCursor],
            Way::Cursor(cursor) => vec![PageAt::Cursor(cursor.clone())],
            Way::Number(page) => vec![PageAt::Index(*page)],
            Way::Index => {
                let step = self.page.max(1);
                let left = self.total.unwrap_or(0).saturating_sub(self.passed);
                let pages = match left.div_ceil(step) {
                    pages if self.pages > 1 && !self.is_irregular => pages.max(1),
                    _ => 1,
                };
                let pages = pages.min(most.max(1) as u64);
                (0..pages)
                    .map(|nth| PageAt::Index(self.passed + 1 + nth * step))
                    .collect()
            }
        }
    }

    /// From now on pages hold at most `size` users, since longer ones cannot be read. The walk goes on from
    /// where it is, or from a little before, where pages are numbered.
    pub(super) fn expect_pages_of(&mut self, size: u64) {
        let before = self.page.max(1);
        if self.pages == 0 || size >= before {
            return;
        }
        self.page = size;
        if let Way::Number(page) = &mut self.way {
            let passed = page.saturating_sub(1).saturating_mul(before);
            *page = passed / size + 1;
        }
    }

    /// Takes a page with `fresh` users who were not shown before. Returns whether pages that were asked
    /// for at the same time are to be asked for anew: this one is not as long as it was expected to be.
    pub(super) fn take(&mut self, at: &PageAt, asked: u64, page: &UserPage, fresh: u64) -> bool {
        let length = page.users.len() as u64;
        let first = page.users.first().map(|user| user.id.clone());
        if self.pages == 0 {
            self.page = length;
            self.first.clone_from(&first);
            self.is_first_full = length >= asked;
        }
        self.latest = first;
        self.pages += 1;
        self.distinct += fresh;
        self.was_full = length >= asked || (self.pages > 1 && length >= self.page);
        if let PageAt::Index(start) = at
            && self.way == Way::Index
        {
            self.passed = self.passed.max(start.saturating_sub(1) + length);
        } else {
            self.passed += length;
        }
        self.note_total(page.total);
        let is_expected = length == self.page || self.is_total_reached();
        self.is_irregular |= !is_expected;
        if let Way::Number(page) = &mut self.way {
            *page += 1;
        }
        match (&page.next_cursor, &self.way) {
            // The same cursor again leads in a circle.
            (Some(next), Way::Cursor(last)) if next == last => self.end = Some(End::Repeated),
            (Some(next), _) => self.way = Way::Cursor(next.clone()),
            (None, Way::FirstCursor | Way::Cursor(_)) => self.end = Some(End::Shown),
            (None, _) => {}
        }
        !is_expected
    }

    /// A total that is less than what was seen is none, and no later one of this list is.
    fn note_total(&mut self, told: Option<u64>) {
        self.total = told.filter(|total| *total > 0).or(self.total);
        self.is_contradicted |= self.total.is_some_and(|total| total < self.distinct);
        if self.is_contradicted {
            self.total = None;
        }
    }
}
