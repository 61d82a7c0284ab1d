//! Looks up all users that a register seeks, the cheapest way, and believes only what was shown.

use std::collections::BTreeMap;

use crate::domain::{Coverage, Line, UserId, UserState};
use crate::lookup::census::Census;
use crate::lookup::error::LookUpError;
use crate::lookup::inquirer::Inquirer;
use crate::lookup::place::Place;
use crate::lookup::register::{Position, Register, Wants};
use crate::lookup::silence::Silence;
use crate::lookup::spelling::Control;
use crate::lookup::strategy::{self, Method};
use crate::lookup::walk::{Until, Walk};
use crate::port::Directory;

/// Users who are read alone before a provider is said not to have the attribute of access.
const SAMPLE: usize = 10;

/// What is asked of a look-up, beside the users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ask {
    /// How far the tenant's active users are counted.
    pub count: Count,
    /// Whether a provider that has no such attribute as the profile's for access ends the look-up: what
    /// cannot be seen cannot be removed.
    pub needs_attribute: bool,
}

/// How far the tenant's active users are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Count {
    /// Not at all.
    #[default]
    Nobody,
    /// Until so many were seen, if the provider does not tell the number.
    Enough(u64),
    /// All of them.
    All,
}

/// How a look-up was made, and what it showed of the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The way that was chosen.
    pub method: Method,
    /// Requests that it took, sign-in not counted.
    pub requests: u64,
    /// All users of the tenant, if the provider reported the number.
    pub total: Option<u64>,
    /// The active users of the tenant, as far as is known.
    pub active: Option<u64>,
    /// Whether there may be more active users than that.
    pub active_is_at_least: bool,
    /// How much of the user list was seen.
    pub coverage: Coverage,
    /// Whether the provider is known to have the attribute in which access is shown.
    pub access_shown: bool,
    /// The workspaces that the change names and that no user has who was shown.
    pub unseen_workspaces: Vec<String>,
}

/// The progress of a look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// The way that was chosen.
    pub method: Method,
    /// Requests sent so far.
    pub requests: u64,
    /// Requests that it takes from here, about.
    pub left: u64,
}

/// Looks up all users that `register` seeks.
///
/// Dropping the future leaves with the register whatever was found: the next look-up goes on there.
pub async fn look_up<D: Directory, R: Register>(
    inquirer: &Inquirer<D>,
    register: &mut R,
    ask: Ask,
    on_progress: &mut dyn FnMut(Look),
) -> Result<Found, LookUpError> {
    let begun = register.position().await?;
    let is_begun = begun.is_some();
    let Position { place, census } = begun.unwrap_or_default();
    let finds = inquirer.finds();
    let sought = register.outstanding().await?;
    inquirer.expect(strategy::singly(sought, finds.names));
    let mut this = LookUp {
        inquirer,
        on_progress,
        ask,
        wants: register.wants(),
        walk: Walk::new(inquirer, None, Until::Counted, place),
        list_works: finds.pages,
        filter_works: finds.names > 0,
        method: Method::Nothing,
        census,
        silence: Default::default(),
        has_asked_schemas: false,
        unshown: BTreeMap::new(),
        silent: Vec::new(),
        control: Control::default(),
    };
    this.list(register, is_begun).await?;
    this.by_id(register).await?;
    this.by_name(register).await?;
    register.resolve().await?;
    this.by_id(register).await?;
    this.settle_unshown(register).await?;
    this.seek_workspaces().await?;
    let (active, active_is_at_least) = this.count_active().await?;
    Ok(Found {
        method: this.method,
        requests: inquirer.requests(),
        total: this.walk.place().total,
        active,
        active_is_at_least,
        coverage: this.walk.coverage(),
        access_shown: inquirer.directory().shows_access(),
        unseen_workspaces: this.census.unseen(this.wants.workspaces),
    })
}

/// A look-up under way.
pub(super) struct LookUp<'a, D> {
    pub(super) inquirer: &'a Inquirer<D>,
    pub(super) on_progress: &'a mut dyn FnMut(Look),
    pub(super) ask: Ask,
    pub(super) wants: Wants,
    pub(super) walk: Walk<'a, D>,
    pub(super) list_works: bool,
    pub(super) filter_works: bool,
    pub(super) method: Method,
    pub(super) census: Census,
    /// What is known of entries without addresses, of lists and of searches.
    pub(super) silence: [Silence; 2],
    pub(super) has_asked_schemas: bool,
    /// Users who were read alone, and not shown with their access.
    pub(super) unshown: BTreeMap<Line, UserId>,
    /// Some of the users whom a list has shown without their access.
    pub(super) silent: Vec<String>,
    /// A user by whom searches are put to the test.
    pub(super) control: Control,
}

/// What shows several users at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    List,
    Search,
}

impl<D: Directory> LookUp<'_, D> {
    /// Goes through the list, if that pays.
    async fn list<R: Register>(
        &mut self,
        register: &mut R,
        is_begun: bool,
    ) -> Result<(), LookUpError> {
        let names = self.inquirer.finds().names;
        let sought = register.outstanding().await?;
        if !self.list_works || !is_begun && !strategy::is_list_worth_a_look(sought, names) {
            return Ok(());
        }
        if !is_begun && !self.next_page(register).await? {
            return Ok(());
        }
        let sought = register.outstanding().await?;
        let place = self.walk.place();
        let expected = place
            .total
            .unwrap_or(place.passed + u64::from(!place.is_over()));
        let choice = strategy::choose(sought, names, place.passed + 1, place.page, expected);
        // The walk is over already, for example after a list of one page: the look-up was made by the list.
        if place.is_over() {
            self.method = Method::Pages;
        } else if choice == Method::Pages {
            self.method = Method::Pages;
            // A list may turn out to be longer than was said: it takes at most twice as many requests as
            // the other way.
            let said = strategy::pages(place.passed + 1, place.page, expected);
            let most = said.saturating_add(strategy::singly(sought, names));
            self.pages(register, most.saturating_add(1)).await?;
        }
        Ok(())
    }

    /// Goes on through the list while no user was seen in one of the workspaces that the change names, as
    /// long as the list shows workspaces. Perhaps only users outside the roster have that workspace.
    async fn seek_workspaces(&mut self) -> Result<(), LookUpError> {
        if !self.ask.needs_attribute {
            return Ok(());
        }
        while !self.census.unseen(self.wants.workspaces.clone()).is_empty() {
            match self.next_users().await? {
                Some(users) if users.iter().any(|user| user.workspaces.is_some()) => {}
                _ => break,
            }
            let Place {
                passed,
                total,
                page,
                ..
            } = *self.walk.place();
            let left = total.unwrap_or(passed).saturating_sub(passed);
            self.tell(left.div_ceil(page.max(1)));
        }
        Ok(())
    }

    /// Walks to the end of the list.
    pub(super) async fn all_pages<R: Register>(
        &mut self,
        register: &mut R,
    ) -> Result<(), LookUpError> {
        self.pages(register, u64::MAX).await
    }

    /// Walks to the end of the list, or through so many pages.
    async fn pages<R: Register>(&mut self, register: &mut R, most: u64) -> Result<(), LookUpError> {
        let mut walked = 0;
        while walked < most && self.next_page(register).await? {
            walked += 1;
            let place = self.walk.place();
            let total = place.total.unwrap_or(place.passed);
            let left = strategy::pages(place.passed + 1, place.page, total);
            self.tell(left);
        }
        Ok(())
    }

    /// Takes the next page of the list; returns whether there was one.
    async fn next_page<R: Register>(&mut self, register: &mut R) -> Result<bool, LookUpError> {
        let Some(mut users) = self.next_users().await? else {
            return Ok(false);
        };
        self.complete(register, &mut users, Source::List).await?;
        let position = Position {
            place: self.walk.place().clone(),
            census: self.census.clone(),
        };
        register.found(users, Some(position)).await?;
        Ok(true)
    }

    /// The users of the next page; `None` at the end, or if there is no list.
    pub(super) async fn next_users(&mut self) -> Result<Option<Vec<UserState>>, LookUpError> {
        if !self.list_works {
            return Ok(None);
        }
        let users = match self.walk.next().await {
            Ok(users) => users,
            Err(LookUpError::NoList(why)) => {
                tracing::info!(why, "the provider does not list its users");
                self.list_works = false;
                None
            }
            Err(error) => return Err(error),
        };
        if let Some(users) = &users {
            self.take(users);
        }
        Ok(users)
    }

    /// Takes note of users that a list or a search has shown. That an entry shows no access proves nothing:
    /// a list may leave out what is empty, and as well what is long.
    pub(super) fn take(&mut self, users: &[UserState]) {
        for user in users {
            self.control.note(user);
            if user.workspaces.is_none() && self.silent.len() < SAMPLE {
                self.silent.push(user.id.clone());
            }
        }
        let ids = self.inquirer.finds().ids;
        self.census.take(users, &self.wants.workspaces, ids);
    }

    pub(super) fn tell(&mut self, left: u64) {
        self.inquirer.expect(left);
        (self.on_progress)(Look {
            method: self.method,
            requests: self.inquirer.requests(),
            left,
        });
    }

    /// Users of the list that were seen, or of whom any were shown otherwise.
    pub(super) fn users_shown(&self) -> u64 {
        let Place { distinct, .. } = *self.walk.place();
        if distinct > 0 {
            distinct
        } else {
            self.census.shown
        }
    }
}
