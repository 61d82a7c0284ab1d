//! What looking again at a user has found: a pure rule.

use crate::domain::{Fact, Finding, Goal, IdRule, UserState};
use crate::lookup::Absence;

/// Compares what a user has now with what the user is to have. A goal that is not known is met by
/// nobody. `ids` says how the provider compares ids.
pub fn compare(goal: Option<&Goal>, ids: IdRule, read: Result<UserState, Absence>) -> Fact {
    let (finding, shown, detail) = match read {
        Ok(state) if goal.is_some_and(|goal| goal.is_met_by(&state, ids)) => {
            (Finding::Confirmed, Some(state), None)
        }
        // What is not shown can be neither confirmed nor called changed.
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
