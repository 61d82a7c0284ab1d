//! The state of one user as an answer of the provider shows it, as far as it matters to a job.

use std::fmt;

use crate::domain::{IdRule, Timestamp};

/// The recorded state of a user, with its time (the look).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The state that was shown.
    pub state: UserState,
    /// When it was shown.
    pub at: Timestamp,
}

/// One user as a provider's answer shows it. An attribute that is `None` was not shown: it is unknown,
/// neither false nor empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserState {
    /// The `id` in the answer itself. It proves which user is shown.
    pub id: String,
    /// `userName`.
    pub user_name: Option<String>,
    /// `displayName`, for the readers of the report.
    pub display_name: Option<String>,
    /// The values of `emails`; `None` if the answer does not show the attribute.
    pub addresses: Option<Vec<String>>,
    /// Whether the user may sign in; `None` if the answer does not say.
    pub active: Option<bool>,
    /// Ids of the workspaces that the user is a member of; `None` if the answer does not say.
    pub workspaces: Option<Vec<String>>,
    /// The names of other attributes in which the user has access, such as `groups`. The change does not
    /// touch them.
    pub other_access: Vec<String>,
}

impl UserState {
    /// Whether `other` shows the same `active`, and the same workspaces in any order.
    pub fn has_the_same(&self, other: &Self, ids: IdRule) -> bool {
        let same_workspaces = match (&self.workspaces, &other.workspaces) {
            (Some(mine), Some(theirs)) => ids.is_same_set(mine, theirs),
            (None, None) => true,
            _ => false,
        };
        self.active == other.active && same_workspaces
    }

    /// Whether `other` does not contradict this state. An attribute that only one of them shows is not a
    /// difference.
    pub fn agrees_with(&self, other: &Self, ids: IdRule) -> bool {
        let same_sign_in = match (self.active, other.active) {
            (Some(mine), Some(theirs)) => mine == theirs,
            _ => true,
        };
        let same_workspaces = match (&self.workspaces, &other.workspaces) {
            (Some(mine), Some(theirs)) => ids.is_same_set(mine, theirs),
            _ => true,
        };
        same_sign_in && same_workspaces
    }

    /// Whether this state shows all that `before` has: sign-in and each workspace. Then no write in between
    /// has taken anything. An attribute that either of the two does not show counts as missing.
    pub fn has_all_of(&self, before: &Self, ids: IdRule) -> bool {
        let may_sign_in = match (self.active, before.active) {
            (Some(now), Some(before)) => now || !before,
            // Not shown before. A user that may sign in now cannot have had more.
            (Some(now), None) => now,
            (None, _) => false,
        };
        let is_member = match (&self.workspaces, &before.workspaces) {
            (Some(now), Some(before)) => {
                let now = ids.set(now);
                before.iter().all(|id| now.contains(id))
            }
            _ => false,
        };
        may_sign_in && is_member
    }

    /// A state that shows only the id.
    pub fn of(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            user_name: None,
            display_name: None,
            addresses: None,
            active: None,
            workspaces: None,
            other_access: Vec::new(),
        }
    }
}

impl fmt::Display for UserState {
    /// The state in words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.active {
            Some(true) => "active",
            Some(false) => "disabled",
            None => "not said whether active",
        })?;
        match self.workspaces.as_deref() {
            None => f.write_str(", workspaces not said"),
            Some([]) => f.write_str(", no workspaces"),
            Some([one]) => write!(f, ", workspace {one}"),
            Some(several) => write!(f, ", workspaces {}", several.join(" ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_a_state_is_there_only_if_all_of_it_is_shown() {
        let state = |active: Option<bool>, workspaces: Option<&[&str]>| UserState {
            active,
            workspaces: workspaces.map(|ids| ids.iter().map(ToString::to_string).collect()),
            ..UserState::of("u")
        };
        let (yes, no) = (Some(true), Some(false));
        let (one, two): (&[&str], &[&str]) = (&["a"], &["a", "b"]);
        for (now, before, expected) in [
            ((yes, Some(two)), (yes, Some(one)), true),
            ((yes, Some(two)), (no, Some(two)), true),
            ((no, Some(two)), (no, Some(one)), true),
            ((no, Some(two)), (yes, Some(one)), false),
            ((yes, Some(one)), (yes, Some(two)), false),
            // An attribute that is not shown counts as missing.
            ((yes, Some(one)), (None, Some(one)), true),
            ((no, Some(one)), (None, Some(one)), false),
            ((None, Some(one)), (no, Some(one)), false),
            ((yes, None), (yes, Some(&[])), false),
            ((yes, Some(one)), (yes, None), false),
        ] {
            let (now, before) = (state(now.0, now.1), state(before.0, before.1));
            let found = now.has_all_of(&before, IdRule::Exact);
            assert_eq!(found, expected, "{now} after {before}");
        }
        let (now, before) = (state(yes, Some(&["A"])), state(yes, Some(one)));
        assert!(now.has_all_of(&before, IdRule::IgnoreCase));
    }
}
