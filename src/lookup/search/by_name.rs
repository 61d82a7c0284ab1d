//! Finding users by their names: first with searches, then in the list.
//!
//! Some servers take `a or b` for one long name, search the last name alone, do not fold case, split a filter at
//! `eq`, or answer 200 without any user to a filter that they do not understand. So a search without a result
//! proves nothing until searches have passed a test. A search with a result does not prove that no other user
//! has that name in another case.

use std::collections::{HashSet, VecDeque};

use crate::domain::{Filter, Line, Reason, UserId, UserState, name_key};
use crate::lookup::by_id::{BATCH, read};
use crate::lookup::error::LookUpError;
use crate::lookup::look_up::{EntrySource, LookUp};
use crate::lookup::register::{Absence, Register, Sought};
use crate::lookup::search::spelling::{is_plain, spellings};
use crate::lookup::strategy::{self, Strategy};
use crate::port::Directory;

/// If searches have missed no more names than this, the look-up does not ask for the first page of the list to
/// see how long the list is.
const FEW: usize = 3;

/// The result of a search.
pub(in crate::lookup) enum Search {
    /// The names that were found, as the provider spells them.
    Found(Vec<String>),
    /// The provider refuses it, or does not answer.
    Refused,
    /// Users were shown that were not asked for: the server ignores the filter.
    Ignored,
}

/// A name that a search has missed.
struct Missed {
    sought: Sought,
    /// Whether it was asked for alone, in the spelling of the roster.
    was_alone: bool,
}

impl<D: Directory> LookUp<'_, D> {
    /// Searches each user that is sought by name, until its name was found, is known not to exist, or cannot be
    /// searched in any way.
    pub(in crate::lookup) async fn by_name<R: Register>(
        &mut self,
        register: &mut R,
    ) -> Result<(), LookUpError> {
        let mut open = names(register).await?;
        if open.is_empty() {
            return Ok(());
        }
        if self.walk.cursor().is_over() {
            let cursor = self.walk.cursor();
            let shows_names = cursor.named == cursor.distinct;
            if open.iter().all(is_hit) && cursor.is_plausible() && shows_names {
                return Ok(());
            }
            self.prove(register).await?;
            open = names(register).await?;
        }
        if self.walk.cursor().coverage_of_names().is_whole() {
            return self.give_up(register, open).await;
        }
        let missed = if self.filter_works {
            self.search_all(register, open).await?
        } else {
            open
        };
        let mut doubtful: HashSet<Line> = missed.iter().map(Sought::line).collect();
        doubtful.extend(self.doubtful_hits(register).await?);
        if doubtful.is_empty() {
            return Ok(());
        }
        if self.list_works {
            self.strategy = Strategy::Pages;
            self.prove(register).await?;
        }
        let mut left = names(register).await?;
        left.retain(|sought| doubtful.contains(&sought.line()));
        self.give_up(register, left).await
    }

    /// Walks through the list until it has shown its end.
    async fn prove<R: Register>(&mut self, register: &mut R) -> Result<(), LookUpError> {
        self.walk.prove();
        self.all_pages(register).await
    }

    /// Settles the names that no search could settle. If the whole list was seen, the names that it has not shown
    /// do not exist. If not, it is not known whether they exist.
    async fn give_up<R: Register>(
        &self,
        register: &mut R,
        open: Vec<Sought>,
    ) -> Result<(), LookUpError> {
        let cursor = self.walk.cursor();
        let is_whole = cursor.coverage_of_names().is_whole();
        let words = match (self.list_works, cursor.distinct) {
            _ if is_whole => String::new(),
            (false, _) => {
                "the provider can neither search this name in a way that can be relied on, nor \
                           list its users: whether it knows the name is not known"
                    .to_owned()
            }
            (true, seen) if cursor.named < seen => format!(
                "the provider's list does not show the names of all users ({} of {seen} were shown), and \
                 no search for this name can be relied on: whether it knows the name is not known",
                cursor.named
            ),
            (true, seen) => format!(
                "the look-up did not reach all users of the provider ({seen} were seen): whether it knows \
                 the name is not known"
            ),
        };
        // Of a name that was found it is not known either whether a second user has it.
        let left = open
            .into_iter()
            .filter(|sought| !is_whole || !is_hit(sought));
        let absent = left.map(|sought| {
            let absence = if is_whole {
                Absence::not_found()
            } else {
                Absence::unreadable(Reason::Unresolved, words.clone())
            };
            (sought, absence)
        });
        register.missing(absent.collect()).await?;
        Ok(())
    }

    /// Searches names, several at a time if that works. Returns the names that were not found, and of which it is
    /// not proven that they do not exist.
    async fn search_all<R: Register>(
        &mut self,
        register: &mut R,
        open: Vec<Sought>,
    ) -> Result<Vec<Sought>, LookUpError> {
        if self.strategy == Strategy::Nothing {
            self.strategy = Strategy::Singly;
        }
        let mut most = self.inquirer.supports().names;
        let mut is_or_tested = false;
        let mut missed: Vec<Missed> = Vec::new();
        let mut queue = VecDeque::from(open);
        while !queue.is_empty() {
            let some: Vec<_> = queue.drain(..most.min(queue.len())).collect();
            let is_alone = some.len() == 1;
            let asked: Vec<_> = some.iter().filter_map(name).map(str::to_owned).collect();
            let found: HashSet<String> = match self.search(register, asked).await? {
                Search::Found(found) => found.iter().map(|name| name_key(name)).collect(),
                Search::Refused if !is_alone => {
                    most = 1;
                    some.into_iter().rev().for_each(|one| queue.push_front(one));
                    continue;
                }
                Search::Refused | Search::Ignored => {
                    self.filter_works = false;
                    let missed = missed.into_iter().map(|missed| missed.sought);
                    return Ok(missed.chain(some).chain(queue).collect());
                }
            };
            self.report_progress(queue.len().div_ceil(most) as u64);
            let is_missed = |sought: &Sought| {
                let key = name(sought).map(name_key);
                key.is_some_and(|key| !found.contains(&key))
            };
            let mut absent = some.into_iter().filter(is_missed);
            if !is_alone
                && !is_or_tested
                && let Some(first) = absent.next()
            {
                // If a name is found alone and not among others, `or` does not work.
                let asked = name(&first).unwrap_or_default().to_owned();
                match self.search(register, vec![asked]).await? {
                    Search::Found(found) if found.is_empty() => {
                        is_or_tested = true;
                        missed.push(Missed {
                            sought: first,
                            was_alone: true,
                        });
                    }
                    Search::Found(_) => {
                        most = 1;
                        let rest: Vec<_> = absent.by_ref().collect();
                        rest.into_iter().rev().for_each(|one| queue.push_front(one));
                    }
                    Search::Refused | Search::Ignored => {
                        self.filter_works = false;
                        let missed = missed.into_iter().map(|missed| missed.sought);
                        return Ok(missed.chain([first]).chain(absent).chain(queue).collect());
                    }
                }
            }
            missed.extend(absent.map(|sought| Missed {
                sought,
                was_alone: is_alone,
            }));
        }
        self.search_spellings(register, missed).await
    }

    /// Searches names that were missed in every other spelling. Returns those of which it is not proven that they
    /// do not exist.
    async fn search_spellings<R: Register>(
        &mut self,
        register: &mut R,
        missed: Vec<Missed>,
    ) -> Result<Vec<Sought>, LookUpError> {
        if missed.is_empty() {
            return Ok(Vec::new());
        }
        if self.is_list_cheaper(register, missed.len()).await? {
            return Ok(missed.into_iter().map(|missed| missed.sought).collect());
        }
        let mut nowhere = Vec::new();
        for Missed { sought, was_alone } in missed {
            let spelt = name(&sought).unwrap_or_default();
            let spellings = spellings(spelt);
            let left = spellings.into_iter().skip(usize::from(was_alone));
            let mut is_found = false;
            for spelling in left {
                is_found = match self.search(register, vec![spelling]).await? {
                    Search::Found(found) => !found.is_empty(),
                    Search::Refused | Search::Ignored => false,
                };
                if is_found {
                    break;
                }
            }
            if !is_found {
                nowhere.push(sought);
            }
        }
        if nowhere.is_empty() || !self.is_search_trusted(register).await? {
            return Ok(nowhere);
        }
        let (believed, doubtful): (Vec<_>, Vec<_>) = nowhere
            .into_iter()
            .partition(|sought| name(sought).is_some_and(is_plain));
        let absent = believed
            .into_iter()
            .map(|sought| (sought, Absence::not_found()));
        register.missing(absent.collect()).await?;
        Ok(doubtful)
    }

    /// Whether the rest of the list takes fewer requests than a search for each of so many names.
    async fn is_list_cheaper<R: Register>(
        &mut self,
        register: &mut R,
        names: usize,
    ) -> Result<bool, LookUpError> {
        if self.walk.cursor().pages == 0 && names > FEW {
            self.next_names(register).await?;
        }
        let cursor = self.walk.cursor();
        if !self.list_works || cursor.is_over() || cursor.pages == 0 {
            return Ok(false);
        }
        let pages = cursor
            .total
            .map(|total| strategy::requests_for_pages(cursor.passed + 1, cursor.page, total));
        Ok(pages.is_some_and(|pages| pages <= names as u64))
    }

    /// Reads one more page of the list, for the names on it.
    pub(in crate::lookup) async fn next_names<R: Register>(
        &mut self,
        register: &mut R,
    ) -> Result<(), LookUpError> {
        if let Some(mut users) = self.next_users().await? {
            self.complete_addresses(register, &mut users, EntrySource::List)
                .await?;
            register.found(users, None).await?;
        }
        Ok(())
    }

    /// One search. The users that it shows are checked: some servers answer every search with all users.
    pub(in crate::lookup) async fn search<R: Register>(
        &mut self,
        register: &mut R,
        names: Vec<String>,
    ) -> Result<Search, LookUpError> {
        let wanted: HashSet<String> = names.iter().map(|name| name_key(name)).collect();
        let directory = self.inquirer.directory();
        let count = self.inquirer.supports().page_size;
        let request = directory.search_request(&Filter::UserNames(names), count);
        let Ok(mut page) = self.inquirer.ask(&request).await?.into_page() else {
            return Ok(Search::Refused);
        };
        self.read_users_without_names(&mut page.users, wanted.len())
            .await?;
        let key = |user: &UserState| user.user_name.as_deref().map(name_key);
        let fits = |user: &UserState| key(user).is_some_and(|name| wanted.contains(&name));
        let shown = page.users.len() as u64;
        let is_whole = page.total.is_none_or(|total| total <= shown);
        if !page.users.iter().all(fits) {
            return Ok(Search::Ignored);
        }
        if !is_whole {
            // The page is too small for so many names. If it is too small for one name, the filter is ignored.
            let is_alone = wanted.len() == 1;
            return Ok(if is_alone {
                Search::Ignored
            } else {
                Search::Refused
            });
        }
        let mut users = page.users;
        let found = users.iter().filter_map(|user| user.user_name.clone());
        let found = found.collect();
        self.take(&users);
        self.complete_addresses(register, &mut users, EntrySource::Search)
            .await?;
        register.found(users, None).await?;
        Ok(Search::Found(found))
    }

    /// Reads users alone that a search has shown without their names, unless there are more users than names.
    async fn read_users_without_names(
        &self,
        users: &mut [UserState],
        names: usize,
    ) -> Result<(), LookUpError> {
        if users.len() > names + 1 {
            return Ok(());
        }
        for user in users.iter_mut().filter(|user| user.user_name.is_none()) {
            if let Ok(alone) = read(self.inquirer, &UserId::new(&user.id)).await? {
                *user = alone;
            }
        }
        Ok(())
    }
}

/// All users that are sought by name.
pub(in crate::lookup) async fn names<R: Register>(
    register: &mut R,
) -> Result<Vec<Sought>, LookUpError> {
    let (mut all, mut after) = (Vec::new(), Line(0));
    loop {
        let batch = register.next(after, BATCH).await?;
        let Some(last) = batch.last() else {
            return Ok(all);
        };
        after = last.line();
        let by_name = |sought: &Sought| matches!(sought, Sought::UserName { .. });
        all.extend(batch.into_iter().filter(by_name));
    }
}

/// The name that is sought.
pub(in crate::lookup) fn name(sought: &Sought) -> Option<&str> {
    match sought {
        Sought::UserName { name, .. } => Some(name),
        Sought::Id(..) => None,
    }
}

/// Whether a user of the name was shown already.
pub(in crate::lookup) fn is_hit(sought: &Sought) -> bool {
    matches!(sought, Sought::UserName { is_hit: true, .. })
}
