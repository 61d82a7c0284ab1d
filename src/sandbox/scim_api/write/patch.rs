//! PATCH: a list of operations, carried out in order on a copy of the user's profile.
//!
//! The rules are the provider's where they are stricter than RFC 7644: the path is always
//! required, and the server's own attributes are refused.

use serde_json::Value;

use crate::sandbox::sandbox_settings::{AddMeans, RemoveNone};
use crate::sandbox::scim_api::scim_answer::Refusal;
use crate::sandbox::scim_api::write::entitlement;
use crate::sandbox::scim_api::write::patch_path::Path;
use crate::sandbox::tenant::user_profile::UserProfile;
use crate::sandbox::tenant::workspace::WorkspaceList;

const PATCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Add,
    Replace,
    Remove,
}

/// One operation; only `remove` has no value.
#[derive(Debug)]
pub(crate) struct PatchStep {
    verb: Verb,
    path: Path,
    value: Value,
}

/// What an operation needs to know besides the profile.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PatchRules<'a> {
    pub(crate) directory: &'a WorkspaceList,
    pub(crate) add: AddMeans,
    pub(crate) remove_none: RemoveNone,
}

/// Reads the body of a PATCH.
pub(crate) fn parse(body: &Value) -> Result<Vec<PatchStep>, Refusal> {
    let schemas = body["schemas"].as_array().map_or(&[][..], Vec::as_slice);
    if !schemas.iter().any(|schema| schema == PATCH_SCHEMA) {
        return Err(Refusal::bad(
            "invalidSyntax",
            format!("schemas must name {PATCH_SCHEMA}"),
        ));
    }
    let operations = body["Operations"]
        .as_array()
        .filter(|list| !list.is_empty());
    let operations =
        operations.ok_or_else(|| Refusal::bad("invalidSyntax", "Operations must not be empty"))?;
    operations.iter().map(operation).collect()
}

fn operation(value: &Value) -> Result<PatchStep, Refusal> {
    let verb = match value["op"].as_str() {
        Some("add") => Verb::Add,
        Some("replace") => Verb::Replace,
        Some("remove") => Verb::Remove,
        _ => {
            return Err(Refusal::bad(
                "invalidSyntax",
                "op must be add, replace or remove",
            ));
        }
    };
    let path = value["path"].as_str();
    let path = path.ok_or_else(|| Refusal::bad("invalidPath", "every operation needs a path"))?;
    let (path, value) = (Path::parse(path)?, value["value"].clone());
    match (verb, &value) {
        (Verb::Remove, Value::Null) => {}
        (Verb::Remove, _) => return Err(Refusal::bad("invalidSyntax", "remove takes no value")),
        (_, Value::Null) => {
            return Err(Refusal::bad("invalidValue", "the operation needs a value"));
        }
        _ => {}
    }
    Ok(PatchStep { verb, path, value })
}

/// Carries out all operations. If one is refused, the profile is half changed and must be discarded.
pub(crate) fn apply(
    operations: &[PatchStep],
    profile: &mut UserProfile,
    rules: PatchRules<'_>,
) -> Result<(), Refusal> {
    operations
        .iter()
        .try_for_each(|operation| one(operation, profile, rules))
}

fn one(
    operation: &PatchStep,
    profile: &mut UserProfile,
    rules: PatchRules<'_>,
) -> Result<(), Refusal> {
    let Path {
        attribute,
        test,
        sub,
    } = &operation.path;
    match (attribute.as_str(), test, sub.as_deref()) {
        ("active", None, None) => profile.active = flag(operation)?,
        ("externalid", None, None) => profile.external_id = optional_text(operation)?,
        ("name", None, None) => {
            required(operation)?;
            set_if_given(&mut profile.given_name, &operation.value["givenName"])?;
            set_if_given(&mut profile.family_name, &operation.value["familyName"])?;
        }
        ("name", None, Some("givenname")) => profile.given_name = required_text(operation)?,
        ("name", None, Some("familyname")) => profile.family_name = required_text(operation)?,
        ("emails", _, None | Some("value")) => profile.email = email(operation)?,
        ("entitlements", _, None | Some("value")) => entitle(operation, profile, rules)?,
        ("id" | "username" | "displayname" | "meta" | "schemas", _, _)
        | ("name", None, Some("formatted"))
        | ("entitlements" | "emails", _, Some("type" | "primary")) => {
            let detail = format!("attribute {attribute} is read-only");
            return Err(Refusal::bad("mutability", detail));
        }
        // Accepted and not stored, as the documentation says of display.
        ("entitlements", _, Some("display")) => {}
        _ => {
            return Err(Refusal::bad(
                "invalidPath",
                format!("unknown attribute in {attribute}"),
            ));
        }
    }
    Ok(())
}

/// Each operation removes what the path selects and then adds the value; only `add` may be set to remove
/// nothing.
fn entitle(
    operation: &PatchStep,
    profile: &mut UserProfile,
    rules: PatchRules<'_>,
) -> Result<(), Refusal> {
    let Path { test, sub, .. } = &operation.path;
    let picked = entitlement::picked(profile.workspaces, test.as_ref(), rules.directory)?;
    if operation.verb == Verb::Remove {
        if picked == 0 && rules.remove_none == RemoveNone::Refuse {
            return Err(Refusal::bad("noTarget", "the path matches no entitlement"));
        }
        profile.workspaces &= !picked;
        return Ok(());
    }
    let named = match (sub, operation.value.as_str()) {
        (Some(_), Some(text)) => entitlement::listed(text, rules.directory)?,
        (Some(_), None) => return Err(Refusal::bad("invalidValue", "the value must be text")),
        (None, _) => entitlement::named(&operation.value, rules.directory)?,
    };
    if operation.verb == Verb::Replace || rules.add == AddMeans::Replace {
        profile.workspaces &= !picked;
    }
    profile.workspaces |= named;
    Ok(())
}

fn flag(operation: &PatchStep) -> Result<bool, Refusal> {
    required(operation)?;
    let flag = operation.value.as_bool();
    flag.ok_or_else(|| Refusal::bad("invalidValue", "active must be true or false"))
}

fn required_text(operation: &PatchStep) -> Result<String, Refusal> {
    required(operation)?;
    text(&operation.value)
}

fn optional_text(operation: &PatchStep) -> Result<String, Refusal> {
    match operation.verb {
        Verb::Remove => Ok(String::new()),
        Verb::Add | Verb::Replace => text(&operation.value),
    }
}

/// The one email a user can have: given as text, as an object or as a list with one object.
fn email(operation: &PatchStep) -> Result<Option<String>, Refusal> {
    if operation.verb == Verb::Remove {
        return Ok(None);
    }
    let value = match &operation.value {
        Value::Array(items) if items.len() == 1 => &items[0]["value"],
        Value::Object(item) => item.get("value").unwrap_or(&Value::Null),
        other => other,
    };
    text(value).map(Some)
}

fn required(operation: &PatchStep) -> Result<(), Refusal> {
    match operation.verb {
        Verb::Remove => Err(Refusal::bad("invalidValue", "a required attribute stays")),
        Verb::Add | Verb::Replace => Ok(()),
    }
}

fn set_if_given(name: &mut String, value: &Value) -> Result<(), Refusal> {
    if !value.is_null() {
        *name = text(value)?;
    }
    Ok(())
}

fn text(value: &Value) -> Result<String, Refusal> {
    let text = value.as_str().map(str::to_owned);
    text.ok_or_else(|| Refusal::bad("invalidValue", "the value must be text"))
}
