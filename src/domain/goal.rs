//! What one user is to have, and the smallest request that brings it about.

use serde::{Deserialize, Serialize};

use crate::domain::{Means, Operation, Reason, UserState};

/// What one user is to have afterwards. What is `None` is not touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// Whether the user may sign in.
    pub active: Option<bool>,
    /// Which workspaces the user is a member of.
    pub workspaces: Option<Membership>,
    /// What the user must have had, or have already: whoever has something else was changed by
    /// somebody else, and is left alone.
    pub only_from: Option<Held>,
    /// Whether the user is not to be there at all: nobody can take that back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
}

/// Which workspaces a user is to be a member of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Membership {
    /// These and no others.
    Exactly(Vec<String>),
    /// None of these; all others stay.
    Without(Vec<String>),
}

/// What a user had at some time, as far as it was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Whether the user could sign in.
    pub active: Option<bool>,
    /// The workspaces.
    pub workspaces: Option<Vec<String>>,
}

/// What has to be done for a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// Nothing: all is as wanted.
    Nothing,
    /// These operations, in this order.
    Write(Vec<Operation>),
    /// It cannot be done: why, as a code and for people.
    Refused(Reason, String),
}

impl Goal {
    /// What `shown` lacks, in operations that `means` has.
    ///
    /// The workspaces come first: if only a part takes effect, a user who still has workspaces is
    /// seen to be active, not half done. What the provider does not say counts as not wanted.
    pub fn need(&self, shown: &UserState, means: Means) -> Need {
        if self.is_met_by(shown) {
            return Need::Nothing;
        }
        if self.was_changed(shown, means) {
            let why = format!("left alone: somebody else has changed this user since; {shown}");
            return Need::Refused(Reason::Changed, why);
        }
        if self.gone {
            return Need::Write(vec![Operation::Delete]);
        }
        let most_workspaces = means.most_workspaces;
        let mut operations = Vec::with_capacity(2);
        match self.workspaces_of(shown) {
            Ok(None) => {}
            Ok(Some(ids)) if means.each_by_itself => match &shown.workspaces {
                Some(shown) => operations.extend(one_by_one(shown, &ids)),
                None => return unreadable(),
            },
            Ok(Some(ids)) if ids.is_empty() => operations.push(Operation::RemoveWorkspaces),
            Ok(Some(ids)) if ids.len() > most_workspaces => {
                let why = format!(
                    "{} workspaces are to stay, and one request can name {most_workspaces}",
                    ids.len()
                );
                return Need::Refused(Reason::TooManyWorkspaces, why);
            }
            Ok(Some(ids)) => operations.push(Operation::SetWorkspaces(ids)),
            Err(NotShown) => return unreadable(),
        }
        if let Some(active) = self.active
            && shown.active != Some(active)
        {
            operations.push(Operation::SetActive(active));
        }
        Need::Write(operations)
    }

    /// Whether `shown` is what is wanted. A state that does not say whether the user is active never
    /// counts as disabled, nor as enabled.
    pub fn is_met_by(&self, shown: &UserState) -> bool {
        if self.gone {
            return false;
        }
        let active = self
            .active
            .is_none_or(|active| shown.active == Some(active));
        active && self.has_workspaces(shown.workspaces.as_deref())
    }

    /// Whether what is to be written follows from what the user has at that moment, so that an old
    /// look does not do.
    pub fn needs_fresh_look(&self) -> bool {
        self.only_from.is_some() || matches!(self.workspaces, Some(Membership::Without(_)))
    }

    fn has_workspaces(&self, shown: Option<&[String]>) -> bool {
        match (&self.workspaces, shown) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(Membership::Exactly(wanted)), Some(shown)) => is_same_set(wanted, shown),
            (Some(Membership::Without(gone)), Some(shown)) => {
                !shown.iter().any(|id| contains(gone, id))
            }
        }
    }

    /// The whole list that is to be sent; `None` if the workspaces stay as they are.
    fn workspaces_of(&self, shown: &UserState) -> Result<Option<Vec<String>>, NotShown> {
        if self.has_workspaces(shown.workspaces.as_deref()) {
            return Ok(None);
        }
        match (&self.workspaces, &shown.workspaces) {
            (None, _) => Ok(None),
            (Some(Membership::Exactly(wanted)), _) => Ok(Some(wanted.clone())),
            // What stays can only be told from what is there.
            (Some(Membership::Without(_)), None) => Err(NotShown),
            (Some(Membership::Without(gone)), Some(shown)) => {
                let stay = shown.iter().filter(|id| !contains(gone, id));
                Ok(Some(stay.cloned().collect()))
            }
        }
    }

    /// Where workspaces are joined one by one, each of them counts by itself: it is as it was left, or as
    /// it is to be, whoever has seen to that.
    fn was_changed(&self, shown: &UserState, means: Means) -> bool {
        let Some(held) = &self.only_from else {
            return false;
        };
        let active = self.active.is_some_and(|wanted| {
            shown.active.is_some() && shown.active != Some(wanted) && shown.active != held.active
        });
        let workspaces = match (&shown.workspaces, &held.workspaces) {
            (Some(shown), Some(held)) => match &self.workspaces {
                Some(Membership::Exactly(wanted)) if means.each_by_itself => {
                    !is_between(shown, held, wanted)
                }
                _ => !self.has_workspaces(Some(shown)) && !is_same_set(shown, held),
            },
            _ => false,
        };
        active || workspaces
    }
}

/// The provider does not say what it would have to be known.
struct NotShown;

fn unreadable() -> Need {
    let why = "the provider does not say which workspaces the user has".to_owned();
    Need::Refused(Reason::Unreadable, why)
}

/// What leads from `shown` to `wanted` one workspace at a time: whatever is to go goes first.
fn one_by_one(shown: &[String], wanted: &[String]) -> impl Iterator<Item = Operation> {
    let leave = shown.iter().filter(|id| !contains(wanted, id));
    let join = wanted.iter().filter(|id| !contains(shown, id));
    leave
        .cloned()
        .map(Operation::Leave)
        .chain(join.cloned().map(Operation::Join))
}

/// Ids are compared without case, as Anaplan does.
pub(super) fn contains(ids: &[String], id: &str) -> bool {
    ids.iter().any(|known| known.eq_ignore_ascii_case(id))
}

/// Whether each single id is in `shown` as in one of the others, at least.
fn is_between(shown: &[String], a: &[String], b: &[String]) -> bool {
    let known = |id: &String| contains(a, id) || contains(b, id);
    let in_both = |id: &&String| contains(b, id);
    shown.iter().all(known) && a.iter().filter(in_both).all(|id| contains(shown, id))
}

pub(super) fn is_same_set(a: &[String], b: &[String]) -> bool {
    a.iter().all(|id| contains(b, id)) && b.iter().all(|id| contains(a, id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Access, Change};

    const MOST: Means = Means {
        most_workspaces: 3,
        ..Means::ALL_AT_ONCE
    };

    fn ids(ids: &[&str]) -> Vec<String> {
        ids.iter().map(ToString::to_string).collect()
    }

    fn state(active: impl Into<Option<bool>>, workspaces: &[&str]) -> UserState {
        UserState {
            active: active.into(),
            workspaces: Some(ids(workspaces)),
            ..UserState::of("u1")
        }
    }

    fn goal(disable: bool, access: Access) -> Goal {
        Change::new(disable, access).unwrap().goal().unwrap()
    }

    fn restore(active: bool, workspaces: &[&str], from: &UserState) -> Goal {
        Goal {
            active: Some(active),
            workspaces: Some(Membership::Exactly(ids(workspaces))),
            only_from: Some(Held {
                active: from.active,
                workspaces: from.workspaces.clone(),
            }),
            gone: false,
        }
    }

    #[test]
    fn the_smallest_request_is_found() {
        use Operation::{RemoveWorkspaces, SetActive, SetWorkspaces};
        let both = goal(true, Access::RemoveAll);
        let disable = goal(true, Access::Keep);
        let remove = goal(false, Access::RemoveAll);
        let from = goal(false, Access::RemoveFrom(ids(&["A", "z"])));
        let off = SetActive(false);
        for (goal, shown, expected) in [
            (
                &both,
                state(true, &["a"]),
                vec![RemoveWorkspaces, off.clone()],
            ),
            (&both, state(true, &[]), vec![off.clone()]),
            (&both, state(false, &["a"]), vec![RemoveWorkspaces]),
            (&both, state(None, &[]), vec![off.clone()]),
            (&disable, state(true, &["a"]), vec![off.clone()]),
            (&remove, state(true, &["a"]), vec![RemoveWorkspaces]),
            (&from, state(true, &["a"]), vec![RemoveWorkspaces]),
            (
                &from,
                state(true, &["b", "a", "c"]),
                vec![SetWorkspaces(ids(&["b", "c"]))],
            ),
        ] {
            assert_eq!(goal.need(&shown, MOST), Need::Write(expected), "{shown:?}");
            assert!(!goal.is_met_by(&shown));
        }
        for (goal, shown) in [
            (&both, state(false, &[])),
            (&disable, state(false, &["a"])),
            (&remove, state(true, &[])),
            (&from, state(None, &["b", "c", "d", "e"])),
        ] {
            assert_eq!(goal.need(&shown, MOST), Need::Nothing, "{shown:?}");
            assert!(goal.is_met_by(&shown));
        }
    }

    #[test]
    fn what_is_not_shown_is_not_taken_for_granted() {
        let silent = UserState {
            active: Some(false),
            ..UserState::of("u1")
        };
        assert!(goal(true, Access::Keep).is_met_by(&silent));
        let all = goal(false, Access::RemoveAll).need(&silent, MOST);
        assert_eq!(all, Need::Write(vec![Operation::RemoveWorkspaces]));
        let some = goal(false, Access::RemoveFrom(ids(&["a"]))).need(&silent, MOST);
        assert!(matches!(some, Need::Refused(Reason::Unreadable, _)));
    }

    #[test]
    fn more_workspaces_than_fit_one_request_are_refused() {
        let from = goal(true, Access::RemoveFrom(ids(&["a"])));
        let many = state(true, &["a", "b", "c", "d", "e"]);
        let Need::Refused(Reason::TooManyWorkspaces, why) = from.need(&many, MOST) else {
            panic!("four are to stay");
        };
        assert_eq!(why, "4 workspaces are to stay, and one request can name 3");
        assert!(matches!(
            from.need(&many, Means::ALL_AT_ONCE),
            Need::Write(_)
        ));
        // To take all of them names none.
        let all = goal(false, Access::RemoveAll).need(&many, MOST);
        assert_eq!(all, Need::Write(vec![Operation::RemoveWorkspaces]));
    }

    #[test]
    fn p11_only_what_nobody_else_has_changed_is_given_back() {
        use Operation::{SetActive, SetWorkspaces};
        let taken = state(false, &[]);
        let goal = restore(true, &["a", "b"], &taken);
        let give = SetWorkspaces(ids(&["a", "b"]));
        let on = SetActive(true);
        for (shown, expected) in [
            (
                state(false, &[]),
                Need::Write(vec![give.clone(), on.clone()]),
            ),
            // One half is done already.
            (state(false, &["B", "a"]), Need::Write(vec![on])),
            (state(true, &[]), Need::Write(vec![give])),
            (state(true, &["b", "a"]), Need::Nothing),
        ] {
            assert_eq!(goal.need(&shown, MOST), expected, "{shown:?}");
        }
        // Somebody gave them another workspace meanwhile.
        for shown in [state(false, &["c"]), state(true, &["a"])] {
            let need = goal.need(&shown, MOST);
            assert!(
                matches!(need, Need::Refused(Reason::Changed, _)),
                "{need:?}"
            );
        }
        assert!(goal.needs_fresh_look());
    }

    #[test]
    fn memberships_are_left_and_joined_one_by_one() {
        use Operation::{Join, Leave, SetActive};
        let means = Means {
            each_by_itself: true,
            ..MOST
        };
        let leave = |id: &str| Leave(id.to_owned());
        let both = goal(true, Access::RemoveAll);
        let shown = state(true, &["a", "b", "c", "d"]);
        let every = ["a", "b", "c", "d"].map(leave);
        let expected = every.into_iter().chain([SetActive(false)]).collect();
        assert_eq!(both.need(&shown, means), Need::Write(expected));

        let some = goal(false, Access::RemoveFrom(ids(&["B", "z"])));
        assert_eq!(some.need(&shown, means), Need::Write(vec![leave("b")]));

        let back = restore(false, &["a", "b"], &state(false, &["c"]));
        let expected = vec![leave("c"), Join("a".to_owned()), Join("b".to_owned())];
        assert_eq!(
            back.need(&state(false, &["c"]), means),
            Need::Write(expected)
        );
        // Half of it is given back: what is left goes on, but nothing that is somebody else's work.
        let back = restore(false, &["a", "b"], &state(false, &[]));
        let need = back.need(&state(false, &["a"]), means);
        assert_eq!(need, Need::Write(vec![Join("b".to_owned())]));
        let need = back.need(&state(false, &["a", "z"]), means);
        assert!(matches!(need, Need::Refused(Reason::Changed, _)));
        let need = back.need(&state(false, &["a"]), MOST);
        assert!(matches!(need, Need::Refused(Reason::Changed, _)));
        let kept = restore(false, &["a", "b"], &state(false, &["b"]));
        let need = kept.need(&state(false, &["a"]), means);
        assert!(matches!(need, Need::Refused(Reason::Changed, _)), "b went");
        // What would have to be left is not known.
        let silent = UserState {
            active: Some(true),
            ..UserState::of("u1")
        };
        let need = both.need(&silent, means);
        assert!(matches!(need, Need::Refused(Reason::Unreadable, _)));
    }

    #[test]
    fn whoever_is_shown_is_not_gone() {
        let gone = Change::delete().goal().unwrap();
        let shown = state(false, &[]);
        assert!(!gone.is_met_by(&shown));
        let delete = Need::Write(vec![Operation::Delete]);
        assert_eq!(gone.need(&shown, MOST), delete);
        // A goal of an older ledger knows nothing of it.
        let text = serde_json::to_string(&goal(true, Access::Keep)).unwrap();
        assert!(!text.contains("gone"), "{text}");
        let read: Goal = serde_json::from_str(&text).unwrap();
        assert!(!read.gone);
    }
}
