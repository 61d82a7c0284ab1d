//! Loads the job of an undo: its lines are the users that another job changed, each with the goal of what is
//! to be given back (P11).

use aws_lc_rs::digest::{Context, SHA256};
use serde_json::json;

use crate::domain::{Change, Goal, Held, IdRule, Membership, UserId, UserState, hex};
use crate::ledger::{
    Job, Ledger, LedgerError, Names, NewJob, NewLine, Pages, Reader, UndoRow, UndoScope,
};
use crate::plan::new_job::job_identity::job_key;

/// Rows that are in memory at the same time.
const PAGE: usize = 500;

/// Loads the job that gives back what `parent` took from the users in the scope; `None` if there is nothing to
/// give back. Afterwards the ledger holds either the whole job or nothing of it.
pub(crate) async fn undo(
    ledger: &mut Ledger,
    parent: &Job,
    scope: UndoScope,
) -> Result<Option<Job>, LedgerError> {
    let mut reader = ledger.reader().await?;
    // The lines may be too many for memory, so they are read twice: for the digest of the job, and to load it.
    let mut digest = Context::new(&SHA256);
    let lines = each(&mut reader, parent, scope, |row, goal| {
        let line = json!([row.line.0, row.user_id, goal]).to_string();
        digest.update(line.as_bytes());
        digest.update(b"\n");
    })
    .await?;
    if lines == 0 {
        return Ok(None);
    }
    let digest = hex(digest.finish().as_ref());
    let change = Change::restore();
    let new = NewJob {
        key: job_key(&parent.target, &change, &digest),
        target: parent.target.clone(),
        change,
        roster_path: format!("job {}", parent.id),
        roster_digest: digest,
        roster_header: parent.roster_header.clone(),
        ids: parent.ids,
        reading: parent.reading.clone().unwrap_or_default(),
        parent: Some(parent.number),
    };
    let mut loading = ledger.load(&new).await?;
    let mut pages = Pages::of_lines().with_rows(PAGE);
    while let Some(page) = pages
        .next(async |after, limit| reader.undo_rows(parent, scope, after, limit).await)
        .await?
    {
        for row in page {
            let Some(goal) = goal(&row, parent) else {
                continue;
            };
            loading
                .push(NewLine {
                    line: row.line.0,
                    names: Names::Id(UserId::new(row.user_id)),
                    user_name: row.user_name,
                    goal: Some(goal),
                    cells: row.cells,
                })
                .await?;
        }
    }
    let job = loading.commit().await?.job;
    ledger.checkpoint().await?;
    Ok(Some(job))
}

/// How many users lack something that `parent` took and that an undo could still give back.
pub(crate) async fn left_to_undo(reader: &mut Reader, parent: &Job) -> Result<u64, LedgerError> {
    each(reader, parent, UndoScope::Rest, |_, _| ()).await
}

/// Calls `show` for each user in the scope to whom something is to be given back, with the goal of that user.
/// Returns how many users these are.
async fn each(
    reader: &mut Reader,
    parent: &Job,
    scope: UndoScope,
    mut show: impl FnMut(&UndoRow, &Goal),
) -> Result<u64, LedgerError> {
    let mut users = 0;
    let mut pages = Pages::of_lines().with_rows(PAGE);
    while let Some(page) = pages
        .next(async |after, limit| reader.undo_rows(parent, scope, after, limit).await)
        .await?
    {
        for row in &page {
            if let Some(goal) = goal(row, parent) {
                show(row, &goal);
                users += 1;
            }
        }
    }
    Ok(users)
}

/// The goal that gives back what the job took from a user; `None` if it took nothing.
///
/// If the user was not shown after the last write, or an earlier undo was begun, each attribute may be as the
/// change asks or as it was before the job. A user in any other state was changed by another administrator and
/// is left alone.
fn goal(row: &UndoRow, parent: &Job) -> Option<Goal> {
    let change = &parent.change;
    let asked = change.goal()?;
    let after = row
        .after
        .clone()
        .unwrap_or_else(|| left_by(&asked, &row.before, parent.ids));
    if after.has_the_same(&row.before, parent.ids) {
        return None;
    }
    let is_unknown = is_unknown(&asked, &row.before);
    let active = asked.active.and(row.before.active);
    let workspaces = asked.workspaces.and(row.before.workspaces.clone());
    Some(Goal {
        active,
        workspaces: workspaces.map(Membership::Exactly),
        only_from: Some(Held {
            active: after.active,
            workspaces: after.workspaces,
        }),
        in_parts: row.after.is_none() || row.was_begun,
        gone: false,
        is_unknown,
    })
}

/// Whether the state before the job is not known for an attribute that the change asks for.
fn is_unknown(asked: &Goal, before: &UserState) -> bool {
    asked.active.is_some() && before.active.is_none()
        || asked.workspaces.is_some() && before.workspaces.is_none()
}

/// The state of a user after the change has taken effect.
fn left_by(asked: &Goal, before: &UserState, ids: IdRule) -> UserState {
    let workspaces = match &asked.workspaces {
        None => before.workspaces.clone(),
        Some(Membership::Exactly(ids)) => Some(ids.clone()),
        Some(Membership::Without(gone)) => before.workspaces.as_ref().map(|had| {
            let gone = ids.set(gone);
            let stays = |id: &&String| !gone.contains(id);
            had.iter().filter(stays).cloned().collect()
        }),
    };
    UserState {
        active: asked.active.or(before.active),
        workspaces,
        ..before.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{JobId, Line, Timestamp};

    fn state(active: bool, workspaces: &[&str]) -> UserState {
        UserState {
            active: Some(active),
            workspaces: Some(workspaces.iter().map(ToString::to_string).collect()),
            ..UserState::of("u1")
        }
    }

    fn parent(change: &str) -> Job {
        Job {
            number: 1,
            id: JobId::from_stored("0193af".to_owned()),
            target: "https://scim.example.com/".to_owned(),
            change: change.parse().unwrap(),
            roster_path: String::new(),
            roster_digest: String::new(),
            roster_header: Vec::new(),
            ids: IdRule::IgnoreCase,
            reading: None,
            lines: 1,
            users: 1,
            created_at: Timestamp::from_millis(0),
            parent: None,
            plan: None,
            canary_at: None,
            retry: None,
        }
    }

    fn undone(change: &str, before: UserState, after: Option<UserState>) -> Option<Goal> {
        let row = UndoRow {
            line: Line(2),
            user_id: "u1".to_owned(),
            user_name: None,
            cells: Vec::new(),
            before,
            after,
            was_begun: false,
        };
        goal(&row, &parent(change))
    }

    #[test]
    fn p11_a_state_that_was_never_shown_is_not_given_back() {
        let means = crate::domain::Means::ALL_AT_ONCE;
        let after = state(false, &[]);
        for (hidden, change, is_unknown) in [
            ("active", "disable+remove-access", true),
            ("active", "remove-access", false),
            ("workspaces", "disable+remove-access", true),
            ("workspaces", "disable", false),
        ] {
            let mut before = state(true, &["a"]);
            match hidden {
                "active" => before.active = None,
                _ => before.workspaces = None,
            }
            let goal = undone(change, before, Some(after.clone())).unwrap();
            assert_eq!(goal.is_unknown, is_unknown, "{hidden} {change}");
            let need = goal.need(&after, means, crate::domain::Effect::None);
            let is_refused = matches!(need, crate::domain::Need::Refused(..));
            assert_eq!(is_refused, is_unknown, "{hidden} {change}: {need:?}");
        }
    }

    #[test]
    fn p11_exactly_what_was_taken_is_given_back() {
        let had = state(true, &["a", "b"]);
        let all = Some(Membership::Exactly(vec!["a".into(), "b".into()]));
        for (change, after, active, workspaces) in [
            (
                "disable+remove-access",
                Some(state(false, &[])),
                Some(true),
                &all,
            ),
            (
                "disable",
                Some(state(false, &["a", "b"])),
                Some(true),
                &None,
            ),
            ("from-workspace:a", Some(state(true, &["b"])), None, &all),
            // Only one half of the change took effect.
            (
                "disable+remove-access",
                Some(state(false, &["a", "b"])),
                Some(true),
                &all,
            ),
        ] {
            let goal = undone(change, had.clone(), after.clone()).unwrap();
            assert_eq!(
                (goal.active, &goal.workspaces),
                (active, workspaces),
                "{change}"
            );
            let held = goal.only_from.unwrap();
            assert_eq!(held.workspaces, after.unwrap().workspaces);
        }
        assert_eq!(undone("disable", had.clone(), Some(had.clone())), None);
    }

    #[test]
    fn p11_what_an_earlier_undo_has_given_back_in_part_does_not_count_as_a_change_by_others() {
        let had = state(true, &["a", "b"]);
        let mut row = UndoRow {
            line: Line(2),
            user_id: "u1".to_owned(),
            user_name: None,
            cells: Vec::new(),
            before: had.clone(),
            after: Some(state(false, &[])),
            was_begun: false,
        };
        let means = crate::domain::Means::ALL_AT_ONCE;
        let half = state(true, &[]);
        for (was_begun, is_refused) in [(false, true), (true, false)] {
            row.was_begun = was_begun;
            let goal = goal(&row, &parent("disable+remove-access")).unwrap();
            let need = goal.need(&half, means, crate::domain::Effect::None);
            let refused = matches!(need, crate::domain::Need::Refused(..));
            assert_eq!(refused, is_refused, "{need:?}");
        }
    }

    #[test]
    fn a_user_that_was_not_seen_after_the_last_write_is_taken_to_be_changed() {
        let had = state(true, &["a", "b"]);
        let goal = undone("disable+from-workspace:A", had, None).unwrap();
        let held = goal.only_from.unwrap();
        assert_eq!(held.active, Some(false));
        assert_eq!(held.workspaces, Some(vec!["b".to_owned()]));
    }
}
