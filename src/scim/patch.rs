//! The body of a write: a PATCH (RFC 7644 §3.5.2) that makes one change.
//!
//! Anaplan asks for a `path` in every operation, runs them in order and documents `remove` without a
//! value. `add` is never used: at Anaplan it may replace, and `remove` with a value is read as
//! "remove all" by some servers.

use serde::Serialize;

use crate::domain::{Access, Change};

#[derive(Debug, Serialize)]
struct PatchOp {
    schemas: [&'static str; 1],
    #[serde(rename = "Operations")]
    operations: Vec<Operation>,
}

#[derive(Debug, Serialize)]
struct Operation {
    op: &'static str,
    path: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<bool>,
}

/// The workspaces go first: if only a part takes effect, a user who still has workspaces is seen to
/// be active, not half done.
pub(super) fn body(change: Change) -> String {
    let mut operations = Vec::with_capacity(2);
    if change.access() == Access::RemoveAll {
        operations.push(Operation {
            op: "remove",
            path: "entitlements",
            value: None,
        });
    }
    if change.disables() {
        operations.push(Operation {
            op: "replace",
            path: "active",
            value: Some(false),
        });
    }
    serde_json::to_string(&PatchOp {
        schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        operations,
    })
    .expect("texts and booleans always serialise")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_asks_for_the_change_and_nothing_else() {
        let body_of = |disable, access| body(Change::new(disable, access).unwrap());
        insta::assert_snapshot!(
            body_of(true, Access::RemoveAll),
            @r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"entitlements"},{"op":"replace","path":"active","value":false}]}"#
        );
        insta::assert_snapshot!(
            body_of(true, Access::Keep),
            @r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":false}]}"#
        );
        insta::assert_snapshot!(
            body_of(false, Access::RemoveAll),
            @r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"entitlements"}]}"#
        );
    }
}
