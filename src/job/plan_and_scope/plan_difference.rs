//! How users differ from their plan, in words: a short list, however much they have.

use std::fmt::Write;

use crate::domain::{IdRule, UserState, and_more, on_one_line};
use crate::ledger::UserRow;

/// Users that are listed.
const SHOWN: usize = 5;

/// A user that the provider no longer knows.
pub(super) fn gone(row: &UserRow) -> String {
    line(row, "is gone")
}

/// What a user has gained or lost since the plan was made.
pub(super) fn between(row: &UserRow, before: &UserState, now: &UserState, ids: IdRule) -> String {
    let mut parts = Vec::new();
    match (before.active, now.active) {
        (Some(true), Some(false)) => parts.push("was active, and is disabled".to_owned()),
        (Some(false), Some(true)) => parts.push("was disabled, and is active".to_owned()),
        _ => {}
    }
    if let (Some(had), Some(has)) = (&before.workspaces, &now.workspaces) {
        let lacking = |these: &[String], those: &[String]| {
            these.iter().filter(|id| !ids.contains(those, id)).count()
        };
        for (count, what) in [
            (lacking(has, had), "more than before"),
            (lacking(had, has), "fewer"),
        ] {
            match count {
                0 => {}
                1 => parts.push(format!("1 workspace {what}")),
                count => parts.push(format!("{count} workspaces {what}")),
            }
        }
    }
    line(row, &parts.join(", "))
}

/// The first of these users, each on a line of its own after a heading.
pub(super) fn list(changed: &[String], looked_at: usize) -> String {
    let mut text = format!(
        "{} of {looked_at} users that were looked at again have changed since it was made",
        changed.len()
    );
    for line in changed.iter().take(SHOWN) {
        text.push_str("\n  ");
        text.push_str(line);
    }
    if let Some(more) = and_more(changed.len() as u64, SHOWN) {
        let _ = write!(text, "\n  … {more}");
    }
    text
}

/// One line: the user, and what is different.
pub(super) fn line(row: &UserRow, what: &str) -> String {
    let name = row.user_name.as_deref().or(row.user_id.as_deref());
    let text = format!("line {}: {} {what}", row.line, name.unwrap_or_default());
    on_one_line(&text).into_owned()
}
