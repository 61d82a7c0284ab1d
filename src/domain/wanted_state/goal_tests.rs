//! What a goal needs, as tables.

use crate::domain::{
    Access, Change, Division, Effect, Goal, Held, IdRule, Means, Membership, Need, Operation,
    Reason, UserState,
};

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
fn workspaces_that_are_not_shown_are_not_written() {
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
fn p2_a_goal_may_be_met_if_a_part_of_it_is_not_shown() {
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
    let Need::Refused(Reason::TooManyWorkspaces, why) = from.need(&many, MOST, Effect::None) else {
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
fn p11_a_user_that_another_administrator_changed_is_left_alone() {
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
        division: Division::ByWorkspace,
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
fn a_user_that_is_shown_is_not_deleted() {
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
