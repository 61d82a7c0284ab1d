//! Decides for each line of a plan whether its user is written, and with which operations. A pure rule from
//! one stored line to one decision.

use crate::domain::{
    Barred, Door, Effect, Goal, Means, Need, Operation, Outcome, Settlement, Status,
};
use crate::ledger::PlanLine;

/// What the decisions for all lines of a plan depend on.
#[derive(Debug, Clone)]
pub(crate) struct Criteria {
    /// The goal of all users; `None` if each line has a goal of its own.
    pub goal: Option<Goal>,
    /// What one write can do at this provider.
    pub means: Means,
    /// The check whether a user may be written.
    pub door: Door,
}

/// The decision for one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LineDecision {
    /// The line has its outcome already.
    Settled,
    /// The user gets this outcome without a write.
    Settle(Settlement),
    /// The user is written with these operations. The list is empty if the user must be read first.
    Write(Vec<Operation>),
}

impl Criteria {
    /// Decides one line.
    pub(super) fn decide(&self, row: &PlanLine) -> LineDecision {
        if row.status != Status::Pending {
            return LineDecision::Settled;
        }
        // A write may have changed the user. The engine reads the user again and checks then.
        if row.effect != Effect::None {
            return LineDecision::Write(Vec::new());
        }
        // A user that was not looked up yet has no name to compare. The engine checks once the name is known.
        let barred = match &row.before {
            None => self.door.is_protected(row.user_id.as_deref(), &row.known),
            Some(_) => self.door.may_write(row.user_id.as_deref(), &row.known),
        };
        // A list may have left out the names that decide. The engine reads the user alone.
        if barred == Err(Barred::Unread) {
            return LineDecision::Write(Vec::new());
        }
        if let Err(barred) = barred {
            return LineDecision::Settle(settle_barred(row, &barred));
        }
        let (Some(seen), Some(goal)) = (&row.before, row.goal.as_ref().or(self.goal.as_ref()))
        else {
            return LineDecision::Write(Vec::new());
        };
        let settle = |outcome, detail| {
            LineDecision::Settle(Settlement {
                outcome,
                after: Some(seen.state.clone()),
                detail,
                decided_by: None,
            })
        };
        match goal.need(&seen.state, self.means, row.effect) {
            Need::Nothing => settle(Outcome::Already, None),
            Need::Refused(reason, why) => settle(Outcome::Failed(reason), Some(why)),
            Need::Write(operations) => LineDecision::Write(operations),
        }
    }

    /// The operations for a user that is still to be written; `None` for all other users. Whether the user
    /// is protected is not checked here.
    pub(crate) fn operations(&self, row: &PlanLine) -> Option<Vec<Operation>> {
        if row.status != Status::Pending {
            return None;
        }
        let goal = row.goal.as_ref().or(self.goal.as_ref());
        let (Some(seen), Some(goal)) = (&row.before, goal) else {
            return Some(Vec::new());
        };
        match goal.need(&seen.state, self.means, row.effect) {
            Need::Write(operations) => Some(operations),
            Need::Nothing | Need::Refused(..) => Some(Vec::new()),
        }
    }
}

/// The outcome of a user that may not be written.
fn settle_barred(row: &PlanLine, barred: &Barred) -> Settlement {
    Settlement {
        outcome: barred.outcome(),
        after: row.before.clone().map(|seen| seen.state),
        detail: Some(barred.to_string()),
        decided_by: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Access, Actor, Change, IdRule, KnownNames, Line, ProtectList, Reason, Seen, Timestamp,
        UserState,
    };

    fn row(active: bool, workspaces: &[&str]) -> PlanLine {
        PlanLine {
            line: Line(2),
            user_id: Some("u1".to_owned()),
            status: Status::Pending,
            goal: None,
            effect: Effect::None,
            known: KnownNames {
                user_name: Some("ada@example.com".to_owned()),
                addresses: Some(Vec::new()),
                cells: vec!["u1".to_owned(), "Lovelace".to_owned()],
                ..KnownNames::default()
            },
            before: Some(Seen {
                state: UserState {
                    active: Some(active),
                    workspaces: Some(workspaces.iter().map(ToString::to_string).collect()),
                    ..UserState::of("u1")
                },
                at: Timestamp::from_millis(0),
            }),
        }
    }

    fn criteria() -> Criteria {
        Criteria {
            goal: Change::new(true, Access::RemoveAll).unwrap().goal(),
            means: Means::ALL_AT_ONCE,
            door: Door {
                ids: IdRule::IgnoreCase,
                ..Door::default()
            },
        }
    }

    fn outcome(criteria: &Criteria, row: &PlanLine) -> Option<Outcome> {
        match criteria.decide(row) {
            LineDecision::Settle(settlement) => Some(settlement.outcome),
            LineDecision::Settled | LineDecision::Write(_) => None,
        }
    }

    #[test]
    fn a_user_that_needs_nothing_is_not_written() {
        let criteria = criteria();
        let gone = row(false, &[]);
        assert_eq!(outcome(&criteria, &gone), Some(Outcome::Already));
        let write = criteria.decide(&row(true, &[]));
        assert_eq!(
            write,
            LineDecision::Write(vec![Operation::SetActive(false)])
        );
        let unseen = PlanLine {
            before: None,
            ..row(true, &[])
        };
        assert_eq!(criteria.decide(&unseen), LineDecision::Write(Vec::new()));
        let settled = PlanLine {
            status: Status::NotFound,
            ..row(true, &[])
        };
        assert_eq!(criteria.decide(&settled), LineDecision::Settled);
    }

    #[test]
    fn p7_a_protected_user_is_settled_before_its_goal_is_considered() {
        let list = Criteria {
            door: Door {
                protected: ProtectList::new(["lovelace"]),
                ..criteria().door
            },
            ..criteria()
        };
        let by_list = Some(Outcome::Protected(Reason::ProtectList));
        let by_self = Some(Outcome::Protected(Reason::ActingAccount));
        for row in [row(true, &["w"]), row(false, &[])] {
            assert_eq!(outcome(&list, &row), by_list);
        }
        for (ids, names) in [(vec!["U1"], vec![]), (vec![], vec!["ADA@example.com"])] {
            let texts = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
            let actor = Actor {
                ids: texts(ids),
                names: texts(names),
            };
            let door = Door {
                actor,
                ..criteria().door
            };
            let criteria = Criteria { door, ..criteria() };
            assert_eq!(outcome(&criteria, &row(true, &["w"])), by_self);
        }
    }

    #[test]
    fn p7_a_user_whose_names_were_not_all_shown_is_left_to_the_engine() {
        let mut criteria = criteria();
        criteria.door.protected = ProtectList::new(["ceo@example.com"]);
        let mut row = row(true, &["w"]);
        row.known.addresses = None;
        assert_eq!(criteria.decide(&row), LineDecision::Write(Vec::new()));
        row.known.addresses = Some(vec!["ceo@example.com".to_owned()]);
        let protected = Some(Outcome::Protected(Reason::ProtectList));
        assert_eq!(outcome(&criteria, &row), protected);
        row.known.addresses = Some(Vec::new());
        row.known.user_name = None;
        let unreadable = Some(Outcome::Failed(Reason::Unreadable));
        assert_eq!(outcome(&criteria, &row), unreadable);
    }

    #[test]
    fn p7_a_user_that_a_write_may_have_changed_is_left_to_the_engine() {
        let mut criteria = criteria();
        criteria.door.protected = ProtectList::new(["u1"]);
        let mut row = row(true, &["a"]);
        assert!(outcome(&criteria, &row).is_some());
        // The state from before the job is not the present one.
        for effect in [Effect::Maybe, Effect::Part] {
            row.effect = effect;
            assert_eq!(outcome(&criteria, &row), None);
        }
    }
}
