//! What the plan means for each line: who is protected, who needs nothing, who is written and how.
//! A pure rule from one stored line to one decision.

use crate::domain::{Goal, Means, Need, Operation, Outcome, Reason, Settlement, Status};
use crate::ledger::PlanRow;
use crate::plan::protect::{Actor, ProtectList};

/// What there is to know for all lines of a plan.
#[derive(Debug, Clone)]
pub struct Criteria {
    /// What every user is to have; `None` where each line says it.
    pub goal: Option<Goal>,
    /// What one write can do.
    pub means: Means,
    /// Who is never touched.
    pub protected: ProtectList,
    /// The account that signs in.
    pub actor: Actor,
}

/// What the plan means for one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The line has its outcome already.
    Settled,
    /// The user has an outcome without a write.
    Settle(Settlement),
    /// The user is written so; nothing is listed where nobody has looked yet.
    Write(Vec<Operation>),
}

impl Criteria {
    /// The decision for one line.
    pub fn decide(&self, row: &PlanRow) -> Decision {
        if row.status != Status::Pending {
            return Decision::Settled;
        }
        if let Some(settlement) = self.protection(row) {
            return Decision::Settle(settlement);
        }
        let (Some(seen), Some(goal)) = (&row.before, row.goal.as_ref().or(self.goal.as_ref()))
        else {
            return Decision::Write(Vec::new());
        };
        let settle = |outcome, detail| {
            Decision::Settle(Settlement {
                outcome,
                after: Some(seen.state.clone()),
                detail,
            })
        };
        match goal.need(&seen.state, self.means) {
            Need::Nothing => settle(Outcome::Already, None),
            Need::Refused(reason, why) => settle(Outcome::Failed(reason), Some(why)),
            Need::Write(operations) => Decision::Write(operations),
        }
    }

    /// What the plan does for whoever is still to be written; `None` for all others. Who is protected
    /// is not asked again.
    pub fn operations(&self, row: &PlanRow) -> Option<Vec<Operation>> {
        if row.status != Status::Pending {
            return None;
        }
        let goal = row.goal.as_ref().or(self.goal.as_ref());
        let (Some(seen), Some(goal)) = (&row.before, goal) else {
            return Some(Vec::new());
        };
        match goal.need(&seen.state, self.means) {
            Need::Write(operations) => Some(operations),
            Need::Nothing | Need::Refused(..) => Some(Vec::new()),
        }
    }

    /// Why a user may not be touched, if so.
    pub fn protection(&self, row: &PlanRow) -> Option<Settlement> {
        let id = row.user_id.as_deref();
        let (reason, detail) = if self.actor.is(id, names(row)) {
            let why = "this is the account that signs in".to_owned();
            (Reason::ActingAccount, why)
        } else {
            let pattern = self.protected.covers(id, names(row))?;
            (Reason::ProtectList, format!("protected by `{pattern}`"))
        };
        Some(Settlement {
            outcome: Outcome::Protected(reason),
            after: row.before.clone().map(|seen| seen.state),
            detail: Some(detail),
        })
    }
}

/// All that a user may be called by: the provider's name, and whatever the roster says.
fn names(row: &PlanRow) -> impl Iterator<Item = &str> {
    let cells = row.cells.iter().map(|cell| cell.trim());
    let name = row.user_name.as_deref();
    name.into_iter()
        .chain(cells.filter(|cell| !cell.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Access, Change, Line, Seen, Timestamp, UserState};

    fn row(active: bool, workspaces: &[&str]) -> PlanRow {
        PlanRow {
            line: Line(2),
            user_id: Some("u1".to_owned()),
            user_name: Some("ada@example.com".to_owned()),
            status: Status::Pending,
            reason: None,
            detail: None,
            before: Some(Seen {
                state: UserState {
                    active: Some(active),
                    workspaces: Some(workspaces.iter().map(ToString::to_string).collect()),
                    ..UserState::of("u1")
                },
                at: Timestamp::from_millis(0),
            }),
            goal: None,
            cells: vec!["u1".to_owned(), "Lovelace".to_owned()],
        }
    }

    fn criteria() -> Criteria {
        Criteria {
            goal: Change::new(true, Access::RemoveAll).unwrap().goal(),
            means: Means::ALL_AT_ONCE,
            protected: ProtectList::default(),
            actor: Actor::default(),
        }
    }

    fn outcome(criteria: &Criteria, row: &PlanRow) -> Option<Outcome> {
        match criteria.decide(row) {
            Decision::Settle(settlement) => Some(settlement.outcome),
            Decision::Settled | Decision::Write(_) => None,
        }
    }

    #[test]
    fn whoever_needs_nothing_is_not_written() {
        let criteria = criteria();
        let gone = row(false, &[]);
        assert_eq!(outcome(&criteria, &gone), Some(Outcome::Already));
        let write = criteria.decide(&row(true, &[]));
        assert_eq!(write, Decision::Write(vec![Operation::SetActive(false)]));
        let unseen = PlanRow {
            before: None,
            ..row(true, &[])
        };
        assert_eq!(criteria.decide(&unseen), Decision::Write(Vec::new()));
        let settled = PlanRow {
            status: Status::NotFound,
            ..row(true, &[])
        };
        assert_eq!(criteria.decide(&settled), Decision::Settled);
    }

    #[test]
    fn p7_the_protected_are_not_even_weighed() {
        let list = Criteria {
            protected: ProtectList::new(["lovelace"]),
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
            let criteria = Criteria {
                actor,
                ..criteria()
            };
            assert_eq!(outcome(&criteria, &row(true, &["w"])), by_self);
        }
    }
}
