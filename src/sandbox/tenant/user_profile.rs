//! What a write may change about a user, and a user as seen at one moment.
//!
//! Everything else about a user is computed. It knows nothing of requests, and not how a user is printed.

use crate::sandbox::tenant::people;
use crate::sandbox::tenant::workspace::Set;

/// The changeable part of a user. Two equal profiles mean that nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserProfile {
    pub(crate) active: bool,
    pub(crate) workspaces: Set,
    pub(crate) given_name: String,
    pub(crate) family_name: String,
    pub(crate) external_id: String,
    pub(crate) email: Option<String>,
}

impl UserProfile {
    /// The profile of a person whose names no write has changed.
    pub(crate) fn made(number: usize, active: bool, workspaces: Set) -> Self {
        Self {
            active,
            workspaces,
            given_name: people::GIVEN_NAME.to_owned(),
            family_name: people::family_name(number),
            external_id: people::external_id(number),
            email: Some(people::user_name(number)),
        }
    }

    /// Whether only `active` and the workspaces differ from the generated person: then these two fields are
    /// enough to store the profile.
    pub(crate) fn is_made(&self, number: usize) -> bool {
        *self == Self::made(number, self.active, self.workspaces)
    }
}

/// A user at one moment.
#[derive(Debug, Clone)]
pub(crate) struct UserSnapshot {
    pub(crate) id: u128,
    pub(crate) number: usize,
    /// Milliseconds since 1970.
    pub(crate) modified_ms: i64,
    pub(crate) profile: UserProfile,
}
