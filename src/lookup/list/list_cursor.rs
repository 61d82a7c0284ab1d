//! The position in a paged list, and what was seen of the list so far. Its JSON form is stored, so that another
//! process can continue the walk: the names of its fields are part of the format.

use serde::{Deserialize, Serialize};

use crate::domain::{Coverage, ListEnd, PageAt, UserPage};

/// The position of a walk through a list. Stored, so that an interrupted walk can continue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts about a server, each by itself"
)]
pub(crate) struct ListCursor {
    /// The number, in the list, of the last user that was passed.
    pub passed: u64,
    /// Users that were shown, each counted once.
    pub distinct: u64,
    /// Of these, the ones whose name was shown.
    pub named: u64,
    /// Of these, the ones that are shown to be active.
    pub active: u64,
    /// Of these, the ones that are shown to be active or not active.
    pub active_shown: u64,
    /// Pages that brought users.
    pub pages: u64,
    /// Users in the list, as the provider last said; `None` if it did not say, or contradicts itself.
    pub total: Option<u64>,
    /// The first user of the list. A server that shows this user again has started from the beginning.
    pub first: Option<String>,
    /// The first user of the latest page. A server that shows this user again has no more.
    pub latest: Option<String>,
    /// The number of users on the first page: the page size of the server.
    pub page: u64,
    /// Whether the first page was as long as it was asked to be.
    pub(in crate::lookup) is_first_full: bool,
    /// Whether the latest page was as long as a page can be.
    pub(in crate::lookup) was_full: bool,
    /// Whether the provider has shown more users than its total says.
    pub(in crate::lookup) is_contradicted: bool,
    /// Whether a page was shorter than the first one though others followed. From then on each page is asked for
    /// after the page before has arrived.
    pub(in crate::lookup) is_irregular: bool,
    /// How the next page is asked for.
    pub(in crate::lookup) way: Way,
    /// Whether the walk has tried `startIndex` as the number of a page, and counting from 0.
    pub(in crate::lookup) tried: [bool; 2],
    /// Whether the server was seen to follow `startIndex`.
    pub(in crate::lookup) is_start_heeded: bool,
    /// How it ended, once it has.
    pub(in crate::lookup) end: Option<WalkEnd>,
}

/// How the pages of a list are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::lookup) enum Way {
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
pub(in crate::lookup) enum WalkEnd {
    Shown,
    Repeated,
    Counted,
    Cut,
}

impl ListCursor {
    /// Whether the walk is over.
    pub(crate) fn is_over(&self) -> bool {
        self.end.is_some()
    }

    /// How much of the list was seen.
    pub(crate) fn coverage(&self) -> Coverage {
        let end = match self.end {
            // The first user may never have been shown.
            Some(_) if self.may_count_from_zero() => ListEnd::Counted,
            Some(WalkEnd::Shown) => ListEnd::Shown,
            Some(WalkEnd::Repeated) => ListEnd::Repeated {
                is_start_heeded: self.pages > 1 || self.is_start_heeded,
            },
            Some(WalkEnd::Counted) => ListEnd::Counted,
            Some(WalkEnd::Cut) => ListEnd::Cut,
            None if self.pages == 0 => return Coverage::Unknown,
            None => return Coverage::UpTo(self.distinct),
        };
        Coverage::of(end, self.distinct, self.total)
    }

    /// How much of the list was seen with names: a user that is shown without one may have any name.
    pub(in crate::lookup) fn coverage_of_names(&self) -> Coverage {
        if self.named == self.distinct {
            self.coverage()
        } else {
            Coverage::UpTo(self.named)
        }
    }

    /// Whether all users were seen, if the answers of the provider are true: the list has shown its end, or as
    /// many users were seen as the total says, and that total is not merely the size of a page.
    pub(in crate::lookup) fn is_plausible(&self) -> bool {
        let is_counted = self.end == Some(WalkEnd::Counted) && self.is_total_independent();
        is_counted || self.coverage().is_whole()
    }

    /// Whether the total is more than the users on one page: some servers report the number of users on the page
    /// as the total.
    pub(in crate::lookup) fn is_total_independent(&self) -> bool {
        self.total.is_some_and(|total| total > self.page)
    }

    /// Whether as many users were seen as the provider reports.
    pub(in crate::lookup) fn is_total_reached(&self) -> bool {
        self.pages > 0 && self.total.is_some_and(|total| self.distinct >= total)
    }

    /// Whether the provider reports more users than were seen.
    pub(in crate::lookup) fn is_more_expected(&self) -> bool {
        self.total.is_some_and(|total| self.distinct < total)
    }

    /// Whether a further request could show more users, now that the walk is over.
    pub(in crate::lookup) fn is_provable(&self) -> bool {
        match self.end {
            Some(WalkEnd::Counted) => true,
            Some(WalkEnd::Shown | WalkEnd::Repeated) => self.may_count_from_zero(),
            Some(WalkEnd::Cut) | None => false,
        }
    }

    /// Whether the server may count its users from 0, so that the first one was never shown: no total
    /// contradicts it, and counting from 0 was not tried.
    pub(in crate::lookup) fn may_count_from_zero(&self) -> bool {
        let is_tried = self.tried[1] || self.way != Way::Index;
        self.pages > 0 && !is_tried && !self.is_total_independent()
    }

    /// Where the next pages begin, at most `most` of them.
    ///
    /// Several at once only if it is known how the server counts: two pages came as expected, and the total says
    /// that so many more follow.
    pub(in crate::lookup) fn next_pages(&self, most: usize) -> Vec<PageAt> {
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

    /// From now on pages hold at most `size` users, because longer ones cannot be read. The walk continues from
    /// where it is, or from a little before if pages are numbered.
    pub(in crate::lookup) fn expect_pages_of(&mut self, size: u64) {
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

    /// Takes a page with `fresh` users that were not shown before. Returns whether pages that were asked for at
    /// the same time are to be asked for anew, because this one is not as long as expected.
    pub(in crate::lookup) fn take(
        &mut self,
        at: &PageAt,
        asked: u64,
        page: &UserPage,
        fresh: u64,
    ) -> bool {
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
            // The same cursor again would lead to the same page for ever.
            (Some(next), Way::Cursor(last)) if next == last => self.end = Some(WalkEnd::Repeated),
            (Some(next), _) => self.way = Way::Cursor(next.clone()),
            (None, Way::FirstCursor | Way::Cursor(_)) => self.end = Some(WalkEnd::Shown),
            (None, _) => {}
        }
        !is_expected
    }

    /// A total that is less than the users that were seen is wrong, and so is every later total of this list.
    fn note_total(&mut self, reported: Option<u64>) {
        self.total = reported.filter(|total| *total > 0).or(self.total);
        self.is_contradicted |= self.total.is_some_and(|total| total < self.distinct);
        if self.is_contradicted {
            self.total = None;
        }
    }
}
