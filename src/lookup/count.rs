//! How many of the tenant's users are active: only what was really shown.

use crate::domain::{Filter, PageAt, Request};
use crate::lookup::error::LookUpError;
use crate::lookup::look_up::{Count, LookUp};
use crate::lookup::place::Place;
use crate::port::Directory;

impl<D: Directory> LookUp<'_, D> {
    /// The number of active users as far as it is known, and whether there may be more.
    ///
    /// The list gives the number if it was read to its end; else a search does, if it can be believed; else the
    /// list is read until enough active users were seen.
    pub(super) async fn count_active(&mut self) -> Result<(Option<u64>, bool), LookUpError> {
        let enough = match self.ask.count {
            Count::Nobody => return Ok((None, false)),
            Count::Enough(users) => users,
            Count::All => u64::MAX,
        };
        if !self.walk.place().is_plausible()
            && self.inquirer.finds().active
            && let Some(active) = self.search_active().await?
        {
            return Ok((Some(active), false));
        }
        if !self.walk.place().is_plausible() {
            if self.walk.place().active < enough {
                self.walk.prove();
            }
            while self.walk.place().active < enough && self.next_users().await?.is_some() {
                let Place { passed, total, .. } = *self.walk.place();
                let left = total.unwrap_or(passed).saturating_sub(passed);
                self.tell(left.div_ceil(self.walk.place().page.max(1)));
            }
        }
        Ok(counted(self.walk.place()))
    }

    /// The number of active users by a search. It is believed only if a page of it shows active users
    /// alone, and if it finds fewer users than the whole list has: else the filter may be ignored.
    async fn search_active(&mut self) -> Result<Option<u64>, LookUpError> {
        let count = self.inquirer.finds().page_size;
        let directory = self.inquirer.directory();
        let request = directory.search_request(&Filter::Active, count);
        let Some(active) = self.total_of(&request, true).await? else {
            return Ok(None);
        };
        let all = match self.walk.place().total {
            Some(all) => Some(all),
            None if self.walk.place().pages == 0 && self.list_works => {
                let request = directory.page_request(&PageAt::FIRST, 1);
                self.total_of(&request, false).await?
            }
            None => None,
        };
        Ok(all.filter(|all| active < *all).map(|_| active))
    }

    /// The total that a page reports, if it shows any user. With `all_active`, only if all users on the page are
    /// active.
    async fn total_of(
        &self,
        request: &Request,
        all_active: bool,
    ) -> Result<Option<u64>, LookUpError> {
        let Ok(page) = self.inquirer.ask(request).await?.into_page() else {
            return Ok(None);
        };
        // Some providers answer a search that they do not support with an empty page.
        let shows_any = !page.users.is_empty();
        let fits = !all_active || page.users.iter().all(|user| user.active == Some(true));
        Ok(page.total.filter(|_| shows_any && fits))
    }
}

/// What the list has shown of how many users are active.
fn counted(place: &Place) -> (Option<u64>, bool) {
    // A list that shows of no user whether it is active says nothing about the number.
    if place.active_shown == 0 {
        return (None, false);
    }
    let all_said = place.active_shown == place.distinct;
    (Some(place.active), !(all_said && place.is_plausible()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lookup::place::End;

    #[test]
    fn p7_a_number_is_exact_only_if_the_whole_list_said_it_of_everybody() {
        let place = |distinct, active_shown, end| Place {
            distinct,
            active: 3,
            active_shown,
            pages: 2,
            page: 5,
            total: Some(10),
            end,
            ..Place::default()
        };
        for (place, expected) in [
            (place(10, 10, Some(End::Shown)), (Some(3), false)),
            (place(10, 10, Some(End::Counted)), (Some(3), false)),
            // Of some users it was not said.
            (place(10, 9, Some(End::Shown)), (Some(3), true)),
            (place(10, 0, Some(End::Shown)), (None, false)),
            // The list is not known to be whole.
            (place(9, 9, Some(End::Shown)), (Some(3), true)),
            (place(5, 5, None), (Some(3), true)),
            (place(0, 0, None), (None, false)),
        ] {
            assert_eq!(counted(&place), expected, "{place:?}");
        }
    }
}
