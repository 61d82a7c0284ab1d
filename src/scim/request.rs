//! From what is to be done to requests, in the words of a dialect.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::{Operation, Request, RequestKind, Resource, UserId};

use super::dialect::{Dialect, Method, PatchOperation, Places, forget};
use super::path::resource_path;

const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// The endpoint of users; the path is case-sensitive (Anaplan, SCIM API).
pub(super) const USERS: &str = "/Users";

/// The request that shows a user.
pub(super) fn read(user: &UserId) -> Request {
    Request::bare(
        RequestKind::Read,
        "GET",
        resource_path(USERS, user.as_str()),
    )
}

/// The request that does `operations`, which [`crate::domain::Means::portion`] lets go into one.
/// `shown` is the user as just read, which a PUT sends back, and whose version goes along as `If-Match`.
pub(super) fn write(
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
        (Method::Put, Some(whole)) => Request {
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

/// What one operation is in a dialect.
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

    fn places(&self, user: &'a UserId) -> Places<'_> {
        Places {
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

/// `meta.version`, which If-Match takes (RFC 7644 §3.14).
fn version(whole: &Map<String, Value>) -> Option<String> {
    let version = super::fields::member(whole, "meta")?.as_object()?;
    Some(
        super::fields::member(version, "version")?
            .as_str()?
            .to_owned(),
    )
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
        forget(&mut whole, name);
    }
    Value::Object(whole).to_string()
}

#[cfg(test)]
mod tests;
