//! Prints a user as the provider does.
//!
//! The three views of the entitlements are computed here from the one set that is stored. It
//! decides nothing and changes nothing.

use serde_json::{Value, json};

use crate::sandbox::clock::timestamp;
use crate::sandbox::route::SCIM_BASE;
use crate::sandbox::tenant::people;
use crate::sandbox::tenant::user_profile::UserSnapshot;
use crate::sandbox::tenant::user_store::CREATED_MS;
use crate::sandbox::tenant::workspace::{Set, WorkspaceList};

pub(crate) const USER_SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// The address of a user.
pub(crate) fn location(root: &str, id: u128) -> String {
    format!("{root}{SCIM_BASE}/Users/{id:032x}")
}

/// A whole user.
pub(crate) fn user(snapshot: &UserSnapshot, directory: &WorkspaceList, root: &str) -> Value {
    let UserSnapshot {
        id,
        number,
        modified_ms,
        profile,
    } = snapshot;
    let full_name = format!("{} {}", profile.given_name, profile.family_name);
    let mut user = json!({
        "schemas": [USER_SCHEMA],
        "id": format!("{id:032x}"),
        "externalId": profile.external_id,
        "meta": {
            "resourceType": "User",
            "created": timestamp(CREATED_MS),
            "lastModified": timestamp(*modified_ms),
            "location": location(root, *id),
        },
        "userName": people::user_name(*number),
        "name": {
            "familyName": profile.family_name,
            "givenName": profile.given_name,
            "formatted": full_name,
        },
        "displayName": full_name,
        "active": profile.active,
        "entitlements": entitlements(profile.workspaces, directory),
    });
    if let Some(email) = &profile.email {
        user["emails"] = json!([{ "value": email, "type": "work", "primary": true }]);
    }
    user
}

/// The three views of one set: an object per workspace, all ids, all names.
fn entitlements(set: Set, directory: &WorkspaceList) -> Vec<Value> {
    let mut views: Vec<Value> = directory
        .members(set)
        .map(|space| json!({ "value": space.id, "display": space.name, "type": "WORKSPACE" }))
        .collect();
    if let Some(first) = views.first_mut() {
        // The live service sets this on the first item. It has no meaning.
        first["primary"] = json!(true);
        let ids: Vec<_> = directory
            .members(set)
            .map(|space| space.id.as_str())
            .collect();
        let names: Vec<_> = directory
            .members(set)
            .map(|space| format!("\"{}\"", space.name))
            .collect();
        views.push(json!({ "value": ids.join(","), "type": "WORKSPACE_IDS" }));
        views.push(json!({ "value": names.join(","), "type": "WORKSPACE_NAMES" }));
    }
    views
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_set_has_three_views() {
        let directory = WorkspaceList::made(1);
        let views = entitlements(0b101, &directory);
        let types: Vec<_> = views
            .iter()
            .map(|view| view["type"].as_str().unwrap())
            .collect();
        assert_eq!(
            types,
            ["WORKSPACE", "WORKSPACE", "WORKSPACE_IDS", "WORKSPACE_NAMES"]
        );
        assert_eq!(views[3]["value"], "\"Workspace 01\",\"Workspace 03\"");
        let ids = format!("{},{}", views[0]["value"], views[1]["value"]).replace('"', "");
        assert_eq!(views[2]["value"], ids);
        assert_eq!(
            (&views[0]["primary"], &views[1]["primary"]),
            (&json!(true), &Value::Null)
        );
        assert!(entitlements(0, &directory).is_empty());
    }
}
