//! A user as an answer shows it (RFC 7643 §4.1; Anaplan, SCIM API, for the lists of entitlements).
//!
//! Whatever is unclear counts against the change: a user is never called inactive, or without
//! workspaces, unless the answer says so.

use serde_json::{Map, Value};

use crate::domain::{IdRule, RequestKind, UserState};
use crate::http::one_line;

use super::dialect::{AccessDialect, AttributeName, Dialect};
use super::fields::{Fields, member};
use super::shows::Shows;

/// Attributes of RFC 7643 §4.1.2 that carry access.
const CARRY_ACCESS: [&str; 3] = ["entitlements", "roles", "groups"];

/// Reads a user; `None` if the object does not say which user it is, or says that it is something
/// else. Ids, names and workspaces are what decisions are made by and what is sent back, so that nothing
/// is taken out of them.
///
/// That the attribute of the user's access is not there means that the user has none only in a whole
/// user, of a provider that is known to have the attribute (`shows`), if the dialect says so. An entry of
/// a list may leave anything out, and so may an answer to a write that does not even name the user. That
/// `emails` is not there means that the user has no address only in a user that was read alone.
pub(super) fn user(
    dialect: &Dialect,
    kind: RequestKind,
    shows: &Shows,
    fields: &Fields,
) -> Option<UserState> {
    let id = fields.id()?;
    if is_another_resource(fields) {
        return None;
    }
    let access = access(&dialect.access, fields);
    if access.is_some() {
        shows.note();
    }
    let is_whole = match kind {
        RequestKind::Read => true,
        RequestKind::Write => fields.text("username").is_some(),
        RequestKind::List => false,
    };
    let addresses = match fields.get("emails") {
        Some(emails) => Some(addresses(emails)),
        None => (kind == RequestKind::Read).then(Vec::new),
    };
    if addresses.as_ref().is_some_and(|all| !all.is_empty()) {
        shows.note_addresses();
    }
    let absent_means_none = dialect.access.absent_means_none() && shows.is_known();
    Some(UserState {
        id,
        user_name: fields.text("username").map(one_line),
        display_name: fields.text("displayname").map(one_line),
        addresses,
        active: fields.get("active").and_then(flag),
        workspaces: match access {
            Some(access) => Some(workspaces(&dialect.access, dialect.ids, access)),
            None => (is_whole && absent_means_none).then(Vec::new),
        },
        other_access: other_access(&dialect.access, fields),
    })
}

/// Attributes that carry access, hold something, and are not the dialect's own.
fn other_access(dialect: &AccessDialect, fields: &Fields) -> Vec<String> {
    let own = dialect.attribute.as_ref().map(AttributeName::as_str);
    let is_other = |name: &&str| own.is_none_or(|own| !own.eq_ignore_ascii_case(name));
    let holds = |name: &&str| fields.get(name).is_some_and(holds_something);
    let others = CARRY_ACCESS.into_iter().filter(is_other).filter(holds);
    others.map(str::to_owned).collect()
}

fn access<'a>(dialect: &AccessDialect, fields: &'a Fields) -> Option<&'a Value> {
    let attribute = dialect.attribute.as_ref()?;
    fields.get(&attribute.as_str().to_ascii_lowercase())
}

fn holds_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => items.iter().any(holds_something),
        Value::Object(members) => members.values().any(holds_something),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// `schemas` is often missing or odd, so only what it clearly excludes counts.
fn is_another_resource(fields: &Fields) -> bool {
    let kind = match fields.get("meta") {
        Some(Value::Object(meta)) => member(meta, "resourceType").and_then(Value::as_str),
        _ => None,
    };
    kind.is_some_and(|kind| !kind.eq_ignore_ascii_case("User"))
}

/// A boolean, as providers spell it: a number, or a text such as `"True"` in Anaplan's samples.
fn flag(value: &Value) -> Option<bool> {
    let text = match value {
        Value::Bool(flag) => return Some(*flag),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_ascii_lowercase(),
        _ => return None,
    };
    match text.as_str() {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" => Some(false),
        _ => None,
    }
}

/// The views that a provider gives of one set, as Anaplan gives three of the workspaces. Ids come from both views that hold
/// ids; names stand in only where there are no ids at all.
#[derive(Debug, Default)]
struct Views {
    ids: Vec<String>,
    names: Vec<String>,
}

/// The values of a multi-valued attribute such as `emails` (RFC 7643 §4.1.2): objects with a `value`, or
/// bare texts.
fn addresses(emails: &Value) -> Vec<String> {
    let one = |item: &Value| match item {
        Value::Object(item) => member(item, "value").map(texts).unwrap_or_default(),
        other => texts(other),
    };
    match emails {
        Value::Array(items) => items.iter().flat_map(one).collect(),
        single => one(single),
    }
}

fn workspaces(dialect: &AccessDialect, ids: IdRule, access: &Value) -> Vec<String> {
    let mut views = Views::default();
    match access {
        Value::Array(items) => items.iter().for_each(|item| views.take(dialect, item)),
        single => views.take(dialect, single),
    }
    let kept = if views.ids.is_empty() {
        views.names
    } else {
        views.ids
    };
    ids.distinct(kept)
}

impl Views {
    fn take(&mut self, dialect: &AccessDialect, item: &Value) {
        let Value::Object(item) = item else {
            return self.ids.extend(texts(item));
        };
        let value = member(item, "value");
        let kind = member(item, "type").and_then(Value::as_str);
        let is_among = |lists: &[String]| {
            kind.is_some_and(|kind| lists.iter().any(|list| list.eq_ignore_ascii_case(kind)))
        };
        let parts = || {
            let lists = value.map(texts).unwrap_or_default();
            lists
                .iter()
                .flat_map(|list| split(list))
                .collect::<Vec<_>>()
        };
        if is_among(&dialect.id_lists) {
            self.ids.extend(parts());
        } else if is_among(&dialect.name_lists) {
            self.names.extend(parts());
        } else {
            self.ids.extend(one_workspace(item, value));
        }
    }
}

/// One workspace by its id, or by whatever else the item says: it is there.
fn one_workspace(item: &Map<String, Value>, id: Option<&Value>) -> Vec<String> {
    let ids = id.or_else(|| member(item, "display")).map(texts);
    match ids {
        Some(ids) if !ids.is_empty() => ids,
        _ if item.values().all(Value::is_null) => Vec::new(),
        _ => vec![Value::Object(item.clone()).to_string()],
    }
}

/// The texts in a value, without blank ones. Numbers and the like count as their text.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::String(text) if text.trim().is_empty() => Vec::new(),
        Value::String(text) => vec![text.trim().to_owned()],
        other => vec![other.to_string()],
    }
}

/// The parts of a comma list, in which a part may stand in double quotes.
fn split(list: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in list.chars() {
        match (c, parts.last_mut()) {
            ('"', _) => quoted = !quoted,
            (',', _) if !quoted => parts.push(String::new()),
            (c, Some(part)) => part.push(c),
            (_, None) => {}
        }
    }
    parts
        .iter()
        .map(|part| part.trim().to_owned())
        .filter(|part| !part.is_empty())
        .collect()
}

#[cfg(test)]
mod tests;
