//! Where a provider shows what a user has access to: an attribute of the user, or resources (such as
//! groups) that the user is a member of.

use serde::Deserialize;

use super::{AttributeName, Item, PatchOperation, WriteMethod};

/// Where a user's access is shown, and how it is read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct AccessDialect {
    /// The user's attribute that shows access, such as `entitlements`. Without it the provider shows none.
    pub attribute: Option<AttributeName>,
    /// What a missing attribute means.
    pub absent: Absent,
    /// Values of `type` that mark a list of ids, separated by commas.
    pub id_lists: Vec<String>,
    /// Values of `type` that mark a list of names. Names are used only if no ids are shown.
    pub name_lists: Vec<String>,
    /// How one entry is written.
    pub item: Item,
    /// How a user leaves and joins one, if each is a resource of its own, as groups are. The user's
    /// attribute is then read-only (RFC 7643 §4.1.2, `groups`).
    pub each: Option<MembershipDialect>,
}

/// What it means if a whole user is shown without the attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Absent {
    /// The user has no access: an empty list and a missing one are the same (RFC 7643 §2.5).
    #[default]
    Nothing,
    /// The answer does not show whether the user has access.
    Unknown,
}

/// A resource that the user is a member of.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MembershipDialect {
    /// Its endpoint, such as `/Groups`.
    pub endpoint: String,
    /// The PATCH by which `{user}` leaves it.
    pub leave: Vec<PatchOperation>,
    /// The PATCH by which `{user}` joins it.
    pub join: Vec<PatchOperation>,
}

impl AccessDialect {
    /// Whether a whole user without the attribute has no access.
    pub fn absent_means_none(&self) -> bool {
        self.attribute.is_some() && self.absent == Absent::Nothing
    }
}

impl MembershipDialect {
    pub(super) fn check(&self) -> Result<(), String> {
        let endpoint = self.endpoint.strip_prefix('/').unwrap_or_default();
        if endpoint.is_empty() || !endpoint.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err("`endpoint` is a path such as `/Groups`".to_owned());
        }
        for (name, operations) in [("leave", &self.leave), ("join", &self.join)] {
            if !operations
                .iter()
                .any(|operation| operation.mentions("{user}"))
            {
                return Err(format!(
                    "`{name}` does not contain `{{user}}`, which says who"
                ));
            }
            for operation in operations {
                operation
                    .check(WriteMethod::Patch)
                    .map_err(|why| format!("`{name}`: {why}"))?;
            }
        }
        Ok(())
    }
}
