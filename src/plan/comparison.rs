//! The finding of a verification for one user. Pure rules.

use crate::domain::{Fact, Finding, Goal, IdRule, UserState};
use crate::lookup::Absence;

/// Compares the present state of a user with the goal, and returns the finding as a fact for the ledger. A
/// goal that is not known is met by no user. `ids` says how the provider compares ids.
pub(crate) fn compare(goal: Option<&Goal>, ids: IdRule, read: Result<UserState, Absence>) -> Fact {
    let (finding, shown, detail) = match read {
        Ok(state) if goal.is_some_and(|goal| goal.is_met_by(&state, ids)) => {
            (Finding::Confirmed, Some(state), None)
        }
        // A state that does not show every attribute of the goal is neither confirmed nor changed.
        Ok(state) if goal.is_some_and(|goal| goal.may_be_met_by(&state, ids)) => {
            let words = format!("the provider does not show all of it: {state}");
            (Finding::Unread, Some(state), Some(words))
        }
        Ok(state) => {
            let words = format!("is {state}");
            (Finding::Drifted, Some(state), Some(words))
        }
        Err(absence) if absence.is_not_found() && goal.is_some_and(|goal| goal.gone) => {
            (Finding::Confirmed, None, None)
        }
        Err(absence) if absence.is_not_found() => (Finding::Gone, None, absence.words),
        Err(absence) => (Finding::Unread, None, absence.words),
    };
    Fact::Verified {
        finding,
        shown,
        detail,
    }
}

/// Changes the detail of a finding for a user to whom an undo of the job gave back what was taken. The
/// detail says so, since the job's own outcome for this user still says that it was taken.
pub(super) fn after_undo(fact: Fact) -> Fact {
    let Fact::Verified {
        finding,
        shown: Some(state),
        ..
    } = fact
    else {
        return fact;
    };
    let has = match finding {
        Finding::Confirmed => "has back what was taken",
        Finding::Drifted | Finding::Gone => "was given back what was taken, and was changed since",
        Finding::Unread => "was given back what was taken, and is not shown with all of it",
    };
    let detail = Some(format!("{has}: is {state}"));
    Fact::Verified {
        finding,
        shown: Some(state),
        detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_detail_says_that_an_undo_gave_back_what_was_taken() {
        let state = UserState {
            active: Some(true),
            workspaces: Some(Vec::new()),
            ..UserState::of("u1")
        };
        let goal = |active| Goal {
            in_parts: false,
            active: Some(active),
            workspaces: None,
            only_from: None,
            gone: false,
            is_unknown: false,
        };
        for (active, words) in [
            (true, "has back what was taken: is active, no workspaces"),
            (
                false,
                "was given back what was taken, and was changed since: is active, no workspaces",
            ),
        ] {
            let Fact::Verified { detail, .. } = after_undo(compare(
                Some(&goal(active)),
                IdRule::Exact,
                Ok(state.clone()),
            )) else {
                panic!("it is a verification");
            };
            assert_eq!(detail.as_deref(), Some(words));
        }
    }
}
