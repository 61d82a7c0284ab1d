//! Entitlements in requests: which workspaces a value names, and which a path picks.
//!
//! All three views may be written; each names workspaces, and only the set of workspaces is stored.
//! `display`, `primary` and other members of a value are ignored, as documented. It knows nothing of the
//! operations that use it.

use serde_json::Value;

use crate::sandbox::scim_api::expression::{Comparison, Literal, Operator};
use crate::sandbox::scim_api::scim_answer::Refusal;
use crate::sandbox::tenant::workspace::{Set, WorkspaceList};

/// The most workspaces one call may name.
const MAX_NAMED: u32 = 50;

/// The workspaces that a value names: one entitlement or a list of them.
pub(crate) fn named(value: &Value, directory: &WorkspaceList) -> Result<Set, Refusal> {
    let items = match value {
        Value::Array(items) => items.as_slice(),
        Value::Object(_) => std::slice::from_ref(value),
        _ => return Err(bad("entitlements must be objects".to_owned())),
    };
    let mut set = 0;
    for item in items {
        let Some(text) = item["value"].as_str() else {
            return Err(bad("an entitlement needs a value".to_owned()));
        };
        set |= match item["type"].as_str().unwrap_or("WORKSPACE") {
            "WORKSPACE" => by_id(text, directory)?,
            "WORKSPACE_IDS" | "WORKSPACE_NAMES" => listed(text, directory)?,
            other => return Err(bad(format!("unknown entitlement type {other}"))),
        };
    }
    within_limit(set)
}

/// The workspaces in a comma list of ids or of quoted names.
pub(crate) fn listed(text: &str, directory: &WorkspaceList) -> Result<Set, Refusal> {
    let parts = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let set = parts.map(|part| match part.strip_prefix('"') {
        Some(name) => by_name(name.trim_end_matches('"'), directory),
        None => by_id(part, directory).or_else(|_| by_name(part, directory)),
    });
    set.into_iter()
        .try_fold(0, |sum, one| Ok(sum | one?))
        .and_then(within_limit)
}

/// Those of a user's workspaces that a path picks: all, or those whose entitlement passes a test.
///
/// Picking one of the two joint views picks everything in it.
pub(crate) fn picked(
    set: Set,
    test: Option<&Comparison>,
    directory: &WorkspaceList,
) -> Result<Set, Refusal> {
    let Some(test) = test else { return Ok(set) };
    let mut picked = 0;
    let (mut ids, mut names) = (Vec::new(), Vec::new());
    for (place, space) in directory.members(set).enumerate() {
        let primary = (place == 0).then_some("true");
        if passes(test, "WORKSPACE", &space.id, Some(&space.name), primary)? {
            picked |= by_id(&space.id, directory)?;
        }
        ids.push(space.id.as_str());
        names.push(format!("\"{}\"", space.name));
    }
    let joint = passes(test, "WORKSPACE_IDS", &ids.join(","), None, None)?
        || passes(test, "WORKSPACE_NAMES", &names.join(","), None, None)?;
    Ok(if joint { set } else { picked })
}

fn passes(
    test: &Comparison,
    kind: &str,
    value: &str,
    display: Option<&str>,
    primary: Option<&str>,
) -> Result<bool, Refusal> {
    let attribute = test.attribute.to_ascii_lowercase();
    let actual = match attribute.as_str() {
        "type" => Some(kind),
        "value" => Some(value),
        "display" => display,
        "primary" => primary,
        _ => {
            let detail = format!("entitlements have no attribute {}", test.attribute);
            return Err(Refusal::bad("invalidPath", detail));
        }
    };
    let wanted = match &test.value {
        Some(Literal::Text(given)) if attribute == "value" => given.to_ascii_lowercase(),
        Some(Literal::Text(given)) => given.clone(),
        Some(Literal::Bool(value)) => value.to_string(),
        None => String::new(),
    };
    if test.operator == Operator::Pr {
        return Ok(actual.is_some_and(|actual| !actual.is_empty()));
    }
    Ok(test.operator.holds(actual, &wanted))
}

fn by_id(id: &str, directory: &WorkspaceList) -> Result<Set, Refusal> {
    directory
        .by_id(id.trim())
        .ok_or_else(|| bad(format!("workspace {id} not found")))
}

fn by_name(name: &str, directory: &WorkspaceList) -> Result<Set, Refusal> {
    directory
        .by_name(name)
        .ok_or_else(|| bad(format!("workspace {name} not found")))
}

fn within_limit(set: Set) -> Result<Set, Refusal> {
    if set.count_ones() > MAX_NAMED {
        return Err(bad(format!("more than {MAX_NAMED} workspaces in one call")));
    }
    Ok(set)
}

fn bad(detail: String) -> Refusal {
    Refusal::bad("invalidValue", detail)
}
