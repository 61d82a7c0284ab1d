//! PUT: a whole user in place of the old one.
//!
//! A body without entitlements removes them all. A body without `active` keeps it, which is not documented.

use serde_json::Value;

use crate::sandbox::scim_api::scim_answer::Refusal;
use crate::sandbox::scim_api::write::entitlement;
use crate::sandbox::tenant::people;
use crate::sandbox::tenant::user_profile::UserProfile;
use crate::sandbox::tenant::workspace::WorkspaceList;

/// The profile that a PUT body asks for.
pub(crate) fn replacement(
    body: &Value,
    number: usize,
    old: &UserProfile,
    directory: &WorkspaceList,
) -> Result<UserProfile, Refusal> {
    let text = |value: &Value, name: &str| {
        let missing = || Refusal::bad("invalidValue", format!("{name} is required"));
        value.as_str().map(str::to_owned).ok_or_else(missing)
    };
    if text(&body["userName"], "userName")? != people::user_name(number) {
        return Err(Refusal::bad(
            "mutability",
            "attribute userName is read-only",
        ));
    }
    let workspaces = match &body["entitlements"] {
        Value::Null => 0,
        given => entitlement::named(given, directory)?,
    };
    let active = match &body["active"] {
        Value::Null => old.active,
        Value::Bool(active) => *active,
        _ => return Err(Refusal::bad("invalidValue", "active must be true or false")),
    };
    Ok(UserProfile {
        active,
        workspaces,
        given_name: text(&body["name"]["givenName"], "name.givenName")?,
        family_name: text(&body["name"]["familyName"], "name.familyName")?,
        external_id: body["externalId"].as_str().unwrap_or_default().to_owned(),
        email: body["emails"][0]["value"].as_str().map(str::to_owned),
    })
}
