//! The course of a look-up: first the list, if that takes fewer requests, then ids, then names, then what is left
//! to know about the tenant.

use std::collections::BTreeMap;

use crate::domain::{ActiveUsers, Coverage, Line, UserId, UserState};
use crate::lookup::addresses::AddressEvidence;
use crate::lookup::error::LookUpError;
use crate::lookup::inquirer::Inquirer;
use crate::lookup::list::ListCursor;
use crate::lookup::list::{Until, Walk};
use crate::lookup::register::{Position, Register, Wants};
use crate::lookup::search::spelling::Control;
use crate::lookup::strategy::{self, Strategy};
use crate::lookup::tenant_counts::Census;
use crate::port::Directory;

/// Users that are read alone before the look-up concludes that the provider does not have the attribute of
/// access.
const SAMPLE: usize = 10;

/// What a look-up is to find out beside the users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct LookUpOptions {
    /// Whether the active users of the tenant are counted.
    pub count: CountActive,
    /// Whether the look-up ends with an error if the provider does not have the attribute in which the profile
    /// looks for access: access that cannot be seen cannot be removed.
    pub needs_attribute: bool,
}

/// Whether the active users of the tenant are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum CountActive {
    /// Not at all.
    #[default]
    No,
    /// If the provider does not give the number, until so many were seen.
    Enough(u64),
    /// All of them.
    All,
}

/// How a look-up was made, and what it has found out about the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LookUpResult {
    /// The strategy that was chosen.
    pub strategy: Strategy,
    /// Requests that it took, sign-in not counted.
    pub requests: u64,
    /// All users of the tenant, if the provider reported the number.
    pub total: Option<u64>,
    /// The number of active users of the tenant, as far as is known.
    pub active: ActiveUsers,
    /// How much of the user list was seen.
    pub coverage: Coverage,
    /// Whether the provider is known to have the attribute in which access is shown.
    pub access_shown: bool,
    /// Workspaces that the change names and that no user was shown to have.
    pub unseen_workspaces: Vec<String>,
}

/// The progress of a look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookUpStatus {
    /// The strategy that was chosen.
    pub strategy: Strategy,
    /// Requests sent so far.
    pub requests: u64,
    /// An estimate of the requests that are still to be sent.
    pub left: u64,
}

/// Looks up all users that `register` seeks.
///
/// If the future is dropped, the register keeps all that was found, and the next look-up continues from there.
pub(crate) async fn look_up<D: Directory, R: Register>(
    inquirer: &Inquirer<D>,
    register: &mut R,
    options: LookUpOptions,
    on_progress: &mut dyn FnMut(LookUpStatus),
) -> Result<LookUpResult, LookUpError> {
    let begun = register.position().await?;
    let is_begun = begun.is_some();
    let Position { cursor, census } = begun.unwrap_or_default();
    let supports = inquirer.supports();
    let sought = register.outstanding().await?;
    inquirer.expect(strategy::requests_one_by_one(sought, supports.names));
    let mut this = LookUp {
        inquirer,
        on_progress,
        options,
        wants: register.wants(),
        walk: Walk::new(inquirer, None, Until::Counted, cursor),
        list_works: supports.pages,
        filter_works: supports.names > 0,
        strategy: Strategy::Nothing,
        census,
        address_evidence: Default::default(),
        has_asked_schemas: false,
        unshown: BTreeMap::new(),
        without_access: Vec::new(),
        control: Control::default(),
    };
    this.list(register, is_begun).await?;
    this.by_id(register).await?;
    this.by_name(register).await?;
    register.resolve().await?;
    this.by_id(register).await?;
    this.settle_unshown(register).await?;
    this.seek_workspaces().await?;
    let active = this.count_active().await?;
    Ok(LookUpResult {
        strategy: this.strategy,
        requests: inquirer.requests(),
        total: this.walk.cursor().total,
        active,
        coverage: this.walk.coverage(),
        access_shown: inquirer.directory().shows_access(),
        unseen_workspaces: this.census.unseen(this.wants.workspaces),
    })
}

/// A look-up under way.
pub(super) struct LookUp<'a, D> {
    pub(super) inquirer: &'a Inquirer<D>,
    pub(super) on_progress: &'a mut dyn FnMut(LookUpStatus),
    pub(super) options: LookUpOptions,
    pub(super) wants: Wants,
    pub(super) walk: Walk<'a, D>,
    pub(super) list_works: bool,
    pub(super) filter_works: bool,
    pub(super) strategy: Strategy,
    pub(super) census: Census,
    /// What entries without addresses mean, in the list and in searches.
    pub(super) address_evidence: [AddressEvidence; 2],
    pub(super) has_asked_schemas: bool,
    /// Users that were read alone, and shown without access.
    pub(super) unshown: BTreeMap<Line, UserId>,
    /// Some of the users that a list or a search has shown without access.
    pub(super) without_access: Vec<String>,
    /// The user that searches are tested with.
    pub(super) control: Control,
}

/// The kind of answer that an entry comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntrySource {
    List,
    Search,
}

impl<D: Directory> LookUp<'_, D> {
    /// Walks through the list, if that takes fewer requests.
    async fn list<R: Register>(
        &mut self,
        register: &mut R,
        is_begun: bool,
    ) -> Result<(), LookUpError> {
        let names = self.inquirer.supports().names;
        let sought = register.outstanding().await?;
        if !self.list_works || !is_begun && !strategy::is_first_page_worth_it(sought, names) {
            return Ok(());
        }
        if !is_begun && self.next_pages(register, 1).await? == 0 {
            return Ok(());
        }
        let sought = register.outstanding().await?;
        let cursor = self.walk.cursor();
        let expected = cursor
            .total
            .unwrap_or(cursor.passed + u64::from(!cursor.is_over()));
        let choice = strategy::choose(sought, names, cursor.passed + 1, cursor.page, expected);
        // The walk may be over already, for example after a list of one page: then the list was the strategy.
        if cursor.is_over() {
            self.strategy = Strategy::Pages;
        } else if choice == Strategy::Pages {
            self.strategy = Strategy::Pages;
            // A list may turn out to be longer than the provider says. Then the walk ends after twice as many
            // requests as the other strategy takes.
            let said = strategy::requests_for_pages(cursor.passed + 1, cursor.page, expected);
            let most = said.saturating_add(strategy::requests_one_by_one(sought, names));
            self.pages(register, most.saturating_add(1)).await?;
        }
        Ok(())
    }

    /// Continues the walk through the list while no user was seen in one of the workspaces that the change names,
    /// as long as the list shows workspaces. Perhaps only users outside the roster have that workspace.
    async fn seek_workspaces(&mut self) -> Result<(), LookUpError> {
        if !self.options.needs_attribute {
            return Ok(());
        }
        while !self.census.unseen(self.wants.workspaces.clone()).is_empty() {
            match self.next_users().await? {
                Some(users) if users.iter().any(|user| user.workspaces.is_some()) => {}
                _ => break,
            }
            let ListCursor {
                passed,
                total,
                page,
                ..
            } = *self.walk.cursor();
            let left = total.unwrap_or(passed).saturating_sub(passed);
            self.report_progress(left.div_ceil(page.max(1)));
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
        while walked < most {
            let pages = self.next_pages(register, most - walked).await?;
            if pages == 0 {
                break;
            }
            walked += pages;
            let cursor = self.walk.cursor();
            let total = cursor.total.unwrap_or(cursor.passed);
            let left = strategy::requests_for_pages(cursor.passed + 1, cursor.page, total);
            self.report_progress(left);
        }
        Ok(())
    }

    /// Takes the next page of the list, and those behind it that have arrived together with it: all of them are
    /// stored at once. Returns how many pages that were.
    ///
    /// The walk goes on for `most` pages. If there are more to come, they are asked for while these are stored.
    async fn next_pages<R: Register>(
        &mut self,
        register: &mut R,
        most: u64,
    ) -> Result<u64, LookUpError> {
        let Some(mut users) = self.next_users().await? else {
            return Ok(0);
        };
        let mut pages = 1;
        let mut failed = Ok(());
        while self.walk.is_ahead() {
            match self.next_users().await {
                Ok(Some(more)) => {
                    users.extend(more);
                    pages += 1;
                }
                Ok(None) => break,
                Err(error) => {
                    // The pages before are stored first.
                    failed = Err(error);
                    break;
                }
            }
        }
        self.complete_addresses(register, &mut users, EntrySource::List)
            .await?;
        let position = Position {
            cursor: self.walk.cursor().clone(),
            census: self.census.clone(),
        };
        let is_more = failed.is_ok() && self.list_works && pages < most;
        let storing = register.found(users, Some(position));
        let (stored, prepared) = if is_more {
            tokio::join!(storing, self.walk.prepare())
        } else {
            (storing.await, Ok(()))
        };
        stored?;
        failed.and(prepared).map(|()| pages)
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

    /// Takes note of users that a list or a search has shown. An entry without access proves nothing: a list may
    /// leave out an empty attribute, and also a long one.
    pub(super) fn take(&mut self, users: &[UserState]) {
        for user in users {
            self.control.note(user);
            if user.workspaces.is_none() && self.without_access.len() < SAMPLE {
                self.without_access.push(user.id.clone());
            }
        }
        let ids = self.inquirer.supports().ids;
        self.census.take(users, &self.wants.workspaces, ids);
    }

    /// Reports the progress; `left` is the number of requests that are still to be sent.
    pub(super) fn report_progress(&mut self, left: u64) {
        self.inquirer.expect(left);
        (self.on_progress)(LookUpStatus {
            strategy: self.strategy,
            requests: self.inquirer.requests(),
            left,
        });
    }

    /// The number of users that the list has shown, or without a list the number of users shown otherwise.
    pub(super) fn users_shown(&self) -> u64 {
        let ListCursor { distinct, .. } = *self.walk.cursor();
        if distinct > 0 {
            distinct
        } else {
            self.census.shown
        }
    }
}
