//! A walk through the provider's list of users, page by page, used by look-ups and exports.
//!
//! Servers count, number and end their lists in many ways. The one rule for all of them: go on until
//! nothing new comes, and say how far that is from the whole ([`Walk::coverage`]).

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use futures_util::{StreamExt, TryStreamExt, stream};

use crate::domain::{Content, Coverage, PageAt, UserPage, UserState};
use crate::lookup::error::LookUpError;
use crate::lookup::inquirer::{Heard, Inquirer};
use crate::lookup::place::{End, Place, Way};
use crate::port::Directory;

/// Pages that are asked for at a time, at most: each is heavy, for the provider and in memory.
const PAGES_AT_ONCE: usize = 8;

/// When a walk stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Until {
    /// When as many users were seen as the provider says that there are.
    Counted,
    /// The same, unless one page holds them all: its number may be the page's own.
    Likely,
    /// When the list itself has shown its end: only then it may be called whole.
    Proven,
}

/// A walk through a list.
#[derive(Debug)]
pub struct Walk<'a, D> {
    inquirer: &'a Inquirer<D>,
    filter: Option<String>,
    until: Until,
    place: Place,
    /// Users that are asked for at a time. Fewer, once a page was too long to be read.
    page_size: u64,
    /// Users who were shown, by a hash of their ids. Those of an earlier process are not among them.
    seen: HashSet<u64>,
    /// Pages that have come and were not taken yet.
    ahead: VecDeque<(PageAt, Turn)>,
    /// Why the list ended early.
    cut: Option<String>,
}

/// What became of a request for a page.
#[derive(Debug)]
enum Turn {
    Page(UserPage),
    /// The provider refuses it: status and words.
    Refused(u16, String),
    /// It is longer than what is read of an answer.
    TooLong(String),
    /// No answer came.
    Nothing(String),
}

impl<'a, D: Directory> Walk<'a, D> {
    /// A walk through the list of all users, or of those that fit a filter in the provider's own language,
    /// from `place` on.
    pub fn new(
        inquirer: &'a Inquirer<D>,
        filter: Option<String>,
        until: Until,
        place: Place,
    ) -> Self {
        Self {
            inquirer,
            filter,
            until,
            place,
            page_size: inquirer.finds().page_size,
            seen: HashSet::new(),
            ahead: VecDeque::new(),
            cut: None,
        }
    }

    /// How far it has come.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// How much of the list was seen.
    pub fn coverage(&self) -> Coverage {
        self.place.coverage()
    }

    /// Why the list ended before its end, if it did.
    pub fn cut(&self) -> Option<&str> {
        self.cut.as_deref()
    }

    /// From now on the end of the list is to be proven: a walk that has only counted goes on.
    pub(super) fn prove(&mut self) {
        self.until = Until::Proven;
        if self.place.is_provable() {
            self.place.end = None;
        }
    }

    /// The next page with users who were not shown before; `None` at the end.
    ///
    /// # Errors
    /// [`LookUpError`]; the place then stays where it was. [`LookUpError::NoList`] and
    /// [`LookUpError::Filter`] only for the first page.
    pub async fn next(&mut self) -> Result<Option<Vec<UserState>>, LookUpError> {
        while !self.place.is_over() {
            let Some((at, turn)) = self.ahead.pop_front() else {
                self.fetch().await?;
                continue;
            };
            let users = match turn {
                Turn::Page(page) if self.fresh(&page) > 0 => Some(self.take(&at, page)),
                Turn::Page(page) => {
                    let end = if page.users.is_empty() {
                        End::Shown
                    } else {
                        End::Repeated
                    };
                    self.end(end).await?
                }
                Turn::Refused(status, words) => self.refused(status, words).await?,
                Turn::TooLong(why) if self.page_size > 1 => {
                    self.ask_for_fewer(&why);
                    None
                }
                Turn::TooLong(why) | Turn::Nothing(why) if self.place.pages == 0 => {
                    return Err(self.no_list(&why));
                }
                Turn::TooLong(why) | Turn::Nothing(why) => {
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

    /// From now on half as many users are asked for at a time.
    fn ask_for_fewer(&mut self, why: &str) {
        self.ahead.clear();
        self.page_size = (self.page_size / 2).max(1);
        self.place.expect_pages_of(self.page_size);
        tracing::info!(why, page_size = self.page_size, "asking for smaller pages");
    }

    /// Asks for the next pages.
    async fn fetch(&mut self) -> Result<(), LookUpError> {
        let most = self.inquirer.concurrency().min(PAGES_AT_ONCE);
        let this = &*self;
        let pages: Vec<_> = stream::iter(self.place.next_pages(most))
            .map(|at| async move {
                let turn = this.ask(&at).await?;
                Ok::<_, LookUpError>((at, turn))
            })
            .buffered(most)
            .try_collect()
            .await?;
        self.ahead.extend(pages);
        Ok(())
    }

    async fn ask(&self, at: &PageAt) -> Result<Turn, LookUpError> {
        let directory = self.inquirer.directory();
        let count = self.page_size;
        let request = match &self.filter {
            None => directory.page_request(at, count),
            Some(expression) => directory.filtered_request(expression, at, count),
        };
        Ok(match self.inquirer.ask(&request).await?.into_page() {
            Ok(page) => Turn::Page(page),
            Err(Heard::Answer(answer, _)) if answer.content == Content::TooLong => {
                Turn::TooLong(answer.words().unwrap_or_default())
            }
            Err(Heard::Answer(answer, _)) => {
                Turn::Refused(answer.status, answer.words().unwrap_or_default())
            }
            Err(Heard::Nothing(why) | Heard::Unsendable(why)) => Turn::Nothing(why),
        })
    }

    /// How many users of a page were not shown before.
    fn fresh(&self, page: &UserPage) -> u64 {
        let first = page.users.first().map(|user| &user.id);
        let is_first_again = first.is_some()
            && (first == self.place.first.as_ref() || first == self.place.latest.as_ref());
        // After an interruption these two are all that is known of the users before.
        if is_first_again && self.seen.is_empty() {
            return 0;
        }
        let mut ids: Vec<u64> = page.users.iter().map(|user| mark(&user.id)).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.iter().filter(|id| !self.seen.contains(id)).count() as u64
    }

    fn take(&mut self, at: &PageAt, page: UserPage) -> Vec<UserState> {
        let mut fresh = 0;
        for user in &page.users {
            if self.seen.insert(mark(&user.id)) {
                fresh += 1;
                self.place.named += u64::from(user.user_name.is_some());
                self.place.active += u64::from(user.active == Some(true));
                self.place.active_shown += u64::from(user.active.is_some());
            }
        }
        let asked = self.page_size;
        if self.place.take(at, asked, &page, fresh) {
            self.ahead.clear();
        }
        let is_enough = match self.until {
            Until::Counted => true,
            Until::Likely => self.place.pages > 1,
            Until::Proven => false,
        };
        let by_number = matches!(self.place.way, Way::Index | Way::Number(_));
        if is_enough && by_number && self.place.is_total_reached() && !self.place.was_full {
            self.finish(End::Counted);
        }
        page.users
    }

    /// The list seems to end here. Before that is believed, the two other ways to count are tried, where
    /// anything speaks for them; returns the users whom one of them has brought.
    async fn end(&mut self, end: End) -> Result<Option<Vec<UserState>>, LookUpError> {
        self.ahead.clear();
        let place = &self.place;
        let [tried_numbers, tried_zero] = place.tried;
        let by_index = place.way == Way::Index && place.pages > 0;
        let is_more = place.is_more_expected();
        if by_index && place.pages == 1 && !tried_numbers {
            // Perhaps the number is that of a page. It is, if no user of the second page was shown before.
            self.place.tried[0] = true;
            let at = PageAt::Index(2);
            if let Turn::Page(page) = self.ask(&at).await? {
                let first = page.users.first().map(|user| &user.id);
                self.place.is_start_heeded = first != self.place.first.as_ref();
                if first.is_some() && self.fresh(&page) == page.users.len() as u64 {
                    self.place.way = Way::Number(2);
                    return Ok(Some(self.take(&at, page)));
                }
            }
            return Box::pin(self.end(end)).await;
        }
        let is_doubtful = self.until == Until::Proven && place.may_count_from_zero();
        if by_index && !tried_zero && (is_more || is_doubtful) {
            // Perhaps users are counted from 0, and the first one was never shown.
            self.place.tried[1] = true;
            let at = PageAt::Index(0);
            let users = match self.ask(&at).await? {
                Turn::Page(page) if self.fresh(&page) > 0 => Some(self.take(&at, page)),
                _ => None,
            };
            self.finish(end);
            return Ok(users);
        }
        self.finish(end);
        Ok(None)
    }

    /// A page is refused: behind the end of the list, or at its beginning.
    async fn refused(
        &mut self,
        status: u16,
        words: String,
    ) -> Result<Option<Vec<UserState>>, LookUpError> {
        let words = format!("{status} {words}").trim().to_owned();
        let is_first = self.place.pages == 0;
        if is_first && self.place.way == Way::Index && (400..500).contains(&status) {
            // Perhaps it knows cursors only.
            if let Turn::Page(page) = self.ask(&PageAt::FirstCursor).await? {
                self.place.way = Way::FirstCursor;
                self.ahead
                    .push_back((PageAt::FirstCursor, Turn::Page(page)));
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
        let users = self.end(End::Shown).await?;
        // A refusal of the second page may be one of `startIndex` itself.
        let place = &mut self.place;
        if users.is_none() && place.pages == 1 && place.is_first_full {
            place.end = Some(End::Cut);
            if !place.is_total_reached() {
                self.cut = Some(words);
            }
        }
        Ok(users)
    }

    fn cut_off(&mut self, why: String) {
        tracing::info!(why, "the list ends early");
        self.finish(End::Cut);
        self.cut = Some(why);
    }

    fn finish(&mut self, end: End) {
        self.ahead.clear();
        self.place.end = Some(end);
    }

    fn no_list(&self, words: &str) -> LookUpError {
        let words = words.to_owned();
        match self.filter {
            Some(_) => LookUpError::Filter(words),
            None => LookUpError::NoList(words),
        }
    }
}

/// A hash of an id. That two of a tenant's ids share one costs at most a page that is taken for known.
fn mark(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
