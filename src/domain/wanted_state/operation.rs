//! The operations of a write, and what one write can do at a provider. From both follows how the
//! operations that a user needs are divided into requests.

use std::fmt;

use crate::domain::{IdRule, UserState};

/// One operation of a write, in terms that every provider shares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Sets `active` to this value.
    SetActive(bool),
    /// Removes the user from all workspaces.
    RemoveWorkspaces,
    /// Sets the list of workspaces to these ids.
    SetWorkspaces(Vec<String>),
    /// Removes the user from this one workspace.
    Leave(String),
    /// Adds the user to this one workspace.
    Join(String),
    /// Deletes the user, with all its data.
    Delete,
}

impl fmt::Display for Operation {
    /// The operation in words. The digest of a plan is computed over these texts, so they never change.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetActive(true) => f.write_str("enable"),
            Self::SetActive(false) => f.write_str("disable"),
            Self::RemoveWorkspaces => f.write_str("remove all workspaces"),
            Self::SetWorkspaces(ids) => write!(f, "set workspaces to {}", ids.join(" ")),
            Self::Leave(id) => write!(f, "leave {id}"),
            Self::Join(id) => write!(f, "join {id}"),
            Self::Delete => f.write_str("delete for good"),
        }
    }
}

impl Operation {
    /// Whether `shown` has what the operation brings about. Other attributes do not count.
    pub(in crate::domain) fn is_done_in(&self, shown: &UserState, rule: IdRule) -> bool {
        let workspaces = shown.workspaces.as_deref();
        match self {
            Self::SetActive(active) => shown.active == Some(*active),
            Self::RemoveWorkspaces => workspaces.is_some_and(<[_]>::is_empty),
            Self::SetWorkspaces(ids) => {
                workspaces.is_some_and(|shown| rule.is_same_set(ids, shown))
            }
            Self::Leave(id) => workspaces.is_some_and(|shown| !rule.contains(shown, id)),
            Self::Join(id) => workspaces.is_some_and(|shown| rule.contains(shown, id)),
            // A user that is shown was not deleted.
            Self::Delete => false,
        }
    }
}

/// How the operations for one user are divided into requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Division {
    /// One request carries all operations.
    Together,
    /// Sign-in and workspaces are changed by a request each.
    ByAttribute,
    /// Sign-in is changed by one request, and each workspace is left or joined by a request of its own.
    ByWorkspace,
}

/// What one write can do at a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Means {
    /// How the provider compares ids.
    pub ids: IdRule,
    /// The most workspaces that one request can name.
    pub most_workspaces: usize,
    /// How operations are divided into requests.
    pub division: Division,
    /// Whether a write sends back the whole user as it was read right before, or that user's version. The
    /// user is then read before each write, so that no write is computed from an old state.
    pub from_read: bool,
}

impl Means {
    /// One request does everything and may name any number of workspaces. Ids compare without case.
    pub const ALL_AT_ONCE: Self = Self {
        ids: IdRule::IgnoreCase,
        most_workspaces: usize::MAX,
        division: Division::Together,
        from_read: false,
    };

    /// The operations that go into the next request: all of `operations`, or the first one.
    pub fn portion(self, operations: &[Operation]) -> &[Operation] {
        let at_once = match self.division {
            Division::Together => operations.len(),
            Division::ByAttribute | Division::ByWorkspace => operations.len().min(1),
        };
        &operations[..at_once]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(active: bool, workspaces: &[&str]) -> UserState {
        UserState {
            active: Some(active),
            workspaces: Some(workspaces.iter().map(ToString::to_string).collect()),
            ..UserState::of("u1")
        }
    }

    #[test]
    fn what_one_request_cannot_do_is_left_for_the_next() {
        let operations = [
            Operation::Leave("g1".to_owned()),
            Operation::Leave("g2".to_owned()),
            Operation::SetActive(false),
        ];
        let all = Means::ALL_AT_ONCE;
        assert_eq!(all.portion(&operations), operations);
        assert!(all.portion(&[]).is_empty());
        for division in [Division::ByAttribute, Division::ByWorkspace] {
            let means = Means { division, ..all };
            assert_eq!(means.portion(&operations), &operations[..1]);
            assert!(means.portion(&[]).is_empty());
        }
    }

    #[test]
    fn p2_an_operation_is_done_only_where_its_own_part_is_shown() {
        use Operation::{Delete, Join, Leave, RemoveWorkspaces, SetActive, SetWorkspaces};
        let id = || "a".to_owned();
        let silent = UserState::of("u1");
        for (operation, done, undone) in [
            (SetActive(false), state(false, &["a"]), state(true, &[])),
            (RemoveWorkspaces, state(true, &[]), state(false, &["a"])),
            (
                SetWorkspaces(vec![id()]),
                state(true, &["A"]),
                state(true, &["a", "b"]),
            ),
            (Leave(id()), state(true, &["b"]), state(true, &["A"])),
            (Join(id()), state(true, &["b", "A"]), state(true, &["b"])),
        ] {
            assert!(
                operation.is_done_in(&done, IdRule::IgnoreCase),
                "{operation:?}"
            );
            assert!(
                !operation.is_done_in(&undone, IdRule::IgnoreCase),
                "{operation:?}"
            );
            assert!(
                !operation.is_done_in(&silent, IdRule::Exact),
                "{operation:?}"
            );
        }
        assert!(!Delete.is_done_in(&silent, IdRule::Exact));
    }
}
