//! What a look-up learns about the tenant as a whole: the workspaces that users have, and the number of active
//! users. Only what an answer showed counts.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::{ActiveUsers, Filter, IdRule, PageAt, Request, UserState};
use crate::lookup::error::LookUpError;
use crate::lookup::list::ListCursor;
use crate::lookup::look_up::{CountActive, LookUp};
use crate::port::Directory;

/// What the users of a tenant, taken together, have shown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Census {
    /// The number of times that a user was shown.
    pub shown: u64,
    /// Of the workspaces that the change names, those that a shown user has.
    pub workspaces: BTreeSet<String>,
    /// Attributes in which users have access, other than the one that the profile names.
    pub other_access: BTreeSet<String>,
}

impl Census {
    /// Takes users that were shown. `named` are the workspaces that the change names.
    pub(super) fn take(&mut self, users: &[UserState], named: &[String], ids: IdRule) {
        self.shown += users.len() as u64;
        for user in users {
            let has = user.workspaces.as_deref().unwrap_or_default();
            if !named.is_empty() && !has.is_empty() {
                let has = ids.set(has);
                let had = named.iter().filter(|id| has.contains(id));
                self.workspaces.extend(had.cloned());
            }
            for attribute in &user.other_access {
                if !self.other_access.contains(attribute) {
                    self.other_access.insert(attribute.clone());
                }
            }
        }
    }

    /// The workspaces that the change names and that no shown user has.
    pub(super) fn unseen(&self, named: Vec<String>) -> Vec<String> {
        let mut unseen = named;
        unseen.retain(|id| !self.workspaces.contains(id));
        unseen
    }
}

impl<D: Directory> LookUp<'_, D> {
    /// The number of active users, as far as is known.
    ///
    /// If the list was read to its end, it gives the number. If not, a search gives it, if the search can be
    /// believed. Otherwise the list is read until enough active users were seen.
    pub(super) async fn count_active(&mut self) -> Result<ActiveUsers, LookUpError> {
        let enough = match self.options.count {
            CountActive::No => return Ok(ActiveUsers::Unknown),
            CountActive::Enough(users) => users,
            CountActive::All => u64::MAX,
        };
        if !self.walk.cursor().is_plausible()
            && self.inquirer.supports().active
            && let Some(active) = self.search_active().await?
        {
            return Ok(ActiveUsers::Exactly(active));
        }
        if !self.walk.cursor().is_plausible() {
            if self.walk.cursor().active < enough {
                self.walk.prove();
            }
            while self.walk.cursor().active < enough && self.next_users().await?.is_some() {
                let ListCursor { passed, total, .. } = *self.walk.cursor();
                let left = total.unwrap_or(passed).saturating_sub(passed);
                self.report_progress(left.div_ceil(self.walk.cursor().page.max(1)));
            }
        }
        Ok(counted(self.walk.cursor()))
    }

    /// The number of active users by a search. It is believed only if a page of it shows active users
    /// alone, and if it finds fewer users than the whole list has: otherwise the server may ignore the filter.
    async fn search_active(&mut self) -> Result<Option<u64>, LookUpError> {
        let count = self.inquirer.supports().page_size;
        let directory = self.inquirer.directory();
        let request = directory.search_request(&Filter::Active, count);
        let Some(active) = self.total_of(&request, Shown::AllActive).await? else {
            return Ok(None);
        };
        let all = match self.walk.cursor().total {
            Some(all) => Some(all),
            None if self.walk.cursor().pages == 0 && self.list_works => {
                let request = directory.page_request(&PageAt::FIRST, 1);
                self.total_of(&request, Shown::Any).await?
            }
            None => None,
        };
        Ok(all.filter(|all| active < *all).map(|_| active))
    }

    /// The total that a page reports, if the page shows the users that are expected.
    async fn total_of(
        &self,
        request: &Request,
        expected: Shown,
    ) -> Result<Option<u64>, LookUpError> {
        let Ok(page) = self.inquirer.ask(request).await?.into_page() else {
            return Ok(None);
        };
        // Some providers answer a search that they do not support with an empty page.
        let shows_any = !page.users.is_empty();
        let is_active = |user: &UserState| user.active == Some(true);
        let fits = expected == Shown::Any || page.users.iter().all(is_active);
        Ok(page.total.filter(|_| shows_any && fits))
    }
}

/// The users that a page must show for its total to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// At least one user.
    Any,
    /// At least one user, and active users alone.
    AllActive,
}

/// The number of active users that the list has shown.
fn counted(cursor: &ListCursor) -> ActiveUsers {
    // If the list shows of no user whether it is active, the number is not known.
    if cursor.active_shown == 0 {
        return ActiveUsers::Unknown;
    }
    let is_said_of_all = cursor.active_shown == cursor.distinct;
    if is_said_of_all && cursor.is_plausible() {
        ActiveUsers::Exactly(cursor.active)
    } else {
        ActiveUsers::AtLeast(cursor.active)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lookup::list::list_cursor::WalkEnd;

    #[test]
    fn p7_a_number_is_exact_only_if_the_whole_list_shows_who_is_active() {
        let cursor = |distinct, active_shown, end| ListCursor {
            distinct,
            active: 3,
            active_shown,
            pages: 2,
            page: 5,
            total: Some(10),
            end,
            ..ListCursor::default()
        };
        for (cursor, expected) in [
            (
                cursor(10, 10, Some(WalkEnd::Shown)),
                ActiveUsers::Exactly(3),
            ),
            (
                cursor(10, 10, Some(WalkEnd::Counted)),
                ActiveUsers::Exactly(3),
            ),
            // Of some users it was not shown.
            (cursor(10, 9, Some(WalkEnd::Shown)), ActiveUsers::AtLeast(3)),
            (cursor(10, 0, Some(WalkEnd::Shown)), ActiveUsers::Unknown),
            // The list is not known to be whole.
            (cursor(9, 9, Some(WalkEnd::Shown)), ActiveUsers::AtLeast(3)),
            (cursor(5, 5, None), ActiveUsers::AtLeast(3)),
            (cursor(0, 0, None), ActiveUsers::Unknown),
        ] {
            assert_eq!(counted(&cursor), expected, "{cursor:?}");
        }
    }
}
