//! A walk through the provider's list of users, page by page. Look-ups and exports use it.
//!
//! Servers count, number and end their lists in different ways. One rule holds for all of them: continue until
//! no new user comes, and report how much of the list that was ([`Walk::coverage`]).

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::domain::{Content, Coverage, PageAt, UserPage, UserState};
use crate::lookup::error::LookUpError;
use crate::lookup::inquirer::{Inquirer, InquiryResult};
use crate::lookup::list::list_cursor::{ListCursor, WalkEnd, Way};
use crate::port::Directory;

/// Pages that are asked for at the same time, at most: a page is large, for the provider and in memory.
const PAGES_AT_ONCE: usize = 8;

/// When a walk stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Until {
    /// When as many users were seen as the provider reports.
    Counted,
    /// The same, unless one page holds them all: the number that the provider reports may be that of the page.
    Likely,
    /// When the list itself has shown its end. Only then may it be called whole.
    Proven,
}

/// A walk through a list.
#[derive(Debug)]
pub(crate) struct Walk<'a, D> {
    inquirer: &'a Inquirer<D>,
    filter: Option<String>,
    until: Until,
    cursor: ListCursor,
    /// Users on one page. It becomes smaller if a page was too long to be read.
    page_size: u64,
    /// Hashes of the ids of all users that were shown in this process.
    seen: HashSet<u64>,
    /// Pages that have arrived and were not taken yet.
    ahead: VecDeque<(PageAt, PageResult)>,
    /// Why the list ended early.
    cut: Option<String>,
}

/// What became of a request for a page.
#[derive(Debug)]
enum PageResult {
    Page(UserPage),
    /// The provider refuses it: status and words.
    Refused(u16, String),
    /// It is longer than the limit for an answer.
    TooLong(String),
    /// No answer came. The text says why.
    Failed(String),
}

impl<'a, D: Directory> Walk<'a, D> {
    /// A walk through the list of all users, or of those that fit a filter in the provider's own language,
    /// from `cursor` on.
    pub(crate) fn new(
        inquirer: &'a Inquirer<D>,
        filter: Option<String>,
        until: Until,
        cursor: ListCursor,
    ) -> Self {
        Self {
            inquirer,
            filter,
            until,
            cursor,
            page_size: inquirer.supports().page_size,
            seen: HashSet::new(),
            ahead: VecDeque::new(),
            cut: None,
        }
    }

    /// The position in the list.
    pub(crate) fn cursor(&self) -> &ListCursor {
        &self.cursor
    }

    /// How much of the list was seen.
    pub(crate) fn coverage(&self) -> Coverage {
        self.cursor.coverage()
    }

    /// Why the list ended before its end, if it did.
    pub(crate) fn cut(&self) -> Option<&str> {
        self.cut.as_deref()
    }

    /// From now on the end of the list is to be proven. A walk that has ended by the reported number continues.
    pub(in crate::lookup) fn prove(&mut self) {
        self.until = Until::Proven;
        if self.cursor.is_provable() {
            self.cursor.end = None;
        }
    }

    /// Whether further pages have arrived, so that [`Walk::next`] need not ask for one.
    pub(in crate::lookup) fn is_ahead(&self) -> bool {
        !self.ahead.is_empty() && !self.cursor.is_over()
    }

    /// Asks for the pages that [`Walk::next`] needs next, if none has arrived. The caller must be sure to go on.
    ///
    /// # Errors
    /// [`LookUpError`]; the cursor then stays where it was.
    pub(in crate::lookup) async fn prepare(&mut self) -> Result<(), LookUpError> {
        if self.cursor.is_over() || !self.ahead.is_empty() {
            return Ok(());
        }
        self.fetch().await
    }

    /// The next page with users that were not shown before; `None` at the end.
    ///
    /// # Errors
    /// [`LookUpError`]; the cursor then stays where it was. [`LookUpError::NoList`] and
    /// [`LookUpError::Filter`] only for the first page.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<UserState>>, LookUpError> {
        while !self.cursor.is_over() {
            let Some((at, result)) = self.ahead.pop_front() else {
                self.fetch().await?;
                continue;
            };
            let users = match result {
                PageResult::Page(page) if self.fresh(&page) > 0 => Some(self.take(&at, page)),
                PageResult::Page(page) => {
                    let end = if page.users.is_empty() {
                        WalkEnd::Shown
                    } else {
                        WalkEnd::Repeated
                    };
                    self.end(end).await?
                }
                PageResult::Refused(status, words) => self.refused(status, words).await?,
                PageResult::TooLong(why) if self.page_size > 1 => {
                    self.ask_for_fewer(&why);
                    None
                }
                PageResult::TooLong(why) | PageResult::Failed(why) if self.cursor.pages == 0 => {
                    return Err(self.no_list(&why));
                }
                PageResult::TooLong(why) | PageResult::Failed(why) => {
                    self.cut_off(why);
                    None
                }
            };
            if users.is_some() {
                return Ok(users);
            }
        }
        Ok(None)
    }

    /// From now on pages have half as many users.
    fn ask_for_fewer(&mut self, why: &str) {
        self.ahead.clear();
        self.page_size = (self.page_size / 2).max(1);
        self.cursor.expect_pages_of(self.page_size);
        tracing::info!(why, page_size = self.page_size, "asking for smaller pages");
    }

    /// Asks for the next pages.
    async fn fetch(&mut self) -> Result<(), LookUpError> {
        let most = self.inquirer.concurrency().min(PAGES_AT_ONCE);
        let this = &*self;
        let pages: Vec<_> = stream::iter(self.cursor.next_pages(most))
            .map(|at| async move {
                let result = this.ask(&at).await?;
                Ok::<_, LookUpError>((at, result))
            })
            .buffered(most)
            .try_collect()
            .await?;
        self.ahead.extend(pages);
        Ok(())
    }

    async fn ask(&self, at: &PageAt) -> Result<PageResult, LookUpError> {
        let directory = self.inquirer.directory();
        let count = self.page_size;
        let request = match &self.filter {
            None => directory.page_request(at, count),
            Some(expression) => directory.filtered_request(expression, at, count),
        };
        Ok(match self.inquirer.ask(&request).await?.into_page() {
            Ok(page) => PageResult::Page(page),
            Err(InquiryResult::Answer(answer, _)) if answer.content == Content::TooLong => {
                PageResult::TooLong(answer.words().unwrap_or_default())
            }
            Err(InquiryResult::Answer(answer, _)) => {
                PageResult::Refused(answer.status, answer.words().unwrap_or_default())
            }
            Err(InquiryResult::Failed(why) | InquiryResult::Unsendable(why)) => {
                PageResult::Failed(why)
            }
        })
    }

    /// How many users of a page were not shown before.
    fn fresh(&self, page: &UserPage) -> u64 {
        let first = page.users.first().map(|user| &user.id);
        let is_first_again = first.is_some()
            && (first == self.cursor.first.as_ref() || first == self.cursor.latest.as_ref());
        // After an interruption, only these two of the users before are known.
        if is_first_again && self.seen.is_empty() {
            return 0;
        }
        let mut ids: Vec<u64> = page.users.iter().map(|user| hash_of(&user.id)).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.iter().filter(|id| !self.seen.contains(id)).count() as u64
    }

    fn take(&mut self, at: &PageAt, page: UserPage) -> Vec<UserState> {
        let mut fresh = 0;
        for user in &page.users {
            if self.seen.insert(hash_of(&user.id)) {
                fresh += 1;
                self.cursor.named += u64::from(user.user_name.is_some());
                self.cursor.active += u64::from(user.active == Some(true));
                self.cursor.active_shown += u64::from(user.active.is_some());
            }
        }
        let asked = self.page_size;
        if self.cursor.take(at, asked, &page, fresh) {
            self.ahead.clear();
        }
        let is_enough = match self.until {
            Until::Counted => true,
            Until::Likely => self.cursor.pages > 1,
            Until::Proven => false,
        };
        let by_number = matches!(self.cursor.way, Way::Index | Way::Number(_));
        if is_enough && by_number && self.cursor.is_total_reached() && !self.cursor.was_full {
            self.finish(WalkEnd::Counted);
        }
        page.users
    }

    /// The list seems to end here. Before that is believed, the two other ways to count are tried, if they are
    /// possible: `startIndex` as the number of a page, and counting from 0. Returns the users that one of them
    /// has brought.
    async fn end(&mut self, end: WalkEnd) -> Result<Option<Vec<UserState>>, LookUpError> {
        self.ahead.clear();
        let cursor = &self.cursor;
        let [tried_numbers, tried_zero] = cursor.tried;
        let by_index = cursor.way == Way::Index && cursor.pages > 0;
        let is_more = cursor.is_more_expected();
        if by_index && cursor.pages == 1 && !tried_numbers {
            // `startIndex` may be the number of a page. It is, if no user of the second page was shown before.
            self.cursor.tried[0] = true;
            let at = PageAt::Index(2);
            if let PageResult::Page(page) = self.ask(&at).await? {
                let first = page.users.first().map(|user| &user.id);
                self.cursor.is_start_heeded = first != self.cursor.first.as_ref();
                if first.is_some() && self.fresh(&page) == page.users.len() as u64 {
                    self.cursor.way = Way::Number(2);
                    return Ok(Some(self.take(&at, page)));
                }
            }
            return Box::pin(self.end(end)).await;
        }
        let is_doubtful = self.until == Until::Proven && cursor.may_count_from_zero();
        if by_index && !tried_zero && (is_more || is_doubtful) {
            // Users may be counted from 0: then the first one was never shown.
            self.cursor.tried[1] = true;
            let at = PageAt::Index(0);
            let users = match self.ask(&at).await? {
                PageResult::Page(page) if self.fresh(&page) > 0 => Some(self.take(&at, page)),
                _ => None,
            };
            self.finish(end);
            return Ok(users);
        }
        self.finish(end);
        Ok(None)
    }

    /// A page is refused: at the beginning of the list, or behind its end.
    async fn refused(
        &mut self,
        status: u16,
        words: String,
    ) -> Result<Option<Vec<UserState>>, LookUpError> {
        let words = format!("{status} {words}").trim().to_owned();
        let is_first = self.cursor.pages == 0;
        if is_first && self.cursor.way == Way::Index && (400..500).contains(&status) {
            // The provider may support cursors only.
            if let PageResult::Page(page) = self.ask(&PageAt::FirstCursor).await? {
                self.cursor.way = Way::FirstCursor;
                self.ahead
                    .push_back((PageAt::FirstCursor, PageResult::Page(page)));
                return Ok(None);
            }
        }
        if is_first {
            return Err(self.no_list(&words));
        }
        if !matches!(status, 400 | 404 | 410 | 416 | 422) {
            self.cut_off(words);
            return Ok(None);
        }
        let users = self.end(WalkEnd::Shown).await?;
        // The provider may refuse `startIndex` itself: then the list did not end with the first page.
        let cursor = &mut self.cursor;
        if users.is_none() && cursor.pages == 1 && cursor.is_first_full {
            cursor.end = Some(WalkEnd::Cut);
            if !cursor.is_total_reached() {
                self.cut = Some(words);
            }
        }
        Ok(users)
    }

    fn cut_off(&mut self, why: String) {
        tracing::info!(why, "the list ends early");
        self.finish(WalkEnd::Cut);
        self.cut = Some(why);
    }

    fn finish(&mut self, end: WalkEnd) {
        self.ahead.clear();
        self.cursor.end = Some(end);
    }

    fn no_list(&self, words: &str) -> LookUpError {
        let words = words.to_owned();
        match self.filter {
            Some(_) => LookUpError::Filter(words),
            None => LookUpError::NoList(words),
        }
    }
}

/// A hash of an id. If two ids of a tenant have the same hash, a page may be taken for one that was seen before.
fn hash_of(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}
