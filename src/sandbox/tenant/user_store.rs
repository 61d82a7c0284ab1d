//! The users of the tenant and the counters kept about each.
//!
//! A user is one small row; names are computed from the number unless a write changed them, so that a
//! hundred thousand users need a few megabytes. It knows nothing of HTTP. It does not lock; its owner does.

use std::collections::HashMap;

use crate::sandbox::tenant::people;
use crate::sandbox::tenant::user_profile::{UserProfile, UserSnapshot};
use crate::sandbox::tenant::workspace::Set;

/// 2020-01-01, the creation time of all generated people.
pub(crate) const CREATED_MS: i64 = 1_577_836_800_000;

/// One user as stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StoredUser {
    /// The SCIM id, which is sent as 32 hex digits.
    pub(crate) id: u128,
    /// Whether the user may sign in.
    pub(crate) active: bool,
    /// Whether writes are refused.
    pub(crate) refused: bool,
    /// The workspaces that the user may open.
    pub(crate) workspaces: Set,
    /// Milliseconds since 1970.
    pub(crate) modified_ms: i64,
    /// GET requests that arrived for this user.
    pub(crate) reads: u32,
    /// PATCH and PUT requests that arrived for this user, with and without effect.
    pub(crate) writes_received: u32,
    /// Writes that took effect, also those that changed nothing.
    pub(crate) writes_applied: u32,
    /// Writes after which the profile differed from before.
    pub(crate) writes_changed: u32,
}

/// All users.
#[derive(Debug)]
pub(crate) struct Tenant {
    rows: Vec<StoredUser>,
    by_id: HashMap<u128, u32>,
    /// The whole profile of those whose names were changed.
    renamed: HashMap<usize, UserProfile>,
}

impl Tenant {
    /// A tenant of made people, of whom `refused` are protected.
    pub(crate) fn made(seed: u64, users: usize, refused: usize) -> Self {
        let mut rows: Vec<_> = (0..users)
            .map(|number| StoredUser {
                id: people::id(seed, number),
                active: true,
                refused: false,
                workspaces: people::workspace_set(seed, number),
                modified_ms: CREATED_MS,
                reads: 0,
                writes_received: 0,
                writes_applied: 0,
                writes_changed: 0,
            })
            .collect();
        let refused = refused.min(users);
        for turn in 0..refused {
            rows[(2 * turn + 1) * users / (2 * refused)].refused = true;
        }
        let by_id = rows
            .iter()
            .zip(0..)
            .map(|(row, number)| (row.id, number))
            .collect();
        Self {
            rows,
            by_id,
            renamed: HashMap::new(),
        }
    }

    /// The number of the user with this id.
    pub(crate) fn find(&self, id: u128) -> Option<usize> {
        self.by_id.get(&id).map(|number| *number as usize)
    }

    /// In the order of their numbers, from 0.
    pub(crate) fn rows(&self) -> &[StoredUser] {
        &self.rows
    }

    /// The counters and flags of one user, to be changed in place.
    pub(crate) fn row_mut(&mut self, number: usize) -> &mut StoredUser {
        &mut self.rows[number]
    }

    /// The user's profile now.
    pub(crate) fn profile(&self, number: usize) -> UserProfile {
        let row = &self.rows[number];
        match self.renamed.get(&number) {
            Some(profile) => profile.clone(),
            None => UserProfile::made(number, row.active, row.workspaces),
        }
    }

    /// The user now.
    pub(crate) fn snapshot(&self, number: usize) -> UserSnapshot {
        let StoredUser {
            id, modified_ms, ..
        } = self.rows[number];
        UserSnapshot {
            id,
            number,
            modified_ms,
            profile: self.profile(number),
        }
    }

    /// Stores a profile as the result of an applied write; says whether it differs from before.
    pub(crate) fn commit(&mut self, number: usize, profile: UserProfile, now_ms: i64) -> bool {
        let changed = self.profile(number) != profile;
        let row = &mut self.rows[number];
        row.active = profile.active;
        row.workspaces = profile.workspaces;
        // Two writes within a millisecond must have different times.
        row.modified_ms = now_ms.max(row.modified_ms + 1);
        row.writes_applied += 1;
        row.writes_changed += u32::from(changed);
        if profile.is_made(number) {
            self.renamed.remove(&number);
        } else {
            self.renamed.insert(number, profile);
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stay_small() {
        assert!(size_of::<StoredUser>() <= 64);
    }

    #[test]
    fn the_refused_are_spread_and_counted() {
        let tenant = Tenant::made(1, 1_000, 7);
        let refused: Vec<_> = (0..1_000).filter(|n| tenant.rows()[*n].refused).collect();
        assert_eq!(refused, [71, 214, 357, 500, 642, 785, 928]);
        assert!(Tenant::made(1, 3, 9).rows().iter().all(|row| row.refused));
    }

    #[test]
    fn commits_count_applied_and_changed_apart() {
        let mut tenant = Tenant::made(1, 3, 0);
        let disabled = UserProfile {
            active: false,
            ..tenant.profile(1)
        };
        assert!(tenant.commit(1, disabled.clone(), 0));
        assert!(!tenant.commit(1, disabled, 0));
        let row = tenant.rows()[1];
        assert_eq!(
            (row.writes_applied, row.writes_changed, row.active),
            (2, 1, false)
        );
        assert_eq!(row.modified_ms, CREATED_MS + 2);
    }

    #[test]
    fn names_are_kept_once_changed() {
        let mut tenant = Tenant::made(1, 3, 0);
        let renamed = UserProfile {
            given_name: "Person".to_owned(),
            ..tenant.profile(2)
        };
        assert!(tenant.commit(2, renamed.clone(), 0));
        assert_eq!(tenant.profile(2), renamed);
        assert_eq!(tenant.find(tenant.rows()[2].id), Some(2));
    }
}
