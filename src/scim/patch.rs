//! The body of a write: a PATCH (RFC 7644 §3.5.2) that makes one change.
//!
//! Anaplan asks for a `path` in every operation, runs them in order and documents `remove` without a
//! value. `add` is never used: at Anaplan it may replace, and `remove` with a value is read as
//! "remove all" by some servers.

use serde::Serialize;

use crate::domain::Operation;

#[derive(Debug, Serialize)]
struct PatchOp<'a> {
    schemas: [&'static str; 1],
    #[serde(rename = "Operations")]
    operations: Vec<Patch<'a>>,
}

#[derive(Debug, Serialize)]
struct Patch<'a> {
    op: &'static str,
    path: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Value<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Value<'a> {
    Flag(bool),
    Workspaces(Vec<Workspace<'a>>),
}

/// One workspace as Anaplan takes it: by its id.
#[derive(Debug, Serialize)]
struct Workspace<'a> {
    value: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// The body of a PATCH that does these operations, in their order.
pub(super) fn body(operations: &[Operation]) -> String {
    serde_json::to_string(&PatchOp {
        schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        operations: operations.iter().map(patch).collect(),
    })
    .expect("texts and booleans always serialise")
}

fn patch(operation: &Operation) -> Patch<'_> {
    match operation {
        Operation::SetActive(active) => Patch {
            op: "replace",
            path: "active",
            value: Some(Value::Flag(*active)),
        },
        Operation::RemoveWorkspaces => Patch {
            op: "remove",
            path: "entitlements",
            value: None,
        },
        Operation::SetWorkspaces(ids) => Patch {
            op: "replace",
            path: "entitlements",
            value: Some(Value::Workspaces(
                ids.iter()
                    .map(|id| Workspace {
                        value: id,
                        kind: "WORKSPACE",
                    })
                    .collect(),
            )),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_asks_for_the_operations_and_nothing_else() {
        insta::assert_snapshot!(
            body(&[Operation::RemoveWorkspaces, Operation::SetActive(false)]),
            @r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"entitlements"},{"op":"replace","path":"active","value":false}]}"#
        );
        insta::assert_snapshot!(
            body(&[
                Operation::SetWorkspaces(vec!["w1".to_owned(), "w2".to_owned()]),
                Operation::SetActive(true),
            ]),
            @r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"entitlements","value":[{"value":"w1","type":"WORKSPACE"},{"value":"w2","type":"WORKSPACE"}]},{"op":"replace","path":"active","value":true}]}"#
        );
    }
}
