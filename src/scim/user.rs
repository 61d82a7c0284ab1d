//! A user as an answer shows it (RFC 7643 §4.1; Anaplan, SCIM API, for the lists of entitlements).
//!
//! Whatever is unclear counts against the change: a user is never called inactive, or without
//! workspaces, unless the answer says so.

use serde_json::{Map, Value};

use crate::domain::{IdRule, RequestKind, UserState};
use crate::http::one_line;

use super::dialect::{Absent, AccessDialect, Dialect};
use super::fields::{Fields, member};

/// Reads a user; `None` if the object does not say which user it is, or says that it is something
/// else. Ids, names and workspaces are what decisions are made by and what is sent back, so that nothing
/// is taken out of them.
///
/// What it means that the attribute of the user's access is not there, the dialect says; but an answer
/// to a write that does not even name the user is no whole user, and says nothing about it.
pub(super) fn user(dialect: &Dialect, kind: RequestKind, fields: &Fields) -> Option<UserState> {
    let id = fields.text("id")?;
    if is_another_resource(fields) {
        return None;
    }
    Some(UserState {
        id: id.to_owned(),
        user_name: fields.text("username").map(one_line),
        display_name: fields.text("displayname").map(one_line),
        addresses: fields.get("emails").map(addresses),
        active: fields.get("active").and_then(flag),
        workspaces: match access(&dialect.access, fields) {
            Some(access) => Some(workspaces(&dialect.access, dialect.ids, access)),
            None if dialect.access.attribute.is_none() => None,
            None if dialect.access.absent == Absent::Unknown => None,
            None if kind == RequestKind::Write && fields.text("username").is_none() => None,
            None => Some(Vec::new()),
        },
    })
}

fn access<'a>(dialect: &AccessDialect, fields: &'a Fields) -> Option<&'a Value> {
    let attribute = dialect.attribute.as_ref()?;
    fields.get(&attribute.as_str().to_ascii_lowercase())
}

/// `schemas` is often missing or odd, so only what it clearly excludes counts.
fn is_another_resource(fields: &Fields) -> bool {
    let kind = match fields.get("meta") {
        Some(Value::Object(meta)) => member(meta, "resourceType").and_then(Value::as_str),
        _ => None,
    };
    kind.is_some_and(|kind| !kind.eq_ignore_ascii_case("User"))
}

/// A boolean, or its name as text: Anaplan's samples hold `"True"`.
fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text.trim().eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.trim().eq_ignore_ascii_case("false") => Some(false),
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

/// The values of `emails` (RFC 7643 §4.1.2): objects with a `value`, or bare texts.
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
    let mut found: Vec<String> = Vec::new();
    let kept = if views.ids.is_empty() {
        views.names
    } else {
        views.ids
    };
    for workspace in kept {
        if !ids.contains(&found, &workspace) {
            found.push(workspace);
        }
    }
    found
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
mod tests {
    use super::*;

    fn read(json: &str) -> Option<UserState> {
        let fields = Fields::parse(json.as_bytes()).unwrap();
        user(&anaplan(), RequestKind::Read, &fields)
    }

    fn anaplan() -> Dialect {
        toml::from_str(
            r#"ids = "ignore-case"
            access = { attribute = "entitlements", id-lists = ["WORKSPACE_IDS"], name-lists = ["WORKSPACE_NAMES"] }"#,
        )
        .unwrap()
    }

    #[test]
    fn a_whole_user_is_read() {
        let state = read(
            r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"8a8B","externalId":"",
            "meta":{"resourceType":"User","location":"http://localhost:8090/elsewhere"},
            "userName":"ada@example.com","displayName":"Ada\u001b[1m\nLovelace","active":true,
            "entitlements":[
              {"value":"f1","display":"Finance","type":"WORKSPACE","primary":true},
              {"value":"f2","display":"Sales","type":"WORKSPACE"},
              {"value":"F1, f2","type":"WORKSPACE_IDS"},
              {"value":"\"Finance\",\"Sales, EU\"","type":"WORKSPACE_NAMES"}]}"#,
        );
        assert_eq!(
            state,
            Some(UserState {
                id: "8a8B".into(),
                user_name: Some("ada@example.com".into()),
                display_name: Some("Ada [1m Lovelace".into()),
                addresses: None,
                active: Some(true),
                workspaces: Some(vec!["f1".into(), "f2".into()]),
            })
        );
    }

    #[test]
    fn active_is_a_boolean_or_its_name() {
        for (json, expected) in [
            ("false", Some(false)),
            ("true", Some(true)),
            (r#""False""#, Some(false)),
            (r#"" TRUE ""#, Some(true)),
            (r#""no""#, None),
            ("null", None),
            ("0", None),
            (r#""True","active":false"#, Some(false)),
            (r#"false,"Active":"True""#, Some(true)),
        ] {
            let state = read(&format!(r#"{{"id":"u","active":{json}}}"#)).unwrap();
            assert_eq!(state.active, expected, "{json}");
        }
        assert_eq!(read(r#"{"id":"u"}"#).unwrap().active, None);
    }

    #[test]
    fn p2_workspaces_are_found_in_every_view() {
        for (json, expected) in [
            ("null", &[][..]),
            ("[]", &[]),
            ("[{}]", &[]),
            ("[null]", &[]),
            (r#"[{"type":"WORKSPACE_IDS","value":""}]"#, &[]),
            (r#"[{"type":"WORKSPACE_IDS","value":" , "}]"#, &[]),
            (r#"[{"type":"WORKSPACE_NAMES"}]"#, &[]),
            (
                r#"[{"type":"WORKSPACE_IDS","value":"a, b,A"}]"#,
                &["a", "b"],
            ),
            (
                r#"[{"type":"WORKSPACE_IDS","value":["a","b"]}]"#,
                &["a", "b"],
            ),
            // One view may lag behind another: what any of them shows is there.
            (
                r#"[{"type":"WORKSPACE","value":"a"},{"type":"WORKSPACE_IDS","value":"a,b"}]"#,
                &["a", "b"],
            ),
            (
                r#"[{"type":"WORKSPACE_NAMES","value":"\"A, B\",\"C\", D"}]"#,
                &["A, B", "C", "D"],
            ),
            (
                r#"[{"type":"WORKSPACE_NAMES","value":"Finance"}]"#,
                &["Finance"],
            ),
            (r#"[{"Type":"workspace_ids","VALUE":"a"}]"#, &["a"]),
            (r#"[{"value":"a"}]"#, &["a"]),
            (r#"[{"display":"A","type":"WORKSPACE"}]"#, &["A"]),
            (r#"[{"value":7}]"#, &["7"]),
            (r#"[{"type":"WORKSPACE"}]"#, &[r#"{"type":"WORKSPACE"}"#]),
            (r#"["a","b"]"#, &["a", "b"]),
            (r#""a""#, &["a"]),
            (r#"{"value":"a","type":"WORKSPACE"}"#, &["a"]),
            ("true", &["true"]),
        ] {
            let state = read(&format!(r#"{{"id":"u","entitlements":{json}}}"#)).unwrap();
            assert_eq!(state.workspaces.unwrap(), expected, "{json}");
        }
        let none = Some(Vec::new());
        assert_eq!(read(r#"{"id":"u"}"#).unwrap().workspaces, none);
        // The answer to a write may show a part of the user only.
        let written = |json: &str| {
            let fields = Fields::parse(json.as_bytes()).unwrap();
            user(&anaplan(), RequestKind::Write, &fields).unwrap()
        };
        let part = r#"{"id":"u","active":false}"#;
        assert_eq!(written(part).workspaces, None);
        let whole = r#"{"id":"u","userName":"u@example.com","active":false}"#;
        assert_eq!(written(whole).workspaces, none);
    }

    #[test]
    fn what_names_no_user_is_no_user() {
        for json in [
            "{}",
            r#"{"id":7}"#,
            r#"{"id":""}"#,
            r#"{"id":" "}"#,
            r#"{"id":null,"userName":"ada"}"#,
            r#"{"id":"g","meta":{"resourceType":"Group"}}"#,
        ] {
            assert_eq!(read(json), None, "{json}");
        }
    }
}
