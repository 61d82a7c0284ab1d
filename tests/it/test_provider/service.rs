//! What the provider answers where no test steps in: SCIM 2.0 below `/scim`, as the habits have it.

use serde_json::{Map, Value, json};

use super::books::{Books, Call, Person};
use super::habits::{AccessShown, Active, Filters, Habits, Paging, Patched, Schemas};
use super::hook::refusal;
use super::list;

/// A status and a body; no body is null.
pub(super) type Reply = (u16, Value);

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// Answers one request, and lets it take effect.
pub(super) fn answer(habits: &Habits, books: &Books, call: &Call) -> Reply {
    match (call.path.as_str(), &call.user) {
        ("/scim/ServiceProviderConfig", _) => (200, abilities(habits)),
        ("/scim/Schemas", _) if habits.schemas == Schemas::Told => (200, schemas(habits)),
        ("/scim/Users", _) if call.method == "GET" => list::list(habits, books, &call.query),
        (_, Some(id)) => one(habits, books, call, id),
        _ => (404, refusal(404, "no such place")),
    }
}

fn one(habits: &Habits, books: &Books, call: &Call, id: &str) -> Reply {
    let Some(old) = books.person(id) else {
        return (404, refusal(404, "no such user"));
    };
    match call.method.as_str() {
        "GET" => return (200, show(habits, id, &old)),
        "DELETE" => {
            books.delete(id);
            return (204, Value::Null);
        }
        "PATCH" => {
            books.change(id, |person| patch(habits, person, &call.body));
        }
        "PUT" => {
            books.change(id, |person| replace(habits, person, &call.body));
        }
        _ => return (405, refusal(405, "no such method")),
    }
    match (habits.patched, books.person(id)) {
        (Patched::NoContent, _) | (_, None) => (204, Value::Null),
        (Patched::Old, _) => (200, show(habits, id, &old)),
        (Patched::Shown, Some(new)) => (200, show(habits, id, &new)),
    }
}

/// A user, shown whole.
pub(super) fn show(habits: &Habits, id: &str, person: &Person) -> Value {
    let values = |ids: &[String]| -> Value {
        let items = ids.iter().map(|id| json!({ "value": spelt(habits, id) }));
        Value::Array(items.collect())
    };
    let mut user = Map::new();
    user.insert("schemas".to_owned(), json!([USER]));
    user.insert("id".to_owned(), spelt(habits, id));
    user.insert("userName".to_owned(), json!(person.name));
    let active = match (habits.active, person.active) {
        (Active::Bool, active) => Some(json!(active)),
        (Active::Number, active) => Some(json!(u8::from(active))),
        (Active::Digit, active) => Some(json!(u8::from(active).to_string())),
        (Active::Word, active) => Some(json!(if active { "yes" } else { "no" })),
        (Active::OnlyTrue, active) => active.then_some(json!(true)),
    };
    if let Some(active) = active {
        user.insert("active".to_owned(), active);
    }
    match habits.access {
        AccessShown::Entitlements => {
            user.insert("entitlements".to_owned(), values(&person.access));
        }
        AccessShown::Groups => {
            user.insert("groups".to_owned(), values(&person.groups));
        }
    }
    if let Some(version) = habits.version {
        let meta = json!({ "resourceType": "User", "version": version });
        user.insert("meta".to_owned(), meta);
    }
    user.extend(person.more.clone());
    Value::Object(user)
}

/// An id as this provider writes it.
fn spelt(habits: &Habits, id: &str) -> Value {
    match id.parse::<u64>() {
        Ok(number) if habits.numeric_ids => json!(number),
        _ => json!(id),
    }
}

/// RFC 7644 §3.5.2.
fn patch(habits: &Habits, person: &mut Person, body: &Value) {
    for operation in body["Operations"].as_array().into_iter().flatten() {
        let path = operation["path"].as_str().unwrap_or_default();
        let op = operation["op"].as_str().unwrap_or_default().to_lowercase();
        let value = &operation["value"];
        match path {
            "active" => set_active(person, value),
            "entitlements" => set_access(habits, person, &op, value),
            "" => {
                if let Some(active) = value.get("active") {
                    set_active(person, active);
                }
                if let Some(access) = value.get("entitlements") {
                    set_access(habits, person, &op, access);
                }
            }
            _ => {
                let only = path.split('"').nth(1).unwrap_or_default();
                if op == "remove" && path.starts_with("entitlements[") {
                    person.access.retain(|id| id != only);
                }
            }
        }
    }
}

/// RFC 7644 §3.5.1.
fn replace(habits: &Habits, person: &mut Person, body: &Value) {
    set_active(person, body.get("active").unwrap_or(&Value::Bool(true)));
    let none = Value::Array(Vec::new());
    let access = body.get("entitlements").unwrap_or(&none);
    set_access(habits, person, "replace", access);
}

fn set_active(person: &mut Person, value: &Value) {
    let off = [
        json!(false),
        json!(0),
        json!("0"),
        json!("no"),
        json!("false"),
        json!("False"),
    ];
    person.active = !off.contains(value);
}

fn set_access(habits: &Habits, person: &mut Person, op: &str, value: &Value) {
    if habits.access == AccessShown::Groups {
        // What is not in the schema is let go by (RFC 7644 §3.3).
        return;
    }
    let items = value.as_array().into_iter().flatten();
    let given = items.filter_map(|item| match &item["value"] {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    });
    match op {
        "remove" if value.is_null() => person.access.clear(),
        "remove" => {
            let taken: Vec<_> = given.collect();
            person.access.retain(|id| !taken.contains(id));
        }
        "add" => {
            for id in given {
                if !person.access.contains(&id) {
                    person.access.push(id);
                }
            }
        }
        _ => person.access = given.collect(),
    }
}

fn abilities(habits: &Habits) -> Value {
    let mut told = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": habits.filters != Filters::Refused, "maxResults": habits.page },
        "changePassword": { "supported": false },
        "sort": { "supported": false },
        "etag": { "supported": habits.version.is_some() },
        "authenticationSchemes": [],
    });
    if habits.paging == Paging::Cursor {
        told["pagination"] =
            json!({ "cursor": true, "index": false, "defaultPaginationMethod": "cursor" });
    }
    told
}

fn schemas(habits: &Habits) -> Value {
    let attribute = |name: &str, kind: &str, many: bool| {
        json!({ "name": name, "type": kind, "multiValued": many, "mutability": "readWrite",
                "returned": "default" })
    };
    let access = match habits.access {
        AccessShown::Entitlements => attribute("entitlements", "complex", true),
        AccessShown::Groups => {
            json!({ "name": "groups", "type": "complex", "multiValued": true,
                    "mutability": "readOnly", "returned": "default" })
        }
    };
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": USER,
        "name": "User",
        "attributes": [
            attribute("userName", "string", false),
            attribute("active", "boolean", false),
            access,
        ],
    });
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": 1,
        "startIndex": 1,
        "itemsPerPage": 1,
        "Resources": [user],
    })
}
