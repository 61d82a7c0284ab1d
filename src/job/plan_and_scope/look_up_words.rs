//! What a look-up showed of the tenant, in words.

use crate::domain::{Access, one_or_many};
use crate::job::{JobError, Voice};
use crate::ledger::{Job, Ledger};
use crate::plan::LookUpSummary;

/// How the users were looked up, and how many users the tenant has.
pub(crate) fn describe_look_up(looked_up: &LookUpSummary) -> String {
    let requests = looked_up.requests;
    let noun = one_or_many(requests, "request", "requests");
    let way = match looked_up.method.as_str() {
        "pages" => format!("looked up by the pages of the user list, {requests} {noun}"),
        "singly" => format!("looked up one by one, {requests} {noun}"),
        "nothing" => "no user had to be looked up".to_owned(),
        _ => return "not looked up: each user is read right before the write".to_owned(),
    };
    let at_least = if looked_up.active_is_at_least {
        "at least "
    } else {
        ""
    };
    let tenant = match (looked_up.total, looked_up.active) {
        (Some(total), Some(active)) => {
            format!("; the tenant has {total} users, {at_least}{active} active")
        }
        (Some(total), None) => format!("; the tenant has {total} users"),
        (None, Some(active)) => format!("; the tenant has {at_least}{active} active users"),
        (None, None) => String::new(),
    };
    way + &tenant
}

/// Which attributes users keep access in, since the profile does not know them; `None` if there are none.
pub(crate) fn describe_kept_access(looked_up: &LookUpSummary) -> Option<String> {
    if looked_up.kept_access.is_empty() {
        return None;
    }
    let names = quoted(&looked_up.kept_access);
    Some(format!(
        "users keep what they have in {names}: this profile does not remove it"
    ))
}

/// Which workspaces the change names of which no user that was looked up is a member; `None` if there are none.
pub(crate) fn describe_unseen_workspaces(ids: &[String]) -> Option<String> {
    let (these, is) = match ids.len() {
        0 => return None,
        1 => ("workspace", "its id is"),
        _ => ("workspaces", "their ids are"),
    };
    let names = quoted(ids);
    Some(format!(
        "no user who was looked up is a member of the {these} {names}: check that {is} right"
    ))
}

fn quoted(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(" and ")
}

/// Warns of the workspaces that the job's change names and no user was seen in: their ids may be mistyped.
/// Returns whether there are any.
pub(crate) async fn warn_of_unseen_workspaces(
    ledger: &mut Ledger,
    job: &Job,
    voice: &dyn Voice,
) -> Result<bool, JobError> {
    let Access::RemoveFrom(ids) = job.change.access() else {
        return Ok(false);
    };
    // A look-up by the list has seen users outside the roster, too.
    let looked_up = job.plan.as_ref().map(LookUpSummary::read);
    let ids = match &looked_up {
        Some(looked_up) if looked_up.is_made() => &looked_up.unseen_workspaces,
        _ => ids,
    };
    let words = describe_unseen_workspaces(&ledger.workspaces_unseen(job, ids).await?);
    if let Some(words) = &words {
        voice.warn(words);
    }
    Ok(words.is_some())
}
