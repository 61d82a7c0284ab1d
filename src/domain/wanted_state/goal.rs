//! What one user is to have, and the smallest request that brings it about.

use serde::{Deserialize, Serialize};

use crate::domain::{Effect, IdRule, Means, Operation, Reason, UserState};

/// What one user is to have afterwards. What is `None` is not touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// Whether the user may sign in.
    pub active: Option<bool>,
    /// Which workspaces the user is a member of.
    pub workspaces: Option<Membership>,
    /// What the user must have had, or have already: a user that has something else was changed by
    /// another administrator, and is left alone.
    pub only_from: Option<Held>,
    /// Whether each attribute by itself may be as in `only_from` or as before it: the last write before
    /// was never seen to its end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_parts: bool,
    /// Whether the user is to be deleted, which cannot be taken back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
    /// Whether what the user had before a job is not known, so that it cannot be given back: the provider
    /// never showed it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_unknown: bool,
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
    /// What `shown` lacks, in operations that `means` has. `effect` is what this job's own writes may
    /// have done already: half of what is wanted is then no sign of another administrator.
    ///
    /// The workspaces come first: if only a part takes effect, a user who still has workspaces is
    /// seen to be active, not half done. Workspaces that are not shown are not written: what would be
    /// taken could not be given back. Whether the user is active may be written unseen, since the same
    /// request is right either way.
    pub fn need(&self, shown: &UserState, means: Means, effect: Effect) -> Need {
        if self.is_unknown {
            let why =
                format!("left alone: what this user had before the job was never shown; {shown}");
            return Need::Refused(Reason::Unreadable, why);
        }
        if self.is_met_by(shown, means.ids) {
            return Need::Nothing;
        }
        if self.was_changed(shown, means, effect != Effect::None) {
            let why =
                format!("left alone: another administrator has changed this user since; {shown}");
            return Need::Refused(Reason::Changed, why);
        }
        if self.gone {
            return Need::Write(vec![Operation::Delete]);
        }
        let most_workspaces = means.most_workspaces;
        let mut operations = Vec::with_capacity(2);
        match self.workspaces_of(shown, means.ids) {
            Ok(None) => {}
            Ok(Some(ids)) if means.each_by_itself => match &shown.workspaces {
                Some(shown) => operations.extend(one_by_one(shown, &ids, means.ids)),
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
    /// counts as disabled, nor as enabled; one that does not show workspaces never counts as without.
    pub fn is_met_by(&self, shown: &UserState, ids: IdRule) -> bool {
        if self.gone || self.is_unknown {
            return false;
        }
        let active = self
            .active
            .is_none_or(|active| shown.active == Some(active));
        active && self.has_workspaces(shown.workspaces.as_deref(), ids)
    }

    /// Whether `shown` shows every attribute that the goal is about. If not, the user is read alone
    /// before anything is settled by it.
    pub fn is_shown_by(&self, shown: &UserState) -> bool {
        (self.active.is_none() || shown.active.is_some())
            && (self.workspaces.is_none() || shown.workspaces.is_some())
    }

    /// Whether all that `shown` shows of what the goal is about is as wanted, and something is not shown.
    pub fn may_be_met_by(&self, shown: &UserState, ids: IdRule) -> bool {
        let active = match (self.active, shown.active) {
            (Some(wanted), Some(shown)) => wanted == shown,
            _ => true,
        };
        let workspaces = shown.workspaces.as_deref();
        let workspaces = workspaces.is_none() || self.has_workspaces(workspaces, ids);
        !self.gone && !self.is_shown_by(shown) && active && workspaces
    }

    /// Whether what is to be written follows from what the user has at that moment, so that an old
    /// look does not do.
    pub fn needs_fresh_look(&self) -> bool {
        self.only_from.is_some() || matches!(self.workspaces, Some(Membership::Without(_)))
    }

    fn has_workspaces(&self, shown: Option<&[String]>, ids: IdRule) -> bool {
        match (&self.workspaces, shown) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(Membership::Exactly(wanted)), Some(shown)) => ids.is_same_set(wanted, shown),
            (Some(Membership::Without(gone)), Some(shown)) => {
                let gone = ids.set(gone);
                !shown.iter().any(|id| gone.contains(id))
            }
        }
    }

    /// The whole list that is to be sent; `None` if the workspaces stay as they are.
    fn workspaces_of(
        &self,
        shown: &UserState,
        ids: IdRule,
    ) -> Result<Option<Vec<String>>, NotShown> {
        if self.has_workspaces(shown.workspaces.as_deref(), ids) {
            return Ok(None);
        }
        match (&self.workspaces, &shown.workspaces) {
            (None, _) => Ok(None),
            // Without the workspaces that the user has, what stays and what is taken is not known.
            (Some(_), None) => Err(NotShown),
            (Some(Membership::Exactly(wanted)), Some(_)) => Ok(Some(wanted.clone())),
            (Some(Membership::Without(gone)), Some(shown)) => {
                let gone = ids.set(gone);
                let stay = shown.iter().filter(|id| !gone.contains(id));
                Ok(Some(stay.cloned().collect()))
            }
        }
    }

    /// Whether another administrator has changed the user since `only_from` was seen. Before this job's
    /// first write the user must be exactly as it was left. After it (`ours`), and where the last write
    /// before was never seen to its end, each attribute may be as it was left or as it is to be; where
    /// workspaces are joined one by one, each of them.
    fn was_changed(&self, shown: &UserState, means: Means, ours: bool) -> bool {
        let Some(held) = &self.only_from else {
            return false;
        };
        if !ours && !self.in_parts {
            let active =
                self.active.is_some() && shown.active.is_some() && shown.active != held.active;
            let workspaces = match (&shown.workspaces, &held.workspaces) {
                (Some(shown), Some(held)) if self.workspaces.is_some() => {
                    !means.ids.is_same_set(shown, held)
                }
                _ => false,
            };
            return active || workspaces;
        }
        let active = self.active.is_some_and(|wanted| {
            shown.active.is_some() && shown.active != Some(wanted) && shown.active != held.active
        });
        let workspaces = match (&shown.workspaces, &held.workspaces) {
            (Some(shown), Some(held)) => match &self.workspaces {
                Some(Membership::Exactly(wanted)) if means.each_by_itself => {
                    !is_between(shown, held, wanted, means.ids)
                }
                _ => {
                    !self.has_workspaces(Some(shown), means.ids)
                        && !means.ids.is_same_set(shown, held)
                }
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
fn one_by_one(shown: &[String], wanted: &[String], ids: IdRule) -> impl Iterator<Item = Operation> {
    let (had, stays) = (ids.set(shown), ids.set(wanted));
    let leave = shown.iter().filter(move |id| !stays.contains(id));
    let join = wanted.iter().filter(move |id| !had.contains(id));
    leave
        .cloned()
        .map(Operation::Leave)
        .chain(join.cloned().map(Operation::Join))
}

/// Whether each single id is in `shown` as in one of the others, at least.
fn is_between(shown: &[String], a: &[String], b: &[String], ids: IdRule) -> bool {
    let (in_shown, in_a, in_b) = (ids.set(shown), ids.set(a), ids.set(b));
    let known = |id: &String| in_a.contains(id) || in_b.contains(id);
    let in_both = |id: &&String| in_b.contains(id);
    shown.iter().all(known) && a.iter().filter(in_both).all(|id| in_shown.contains(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Access, Change};

    const RULE: IdRule = IdRule::IgnoreCase;

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
            in_parts: false,
            gone: false,
            is_unknown: false,
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
            assert_eq!(
                goal.need(&shown, MOST, Effect::None),
                Need::Write(expected),
                "{shown:?}"
            );
            assert!(!goal.is_met_by(&shown, RULE));
        }
        for (goal, shown) in [
            (&both, state(false, &[])),
            (&disable, state(false, &["a"])),
            (&remove, state(true, &[])),
            (&from, state(None, &["b", "c", "d", "e"])),
        ] {
            assert_eq!(
                goal.need(&shown, MOST, Effect::None),
                Need::Nothing,
                "{shown:?}"
            );
            assert!(goal.is_met_by(&shown, RULE));
        }
    }

    #[test]
    fn what_is_not_shown_is_not_taken_for_granted() {
        let silent = UserState {
            active: Some(false),
            ..UserState::of("u1")
        };
        assert!(goal(true, Access::Keep).is_met_by(&silent, RULE));
        assert!(!goal(false, Access::RemoveAll).is_met_by(&silent, RULE));
        let all = goal(false, Access::RemoveAll).need(&silent, MOST, Effect::None);
        assert!(matches!(all, Need::Refused(Reason::Unreadable, _)));
        let some = goal(false, Access::RemoveFrom(ids(&["a"]))).need(&silent, MOST, Effect::None);
        assert!(matches!(some, Need::Refused(Reason::Unreadable, _)));
    }

    #[test]
    fn p2_what_is_shown_may_be_right_though_not_all_is_shown() {
        let both = goal(true, Access::RemoveAll);
        let shown = |active: Option<bool>, workspaces: Option<&[&str]>| UserState {
            active,
            workspaces: workspaces.map(ids),
            ..UserState::of("u1")
        };
        for (shown, whole, may_be) in [
            (shown(Some(false), Some(&[])), true, false),
            (shown(None, Some(&[])), false, true),
            (shown(Some(false), None), false, true),
            (shown(None, None), false, true),
            (shown(Some(true), None), false, false),
            (shown(None, Some(&["w"])), false, false),
        ] {
            assert_eq!(both.is_shown_by(&shown), whole, "{shown:?}");
            assert_eq!(both.may_be_met_by(&shown, RULE), may_be, "{shown:?}");
        }
        let disable = goal(true, Access::Keep);
        assert!(disable.is_shown_by(&shown(Some(true), None)));
    }

    #[test]
    fn p7_workspaces_compare_as_the_provider_does() {
        let from = goal(false, Access::RemoveFrom(ids(&["W1"])));
        let shown = state(true, &["w1", "W1", "w2"]);
        let exact = Means {
            ids: IdRule::Exact,
            ..Means::ALL_AT_ONCE
        };
        let stay = |stay: &[&str]| Need::Write(vec![Operation::SetWorkspaces(ids(stay))]);
        assert_eq!(from.need(&shown, exact, Effect::None), stay(&["w1", "w2"]));
        let folded = from.need(&shown, Means::ALL_AT_ONCE, Effect::None);
        assert_eq!(folded, stay(&["w2"]));
    }

    #[test]
    fn more_workspaces_than_fit_one_request_are_refused() {
        let from = goal(true, Access::RemoveFrom(ids(&["a"])));
        let many = state(true, &["a", "b", "c", "d", "e"]);
        let Need::Refused(Reason::TooManyWorkspaces, why) = from.need(&many, MOST, Effect::None)
        else {
            panic!("four are to stay");
        };
        assert_eq!(why, "4 workspaces are to stay, and one request can name 3");
        assert!(matches!(
            from.need(&many, Means::ALL_AT_ONCE, Effect::None),
            Need::Write(_)
        ));
        // To take all of them names none.
        let all = goal(false, Access::RemoveAll).need(&many, MOST, Effect::None);
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
            (state(true, &["b", "a"]), Need::Nothing),
        ] {
            assert_eq!(goal.need(&shown, MOST, Effect::None), expected, "{shown:?}");
        }
        let is_left = |goal: &Goal, shown: &UserState, effect| {
            let need = goal.need(shown, MOST, effect);
            matches!(need, Need::Refused(Reason::Changed, _))
        };
        // One half is as it was: that is this job's own doing, or another administrator's decision.
        let unsure = Goal {
            in_parts: true,
            ..goal.clone()
        };
        for (shown, expected) in [
            (state(false, &["B", "a"]), vec![on]),
            (state(true, &[]), vec![give]),
        ] {
            for effect in [Effect::Maybe, Effect::Part] {
                let need = goal.need(&shown, MOST, effect);
                assert_eq!(need, Need::Write(expected.clone()), "{shown:?}");
            }
            let need = unsure.need(&shown, MOST, Effect::None);
            assert_eq!(need, Need::Write(expected), "{shown:?}");
            assert!(is_left(&goal, &shown, Effect::None), "{shown:?}");
        }
        // Another administrator gave them another workspace meanwhile.
        for shown in [state(false, &["c"]), state(true, &["a"])] {
            for effect in [Effect::None, Effect::Part] {
                assert!(is_left(&goal, &shown, effect), "{shown:?}");
            }
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
        assert_eq!(
            both.need(&shown, means, Effect::None),
            Need::Write(expected)
        );

        let some = goal(false, Access::RemoveFrom(ids(&["B", "z"])));
        assert_eq!(
            some.need(&shown, means, Effect::None),
            Need::Write(vec![leave("b")])
        );

        let back = restore(false, &["a", "b"], &state(false, &["c"]));
        let expected = vec![leave("c"), Join("a".to_owned()), Join("b".to_owned())];
        assert_eq!(
            back.need(&state(false, &["c"]), means, Effect::None),
            Need::Write(expected)
        );
        // Half of it is given back: what is left follows, but nothing that another administrator did.
        let back = restore(false, &["a", "b"], &state(false, &[]));
        let need = back.need(&state(false, &["a"]), means, Effect::Part);
        assert_eq!(need, Need::Write(vec![Join("b".to_owned())]));
        let need = back.need(&state(false, &["a"]), means, Effect::None);
        assert!(matches!(need, Need::Refused(Reason::Changed, _)));
        let need = back.need(&state(false, &["a", "z"]), means, Effect::Part);
        assert!(matches!(need, Need::Refused(Reason::Changed, _)));
        let need = back.need(&state(false, &["a"]), MOST, Effect::None);
        assert!(matches!(need, Need::Refused(Reason::Changed, _)));
        let kept = restore(false, &["a", "b"], &state(false, &["b"]));
        let need = kept.need(&state(false, &["a"]), means, Effect::Part);
        assert!(matches!(need, Need::Refused(Reason::Changed, _)), "b went");
        // What would have to be left is not known.
        let silent = UserState {
            active: Some(true),
            ..UserState::of("u1")
        };
        let need = both.need(&silent, means, Effect::None);
        assert!(matches!(need, Need::Refused(Reason::Unreadable, _)));
    }

    #[test]
    fn whoever_is_shown_is_not_gone() {
        let gone = Change::delete().goal().unwrap();
        let shown = state(false, &[]);
        assert!(!gone.is_met_by(&shown, RULE));
        let delete = Need::Write(vec![Operation::Delete]);
        assert_eq!(gone.need(&shown, MOST, Effect::None), delete);
        // A goal of an older ledger knows nothing of it.
        let text = serde_json::to_string(&goal(true, Access::Keep)).unwrap();
        assert!(!text.contains("gone"), "{text}");
        let read: Goal = serde_json::from_str(&text).unwrap();
        assert!(!read.gone);
    }
}
