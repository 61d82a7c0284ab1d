//! Reads a user from an answer (RFC 7643 §4.1; Anaplan, SCIM API, for the lists of entitlements).
//!
//! What an answer does not show stays unknown: a user is called inactive, or without workspaces, only if
//! the answer says so (P2).

use crate::domain::{IdRule, RequestKind, UserState};
use crate::http::one_line;

use crate::scim::dialect::{AccessDialect, AttributeName, Dialect};
use crate::scim::response::json_fields::Fields;
use crate::scim::response::json_value::{JsonObject, JsonValue};
use crate::scim::response::known_attributes::KnownAttributes;

/// Attributes of RFC 7643 §4.1.2 that carry access.
const CARRY_ACCESS: [&str; 3] = ["entitlements", "roles", "groups"];

/// Attributes of a user that are read besides those that carry access.
const READ: [&str; 6] = ["id", "meta", "username", "displayname", "emails", "active"];

/// The names of all attributes of a user that [`user`] reads.
pub(in crate::scim) fn attributes(dialect: &Dialect) -> Vec<&str> {
    let own = dialect.access.attribute.as_ref().map(AttributeName::as_str);
    READ.into_iter().chain(CARRY_ACCESS).chain(own).collect()
}

/// Reads a user; `None` if the object has no id, or says that it is another kind of resource. Ids, names
/// and workspaces are kept as they are sent, without redaction: decisions depend on them, and they are
/// sent back.
///
/// A missing attribute of access means "no access" only if all of this holds: the dialect says so, the
/// provider is known to have the attribute (`known`), and the answer shows a whole user. An entry of a
/// list may leave out anything, and so may an answer to a write that does not name the user. A missing
/// `emails` means "no address" only in a user that was read alone.
pub(in crate::scim) fn user(
    dialect: &Dialect,
    kind: RequestKind,
    known: &KnownAttributes,
    fields: &Fields,
) -> Option<UserState> {
    let id = fields.id()?;
    if is_another_resource(fields) {
        return None;
    }
    let access = access(&dialect.access, fields);
    if access.is_some() {
        known.note_access();
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
        known.note_addresses();
    }
    let absent_means_none = dialect.access.absent_means_none() && known.has_access();
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

/// The attributes that can carry access and are not empty, without the dialect's own.
fn other_access(dialect: &AccessDialect, fields: &Fields) -> Vec<String> {
    let own = dialect.attribute.as_ref().map(AttributeName::as_str);
    let is_other = |name: &&str| own.is_none_or(|own| !own.eq_ignore_ascii_case(name));
    let holds = |name: &&str| fields.get(name).is_some_and(holds_something);
    let others = CARRY_ACCESS.into_iter().filter(is_other).filter(holds);
    others.map(str::to_owned).collect()
}

fn access<'f, 'a>(dialect: &AccessDialect, fields: &'f Fields<'a>) -> Option<&'f JsonValue<'a>> {
    let attribute = dialect.attribute.as_ref()?;
    fields.get(attribute.as_str())
}

fn holds_something(value: &JsonValue) -> bool {
    match value {
        JsonValue::Null => false,
        JsonValue::Text(text) => !text.trim().is_empty(),
        JsonValue::List(items) => items.iter().any(holds_something),
        JsonValue::Object(object) => object.values().any(holds_something),
        JsonValue::Bool(_) | JsonValue::Number(_) => true,
    }
}

/// Whether `meta.resourceType` names something other than a user. `schemas` is not used: it is often
/// missing or wrong.
fn is_another_resource(fields: &Fields) -> bool {
    let kind = match fields.get("meta") {
        Some(JsonValue::Object(meta)) => meta.get("resourceType").and_then(JsonValue::as_text),
        _ => None,
    };
    kind.is_some_and(|kind| !kind.eq_ignore_ascii_case("User"))
}

/// Reads a boolean as providers write it: also a number, or a text such as `"True"` in Anaplan's samples.
fn flag(value: &JsonValue) -> Option<bool> {
    let text = match value {
        JsonValue::Bool(flag) => return Some(*flag),
        JsonValue::Number(number) => number.to_string(),
        JsonValue::Text(text) => text.trim().to_ascii_lowercase(),
        _ => return None,
    };
    match text.as_str() {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" => Some(false),
        _ => None,
    }
}

/// What was read from the views that a provider gives of one set: Anaplan shows the workspaces in three.
/// Ids are collected from both views that have ids; names are used only if there are no ids.
#[derive(Debug, Default)]
struct Views {
    ids: Vec<String>,
    names: Vec<String>,
}

/// The values of a multi-valued attribute such as `emails` (RFC 7643 §4.1.2): objects with a `value`, or
/// bare texts.
fn addresses(emails: &JsonValue) -> Vec<String> {
    let one = |item: &JsonValue| match item {
        JsonValue::Object(item) => item.get("value").map(texts).unwrap_or_default(),
        other => texts(other),
    };
    match emails {
        JsonValue::List(items) => items.iter().flat_map(one).collect(),
        single => one(single),
    }
}

fn workspaces(dialect: &AccessDialect, ids: IdRule, access: &JsonValue) -> Vec<String> {
    let mut views = Views::default();
    match access {
        JsonValue::List(items) => items.iter().for_each(|item| views.take(dialect, item)),
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
    fn take(&mut self, dialect: &AccessDialect, item: &JsonValue) {
        let JsonValue::Object(item) = item else {
            return self.ids.extend(texts(item));
        };
        let value = item.get("value");
        let kind = item.get("type").and_then(JsonValue::as_text);
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

/// One workspace, by its id or its display name; else by the whole item, so that it still counts.
fn one_workspace(item: &JsonObject, id: Option<&JsonValue>) -> Vec<String> {
    let ids = id.or_else(|| item.get("display")).map(texts);
    match ids {
        Some(ids) if !ids.is_empty() => ids,
        _ if item.values().all(JsonValue::is_null) => Vec::new(),
        _ => vec![item.to_string()],
    }
}

/// The texts in a value, without blank ones. A number or a boolean becomes text.
fn texts(value: &JsonValue) -> Vec<String> {
    match value {
        JsonValue::Null => Vec::new(),
        JsonValue::List(items) => items.iter().flat_map(texts).collect(),
        JsonValue::Text(text) if text.trim().is_empty() => Vec::new(),
        JsonValue::Text(text) => vec![text.trim().to_owned()],
        other => vec![other.to_string()],
    }
}

/// The parts of a list that is separated by commas. A part may be in double quotes.
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
    //! Users as providers show them.

    use super::*;

    fn read(json: &str) -> Option<UserState> {
        user_in(&anaplan(), RequestKind::Read, &known(), json)
    }

    /// Reads the user in a body.
    fn user_in(
        dialect: &Dialect,
        kind: RequestKind,
        known: &KnownAttributes,
        json: &str,
    ) -> Option<UserState> {
        let names = attributes(dialect);
        let fields = Fields::parse(json.as_bytes(), &names).unwrap();
        user(dialect, kind, known, &fields)
    }

    /// A provider that has shown the attribute before.
    fn known() -> KnownAttributes {
        let known = KnownAttributes::default();
        known.note_access();
        known
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
                addresses: Some(Vec::new()),
                active: Some(true),
                workspaces: Some(vec!["f1".into(), "f2".into()]),
                other_access: Vec::new(),
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
            (r#""no""#, Some(false)),
            (r#""Yes""#, Some(true)),
            (r#""1""#, Some(true)),
            (r#""0""#, Some(false)),
            ("1", Some(true)),
            ("0", Some(false)),
            ("2", None),
            (r#""on""#, None),
            ("[true]", None),
            ("null", None),
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
        let written = |json: &str| user_in(&anaplan(), RequestKind::Write, &known(), json).unwrap();
        let part = r#"{"id":"u","active":false}"#;
        assert_eq!(written(part).workspaces, None);
        let whole = r#"{"id":"u","userName":"u@example.com","active":false}"#;
        assert_eq!(written(whole).workspaces, none);
    }

    #[test]
    fn an_object_without_an_id_is_not_a_user() {
        for json in [
            "{}",
            r#"{"id":7.5}"#,
            r#"{"id":true}"#,
            r#"{"id":""}"#,
            r#"{"id":" "}"#,
            r#"{"id":null,"userName":"ada"}"#,
            r#"{"id":"g","meta":{"resourceType":"Group"}}"#,
        ] {
            assert_eq!(read(json), None, "{json}");
        }
    }

    #[test]
    fn p2_an_attribute_that_is_absent_is_none_only_where_that_is_known() {
        use RequestKind::{List, Read, Write};
        let see = |json: &str, kind, known: &KnownAttributes| {
            let user = user_in(&anaplan(), kind, known, json).unwrap();
            user.workspaces
        };
        let silent = r#"{"id":"u","userName":"u@x.com","active":true}"#;
        let null = r#"{"id":"u","userName":"u@x.com","entitlements":null}"#;
        let none = Some(Vec::new());
        for json in [silent, null] {
            // No answer has shown yet that the provider has the attribute.
            for kind in [List, Read, Write] {
                assert_eq!(
                    see(json, kind, &KnownAttributes::default()),
                    None,
                    "{json} {kind:?}"
                );
            }
            assert_eq!(see(json, List, &known()), None, "{json}");
            assert_eq!(see(json, Read, &known()), none, "{json}");
            assert_eq!(see(json, Write, &known()), none, "{json}");
        }
        // One entry of a list that shows the attribute is enough, also if it is empty.
        let learned = KnownAttributes::default();
        let empty = r#"{"id":"v","entitlements":[]}"#;
        assert_eq!(see(empty, List, &learned), none);
        assert_eq!(see(silent, Read, &learned), none);
        // A dialect in which a missing attribute means that access is unknown.
        let unknown: Dialect =
            toml::from_str(r#"access = { attribute = "groups", absent = "unknown" }"#).unwrap();
        let state = user_in(&unknown, Read, &known(), silent).unwrap();
        assert_eq!(state.workspaces, None);
    }

    #[test]
    fn p2_addresses_that_are_absent_are_none_only_in_a_user_that_was_read_alone() {
        use RequestKind::{List, Read, Write};
        let see = |json: &str, kind, known: &KnownAttributes| {
            let user = user_in(&anaplan(), kind, known, json).unwrap();
            user.addresses
        };
        let known = KnownAttributes::default();
        let silent = r#"{"id":"u","userName":"u@x.com","active":true}"#;
        let kinds = [(List, None), (Write, None), (Read, Some(Vec::new()))];
        for (kind, expected) in kinds {
            assert_eq!(see(silent, kind, &known), expected, "{kind:?}");
        }
        assert!(!known.has_addresses());
        let two = r#"{"id":"u","emails":[{"value":"a@x.com"},"b@x.com"]}"#;
        let both = Some(vec!["a@x.com".to_owned(), "b@x.com".to_owned()]);
        assert_eq!(see(two, List, &known), both);
        assert!(known.has_addresses());
    }

    #[test]
    fn numbers_are_ids_and_other_attributes_of_access_are_reported() {
        let state = read(
            r#"{"id":1001,"roles":[],"groups":[{"value":7,"display":"Staff"}],
            "entitlements":[{"value":42}]}"#,
        )
        .unwrap();
        assert_eq!(state.id, "1001");
        assert_eq!(state.workspaces, Some(vec!["42".to_owned()]));
        assert_eq!(state.other_access, ["groups"]);
    }

    /// Time must not grow with the square of a list: this one would then take hours.
    #[test]
    fn a_very_long_list_is_read() {
        let ids: Vec<String> = (0..300_000).map(|id| format!("{id:x}")).collect();
        let list = ids.join(",");
        let json = format!(
            r#"{{"id":"u1","entitlements":[{{"type":"WORKSPACE_IDS","value":"{list},A,{list}"}}]}}"#
        );
        let found = read(&json).unwrap();
        assert_eq!(found.workspaces.as_deref(), Some(&*ids));
        assert!(crate::domain::IdRule::IgnoreCase.is_same_set(&ids, &found.workspaces.unwrap()));
    }
}
