//! What a write may change about a user, and a user as seen at one moment.
//!
//! Everything else about a user is computed. It knows nothing of requests, and not how a user is printed.

use crate::sandbox::tenant::people;
use crate::sandbox::tenant::workspace::Set;

/// The changeable part of a user. Two equal profiles mean that nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserProfile {
    /// Whether the user may sign in.
    pub(crate) active: bool,
    /// The workspaces that the user may open.
    pub(crate) workspaces: Set,
    /// SCIM `name.givenName`.
    pub(crate) given_name: String,
    /// SCIM `name.familyName`.
    pub(crate) family_name: String,
    /// SCIM `externalId`: the key of the user in another system.
    pub(crate) external_id: String,
    /// The one address of the user; `None` after a write that removed it.
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
    /// The SCIM id, which is sent as 32 hex digits.
    pub(crate) id: u128,
    /// The place in the tenant, from which names are computed.
    pub(crate) number: usize,
    /// Milliseconds since 1970.
    pub(crate) modified_ms: i64,
    /// What writes had made of the user at that moment.
    pub(crate) profile: UserProfile,
}
