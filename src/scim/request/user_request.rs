//! Builds the requests that read or change one user, in the words of a dialect.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::{Operation, Request, RequestKind, Resource, UserId};

use crate::scim::dialect::{Dialect, PatchOperation, Placeholders, WriteMethod, remove_attribute};
use crate::scim::response::json_fields::member;

use super::resource_path::resource_path;

const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// The endpoint of users; the path is case-sensitive (Anaplan, SCIM API).
pub(super) const USERS: &str = "/Users";

/// The request that reads a user.
pub(in crate::scim) fn read(user: &UserId) -> Request {
    Request::bare(
        RequestKind::Read,
        "GET",
        resource_path(USERS, user.as_str()),
    )
}

/// The request that carries out `operations`, which [`crate::domain::Means::portion`] has put together.
/// `shown` is the user as just read: a PUT sends it back, and its version is sent as `If-Match`.
pub(in crate::scim) fn write(
    dialect: &Dialect,
    user: &UserId,
    operations: &[Operation],
    shown: Option<&Resource>,
) -> Request {
    let steps = operations
        .iter()
        .map(|operation| Step::of(dialect, operation));
    let steps: Vec<_> = steps.collect();
    let path = resource_path(USERS, user.as_str());
    let whole = shown.and_then(whole);
    let if_match = shown.filter(|_| dialect.write.if_match).and_then(|shown| {
        let own = whole.as_ref().and_then(version);
        own.or_else(|| shown.version.clone())
    });
    if operations.contains(&Operation::Delete) {
        return Request {
            if_match,
            ..Request::bare(RequestKind::Write, "DELETE", path)
        };
    }
    let patches = steps.iter().flat_map(|step| {
        let places = step.places(user);
        step.patches.iter().map(move |patch| patch.patch(places))
    });
    let patches = Value::Array(patches.collect());
    if let Some((endpoint, group)) = steps.iter().find_map(|step| step.elsewhere) {
        return Request {
            body: Some(patch_op(&patches)),
            ..Request::bare(RequestKind::Write, "PATCH", resource_path(endpoint, group))
        };
    }
    match (dialect.write.method, whole) {
        (WriteMethod::Put, Some(whole)) => Request {
            if_match,
            body: Some(put(dialect, user, &steps, whole)),
            instead: Some(format!("the user as just read, but for {patches}")),
            ..Request::bare(RequestKind::Write, "PUT", path)
        },
        _ => Request {
            if_match,
            body: Some(patch_op(&patches)),
            ..Request::bare(RequestKind::Write, "PATCH", path)
        },
    }
}

/// One operation in the words of a dialect.
struct Step<'a> {
    patches: &'a [PatchOperation],
    /// The list that `{access}` stands for.
    access: Option<Value>,
    /// The endpoint and the id of the resource that is written in place of the user.
    elsewhere: Option<(&'a str, &'a str)>,
}

impl<'a> Step<'a> {
    fn of(dialect: &'a Dialect, operation: &'a Operation) -> Self {
        let write = &dialect.write;
        let plain = |patches| Self {
            patches,
            access: None,
            elsewhere: None,
        };
        let group = |id: &'a str, joins: bool| match &dialect.access.each {
            Some(each) => Self {
                patches: if joins { &each.join } else { &each.leave },
                access: None,
                elsewhere: Some((&each.endpoint, id)),
            },
            None => plain(&[]),
        };
        match operation {
            Operation::SetActive(false) => plain(&write.disable),
            Operation::SetActive(true) => plain(&write.enable),
            Operation::RemoveWorkspaces => plain(&write.remove_access),
            Operation::SetWorkspaces(ids) => Self {
                patches: &write.set_access,
                access: Some(dialect.access.item.list(ids)),
                elsewhere: None,
            },
            Operation::Leave(id) => group(id, false),
            Operation::Join(id) => group(id, true),
            Operation::Delete => plain(&[]),
        }
    }

    fn places(&self, user: &'a UserId) -> Placeholders<'_> {
        Placeholders {
            user: user.as_str(),
            id: self.elsewhere.map_or("", |(_, id)| id),
            access: self.access.as_ref(),
        }
    }
}

/// The body of a PATCH.
#[derive(Serialize)]
struct PatchOp<'a> {
    schemas: [&'static str; 1],
    #[serde(rename = "Operations")]
    operations: &'a Value,
}

fn patch_op(patches: &Value) -> String {
    let body = PatchOp {
        schemas: [PATCH_OP],
        operations: patches,
    };
    serde_json::to_string(&body).expect("texts and JSON always serialise")
}

fn whole(shown: &Resource) -> Option<Map<String, Value>> {
    serde_json::from_str(&shown.whole).ok()
}

/// `meta.version`, the value for `If-Match` (RFC 7644 §3.14).
fn version(whole: &Map<String, Value>) -> Option<String> {
    let version = member(whole, "meta")?.as_object()?;
    Some(member(version, "version")?.as_str()?.to_owned())
}

fn put(
    dialect: &Dialect,
    user: &UserId,
    steps: &[Step<'_>],
    mut whole: Map<String, Value>,
) -> String {
    for step in steps {
        for patch in step.patches {
            patch.apply(&mut whole, step.places(user));
        }
    }
    for name in &dialect.write.put_without {
        remove_attribute(&mut whole, name);
    }
    Value::Object(whole).to_string()
}

#[cfg(test)]
mod tests {
    //! Requests as each dialect spells them, and those of all built-in profiles.

    use std::fmt::Write;
    use std::path::Path;

    use serde::Deserialize;

    use super::*;
    use crate::domain::Filter;
    use crate::scim::request::search;

    fn dialect(toml: &str) -> Dialect {
        let dialect: Dialect = toml::from_str(toml).unwrap();
        dialect.check().unwrap();
        dialect
    }

    fn user() -> UserId {
        UserId::new("u/1")
    }

    fn ids(ids: &[&str]) -> Vec<String> {
        ids.iter().map(ToString::to_string).collect()
    }

    fn written(toml: &str, operations: &[Operation]) -> String {
        write(&dialect(toml), &user(), operations, None).to_string()
    }

    #[test]
    fn a_patch_asks_for_the_operations_and_nothing_else() {
        use Operation::{RemoveWorkspaces, SetActive, SetWorkspaces};
        insta::assert_snapshot!(
            written("", &[RemoveWorkspaces, SetActive(false)]),
            @r#"PATCH /Users/u%2F1 {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"entitlements"},{"op":"replace","path":"active","value":false}]}"#
        );
        let anaplan = "access.item = { value = \"{id}\", type = \"WORKSPACE\" }";
        insta::assert_snapshot!(
            written(anaplan, &[SetWorkspaces(ids(&["w1", "{user}"])), SetActive(true)]),
            @r#"PATCH /Users/u%2F1 {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"entitlements","value":[{"type":"WORKSPACE","value":"w1"},{"type":"WORKSPACE","value":"{user}"}]},{"op":"replace","path":"active","value":true}]}"#
        );
    }

    #[test]
    fn each_option_of_a_dialect_is_read_from_its_profile() {
        use Operation::{RemoveWorkspaces, SetActive};
        for (toml, operation, expected) in [
            (
                r#"write.disable = [{ op = "replace", value = { active = false } }]"#,
                SetActive(false),
                r#"[{"op":"replace","value":{"active":false}}]"#,
            ),
            (
                r#"write.disable = [{ op = "Replace", path = "active", value = "False" }]"#,
                SetActive(false),
                r#"[{"op":"Replace","path":"active","value":"False"}]"#,
            ),
            (
                r#"write.remove-access = [{ op = "replace", path = "entitlements", value = [] }]"#,
                RemoveWorkspaces,
                r#"[{"op":"replace","path":"entitlements","value":[]}]"#,
            ),
            (
                r#"write.remove-access = [
                { op = "remove", path = 'entitlements[type eq "WORKSPACE"]' },
                { op = "remove", path = "roles" },
            ]"#,
                RemoveWorkspaces,
                r#"[{"op":"remove","path":"entitlements[type eq \"WORKSPACE\"]"},{"op":"remove","path":"roles"}]"#,
            ),
        ] {
            let request = written(toml, &[operation]);
            assert!(
                request.ends_with(&format!("\"Operations\":{expected}}}")),
                "{request}"
            );
        }
    }

    #[test]
    fn a_group_is_left_and_joined_at_the_group() {
        let toml = r#"
        [access.each]
        endpoint = "/Groups"
        leave = [{ op = "remove", path = 'members[value eq "{user}"]' }]
        join = [{ op = "add", path = "members", value = [{ value = "{user}", group = "{id}" }] }]
    "#;
        let written = |operation| {
            let odd = UserId::new("u\"]\\1");
            write(&dialect(toml), &odd, &[operation], None).to_string()
        };
        insta::assert_snapshot!(
            written(Operation::Leave("g/1".to_owned())),
            @r#"PATCH /Groups/g%2F1 {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"members[value eq \"u\\\"]\\\\1\"]"}]}"#
        );
        insta::assert_snapshot!(
            written(Operation::Join("g".to_owned())),
            @r#"PATCH /Groups/g {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"members","value":[{"group":"g","value":"u\"]\\1"}]}]}"#
        );
    }

    #[test]
    fn a_put_sends_back_what_was_read_but_for_the_change() {
        let toml = r#"
        [write]
        method = "PUT"
        if-match = true
        remove-access = [{ op = "remove", path = "entitlements" }]
    "#;
        let read = resource(
            r#"{"schemas":["x"],"id":"u/1","userName":"ada","Active":true,"ACTIVE":"True",
        "entitlements":[{"value":"w"}],"phoneNumbers":[{"value":"1"}],"groups":[{"value":"g"}],
        "meta":{"version":"W/\"3\""}}"#,
        );
        let both = [Operation::RemoveWorkspaces, Operation::SetActive(false)];
        let request = write(&dialect(toml), &user(), &both, Some(&read));
        assert_eq!(request.method, "PUT");
        assert_eq!(request.if_match.as_deref(), Some("W/\"3\""));
        assert_eq!(
            request.body.as_deref(),
            Some(
                r#"{"ACTIVE":false,"id":"u/1","phoneNumbers":[{"value":"1"}],"schemas":["x"],"userName":"ada"}"#
            )
        );
        // The ledger records what changes, not all that the provider knows of a person.
        insta::assert_snapshot!(
            request,
            @r#"PUT /Users/u%2F1 the user as just read, but for [{"op":"remove","path":"entitlements"},{"op":"replace","path":"active","value":false}]"#
        );
        assert_eq!(
            format!("{read:?}"),
            format!("Resource({} bytes)", read.whole.len())
        );
        let without = toml.replace("if-match = true", "");
        let request = write(&dialect(&without), &user(), &both, Some(&read));
        assert_eq!(request.if_match, None);
    }

    fn resource(whole: &str) -> Resource {
        Resource {
            whole: whole.to_owned(),
            version: None,
        }
    }

    #[test]
    fn a_version_goes_beside_each_write_of_a_user() {
        let toml = r"
        [write]
        if-match = true
        delete = true
    ";
        let own = r#"{"id":"u1","meta":{"version":"W/\"3\""}}"#;
        for (whole, header, expected) in [
            (own, None, Some("W/\"3\"")),
            (own, Some("\"4\""), Some("W/\"3\"")),
            (r#"{"id":"u1"}"#, Some("\"4\""), Some("\"4\"")),
            (r#"{"id":"u1"}"#, None, None),
        ] {
            let read = Resource {
                version: header.map(str::to_owned),
                ..resource(whole)
            };
            for operation in [[Operation::SetActive(false)], [Operation::Delete]] {
                let request = write(&dialect(toml), &user(), &operation, Some(&read));
                assert_eq!(request.if_match.as_deref(), expected, "{request}");
                let without = write(
                    &dialect("write.delete = true"),
                    &user(),
                    &operation,
                    Some(&read),
                );
                assert_eq!(without.if_match, None);
            }
        }
        assert!(dialect(toml).means(9).from_read);
        assert!(!dialect("").means(9).from_read);
    }

    #[test]
    fn a_deletion_has_no_body() {
        let delete = write(
            &dialect("write.delete = true"),
            &user(),
            &[Operation::Delete],
            None,
        );
        assert_eq!(delete.to_string(), "DELETE /Users/u%2F1");
    }

    /// What each built-in profile makes of every operation that it allows.
    #[test]
    fn the_requests_of_all_profiles() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/profiles");
        let files = std::fs::read_dir(folder).unwrap();
        let mut files: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let mut text = String::new();
        for file in files {
            let profile = std::fs::read_to_string(&file).unwrap();
            let profile: toml::Table = toml::from_str(&profile).unwrap();
            let dialect = Dialect::deserialize(profile["scim"].clone()).unwrap();
            dialect.check().unwrap();
            let base = profile.get("scim-url").and_then(toml::Value::as_str);
            let name = file.file_stem().unwrap().to_str().unwrap();
            writeln!(text, "# {name}: {}", base.unwrap_or("any address")).unwrap();
            for operation in operations(&dialect) {
                let shown = resource(r#"{"id":"u1","active":true}"#);
                let request = write(&dialect, &UserId::new("u1"), &[operation], Some(&shown));
                let urn = format!("{{\"schemas\":[\"{PATCH_OP}\"],");
                writeln!(text, "{}", request.to_string().replace(&urn, "{")).unwrap();
            }
            if dialect.find.names_per_search > 0 {
                let names = Filter::UserNames(ids(&["ada"]));
                let count = dialect.find.page_size.get();
                writeln!(text, "{}", search(&dialect, &names, count)).unwrap();
            }
            text.push('\n');
        }
        insta::assert_snapshot!(text);
    }

    fn operations(dialect: &Dialect) -> Vec<Operation> {
        let id = || "a1".to_owned();
        let mut operations = vec![Operation::SetActive(false), Operation::SetActive(true)];
        if dialect.access.each.is_some() {
            operations.extend([Operation::Leave(id()), Operation::Join(id())]);
        } else if dialect.access.attribute.is_some() {
            operations.push(Operation::RemoveWorkspaces);
            operations.push(Operation::SetWorkspaces(vec![id()]));
        }
        operations.extend(dialect.write.delete.then_some(Operation::Delete));
        operations
    }
}
