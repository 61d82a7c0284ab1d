//! Looking up everybody whom a register seeks, the cheapest way.

use std::cell::Cell;

use futures_util::{StreamExt, stream};

use crate::domain::{Answer, Content, UserPage};
use crate::lookup::inquirer::{Heard, Inquirer, LookUpError};
use crate::lookup::register::{Position, Register};
use crate::lookup::strategy::{self, Method};
use crate::port::Directory;

/// Pages that are asked for at a time, at most: each is heavy, for the provider and in memory.
const PAGES_AT_ONCE: usize = 8;

/// How a look-up was made, and what it told of the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The way that was chosen.
    pub method: Method,
    /// Requests that it took, sign-in not counted.
    pub requests: u64,
    /// All users of the tenant, if the provider told.
    pub total: Option<u64>,
    /// The active users of the tenant, if the provider told.
    pub active: Option<u64>,
}

/// How far a look-up has come, for whoever waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// The way that was chosen.
    pub method: Method,
    /// Requests sent so far.
    pub requests: u64,
    /// Requests that it takes from here, about.
    pub left: u64,
}

/// Looks up everybody whom `register` seeks. `with_active` asks for the number of the tenant's active
/// users too, which takes one request more unless the whole list is gone through.
///
/// Dropping the future leaves with the register whatever was found: the next look-up goes on there.
pub async fn look_up<D: Directory, R: Register>(
    inquirer: &Inquirer<D>,
    register: &mut R,
    with_active: bool,
    on_progress: &mut dyn FnMut(Look),
) -> Result<Found, LookUpError> {
    let mut walk = Walk {
        inquirer,
        on_progress,
        total: None,
        active: None,
        method: Method::Nothing,
        list_works: inquirer.finds().pages,
    };
    walk.list(register).await?;
    let filter_works = walk.singly(register).await?;
    if !filter_works {
        if walk.active.is_none() && walk.list_works {
            // Names can be found in the list alone.
            walk.all_pages(register, None).await?;
        }
        walk.give_up(register).await?;
    }
    if with_active && walk.active.is_none() && inquirer.finds().active {
        walk.active = walk.count_active().await?;
    }
    Ok(Found {
        method: walk.method,
        requests: inquirer.requests(),
        total: walk.total,
        active: walk.active,
    })
}

pub(super) struct Walk<'a, D> {
    pub(super) inquirer: &'a Inquirer<D>,
    pub(super) on_progress: &'a mut dyn FnMut(Look),
    total: Option<u64>,
    pub(super) active: Option<u64>,
    pub(super) method: Method,
    list_works: bool,
}

/// What one page has brought.
enum Page {
    Users(UserPage),
    /// The list cannot be had.
    Refused(String),
}

impl<D: Directory> Walk<'_, D> {
    /// Goes through the list, if that pays.
    async fn list<R: Register>(&mut self, register: &mut R) -> Result<(), LookUpError> {
        if !self.list_works {
            return Ok(());
        }
        let names = self.inquirer.finds().names;
        let begun = register.position().await?;
        let sought = register.outstanding().await?;
        let Some(at) = begun else {
            if !strategy::is_list_worth_a_look(sought, names) {
                return Ok(());
            }
            return self.all_pages(register, None).await;
        };
        self.total = Some(at.total);
        if strategy::choose(sought, names, at.next, at.page, at.total) == Method::Pages {
            self.all_pages(register, Some(at)).await?;
        }
        Ok(())
    }

    /// Walks from a position, or from the beginning, to the end of the list; stops early where asking
    /// for those who are left takes fewer requests.
    async fn all_pages<R: Register>(
        &mut self,
        register: &mut R,
        begun: Option<Position>,
    ) -> Result<(), LookUpError> {
        let mut first_id = None;
        let mut at = match begun {
            Some(at) => at,
            None => match self.page(1).await? {
                Page::Users(page) => {
                    first_id = page.users.first().map(|user| user.id.clone());
                    let at = after_page(
                        Position {
                            next: 1,
                            ..Position::default()
                        },
                        &page,
                    );
                    self.total = page.total;
                    register.found(page.users, Some(at)).await?;
                    let sought = register.outstanding().await?;
                    let is_forced = self.method == Method::Singly;
                    let names = self.inquirer.finds().names;
                    let choice = strategy::choose(sought, names, at.next, at.page, at.total);
                    if choice != Method::Pages && !is_forced {
                        // Whoever has seen the whole list on one page knows who is active.
                        if at.next > at.total {
                            self.active = Some(at.active);
                            self.method = Method::Pages;
                        }
                        return Ok(());
                    }
                    at
                }
                Page::Refused(why) => {
                    tracing::info!(why, "the provider does not list its users");
                    self.list_works = false;
                    return Ok(());
                }
            },
        };
        self.method = Method::Pages;
        let total = Cell::new(at.total);
        let next = Cell::new(at.next);
        let step = at.page.max(1);
        let starts = std::iter::from_fn(|| {
            let start = next.get();
            (start <= total.get()).then(|| next.replace(start + step))
        });
        let inquirer = self.inquirer;
        let mut pages = stream::iter(starts)
            .map(|start| async move { (start, page_at(inquirer, start).await) })
            .buffered(inquirer.concurrency().min(PAGES_AT_ONCE));
        while let Some((start, page)) = pages.next().await {
            let page = match page? {
                Page::Users(page) => page,
                Page::Refused(why) => {
                    tracing::info!(why, start, "the list ends early");
                    return Ok(());
                }
            };
            let repeats =
                first_id.is_some() && page.users.first().map(|user| &user.id) == first_id.as_ref();
            if page.users.is_empty() || repeats {
                // Past the end: nothing, or the first page again.
                break;
            }
            at = after_page(at, &page);
            // Pages are asked for by equal steps, whatever one of them brings.
            at.next = at.next.max(start + step);
            if let Some(told) = page.total {
                total.set(told);
                self.total = Some(told);
            }
            register.found(page.users, Some(at)).await?;
            (self.on_progress)(Look {
                method: Method::Pages,
                requests: inquirer.requests(),
                left: strategy::pages(at.next, at.page, at.total),
            });
        }
        self.active = Some(at.active);
        Ok(())
    }

    async fn page(&self, start: u64) -> Result<Page, LookUpError> {
        page_at(self.inquirer, start).await
    }
}

async fn page_at<D: Directory>(inquirer: &Inquirer<D>, start: u64) -> Result<Page, LookUpError> {
    let count = inquirer.finds().page_size;
    let request = inquirer.directory().page_request(start, count);
    Ok(match inquirer.ask(&request).await? {
        Heard::Answer(
            Answer {
                status: 200..=299,
                content: Content::Page(page),
                ..
            },
            _,
        ) => Page::Users(page),
        Heard::Answer(answer, _) => {
            let words = answer.words().unwrap_or_default();
            Page::Refused(format!("{} {words}", answer.status))
        }
        Heard::Nothing(why) => Page::Refused(why),
    })
}

/// Where the walk stands after one more page.
fn after_page(at: Position, page: &UserPage) -> Position {
    let shown = page.users.len() as u64;
    let active = page.users.iter().filter(|user| user.active != Some(false));
    Position {
        next: at.next + shown,
        page: if at.page == 0 { shown } else { at.page },
        total: page.total.unwrap_or(at.total.max(at.next + shown)),
        active: at.active + active.count() as u64,
    }
}
