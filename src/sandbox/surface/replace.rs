//! PUT: a whole user in place of the old one.
//!
//! Leaving the entitlements out removes them all; leaving `active` out keeps it, which is not
//! documented. Pure, like PATCH.

use serde_json::Value;

use super::entitlement;
use super::wire::Refusal;
use crate::sandbox::tenant::people;
use crate::sandbox::tenant::profile::Profile;
use crate::sandbox::tenant::workspace::Directory;

/// The profile that a PUT body asks for.
pub(crate) fn replacement(
    body: &Value,
    number: usize,
    old: &Profile,
    directory: &Directory,
) -> Result<Profile, Refusal> {
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
    Ok(Profile {
        active,
        workspaces,
        given_name: text(&body["name"]["givenName"], "name.givenName")?,
        family_name: text(&body["name"]["familyName"], "name.familyName")?,
        external_id: body["externalId"].as_str().unwrap_or_default().to_owned(),
        email: body["emails"][0]["value"].as_str().map(str::to_owned),
    })
}
