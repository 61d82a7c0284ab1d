//! What looking again at a user has found: a pure rule.

use crate::domain::{Fact, Finding, Goal, UserState};
use crate::lookup::Absence;

/// Compares what a user has now with what the user is to have. A goal that is not known is met by
/// nobody.
pub fn compare(goal: Option<&Goal>, read: Result<UserState, Absence>) -> Fact {
    let (finding, shown, detail) = match read {
        Ok(state) if goal.is_some_and(|goal| goal.is_met_by(&state)) => {
            (Finding::Confirmed, Some(state), None)
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
