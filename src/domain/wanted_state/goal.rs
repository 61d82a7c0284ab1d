//! The goal of one user: the state that the job wants, and the smallest list of operations that leads to
//! it from the state that was seen.

use serde::{Deserialize, Serialize};

use crate::domain::{Division, Effect, IdRule, Means, Operation, Reason, UserState};

/// The state that one user is to have after the job (SCIM calls it the desired state). An attribute that
/// is `None` is not changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// The wanted value of `active`: whether the user may sign in.
    pub active: Option<bool>,
    /// Which workspaces the user is to be a member of.
    pub workspaces: Option<Membership>,
    /// The state in which the user must be found, unless the goal is met already. A user in another state
    /// was changed by another administrator and is left alone. `None` if any state will do.
    pub only_from: Option<Held>,
    /// Whether each attribute by itself may be as in `only_from` or as wanted. True if the effect of the
    /// last write before this job was never seen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_parts: bool,
    /// Whether the user is to be deleted. This cannot be undone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
    /// Whether the state to give back is unknown, because the provider never showed it. Such a user is not
    /// written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_unknown: bool,
}

/// Which workspaces a user is to be a member of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Membership {
    /// The workspaces with these ids and no others.
    Exactly(Vec<String>),
    /// Not the workspaces with these ids; all others stay.
    Without(Vec<String>),
}

/// The state of a user at some time, as far as it was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The value of `active`; `None` if it was not shown.
    pub active: Option<bool>,
    /// The ids of the workspaces; `None` if they were not shown.
    pub workspaces: Option<Vec<String>>,
}

/// What a user needs in order to meet the goal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// Nothing: the goal is met.
    Nothing,
    /// These operations, in this order.
    Write(Vec<Operation>),
    /// The goal cannot be reached. The reason as a code, and in words.
    Refused(Reason, String),
}

impl Goal {
    /// Computes the operations that lead from `shown` to the goal, out of those that `means` allows.
    /// `effect` is what this job's own writes may have done already: if they may have taken effect in part,
    /// a state between the old and the wanted one does not mean that another administrator changed the user.
    ///
    /// Operations on workspaces come first. If only the first of several requests takes effect, the user
    /// is still active, and is not mistaken for a user that is done. Workspaces that are not shown are not
    /// written, since what is taken could then not be given back. `active` may be written unseen, since
    /// the same request is right for both values.
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
            Ok(Some(ids)) if means.division == Division::ByWorkspace => match &shown.workspaces {
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

    /// Whether `shown` meets the goal. An attribute that is not shown never meets it: a missing `active`
    /// is neither true nor false, and missing workspaces are not an empty list.
    pub fn is_met_by(&self, shown: &UserState, ids: IdRule) -> bool {
        if self.gone || self.is_unknown {
            return false;
        }
        let active = self
            .active
            .is_none_or(|active| shown.active == Some(active));
        active && self.has_workspaces(shown.workspaces.as_deref(), ids)
    }

    /// Whether `shown` shows every attribute that the goal is about. If it does not, the user is read alone
    /// before an outcome is decided.
    pub fn is_shown_by(&self, shown: &UserState) -> bool {
        (self.active.is_none() || shown.active.is_some())
            && (self.workspaces.is_none() || shown.workspaces.is_some())
    }

    /// Whether the goal may be met: every attribute that `shown` shows is as wanted, and at least one
    /// attribute of the goal is not shown.
    pub fn may_be_met_by(&self, shown: &UserState, ids: IdRule) -> bool {
        let active = match (self.active, shown.active) {
            (Some(wanted), Some(shown)) => wanted == shown,
            _ => true,
        };
        let workspaces = shown.workspaces.as_deref();
        let workspaces = workspaces.is_none() || self.has_workspaces(workspaces, ids);
        !self.gone && !self.is_shown_by(shown) && active && workspaces
    }

    /// Whether the write is computed from the user's present state, so that the user must be read right
    /// before it.
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

    /// The whole list of workspaces to send; `None` if the workspaces stay as they are.
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
            // Without the present list it is not known which workspaces stay and which are taken.
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
    /// first write the user must be exactly as in `only_from`. After it (`ours`), and if `in_parts` is set,
    /// each attribute may be as in `only_from` or as wanted. Where workspaces are joined one by one, that
    /// holds for each workspace.
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
                Some(Membership::Exactly(wanted)) if means.division == Division::ByWorkspace => {
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

/// The provider does not show the workspaces, which are needed to compute the write.
struct NotShown;

fn unreadable() -> Need {
    let why = "the provider does not say which workspaces the user has".to_owned();
    Need::Refused(Reason::Unreadable, why)
}

/// The operations from `shown` to `wanted`, one workspace each. Workspaces are left before others are
/// joined.
fn one_by_one(shown: &[String], wanted: &[String], ids: IdRule) -> impl Iterator<Item = Operation> {
    let (had, stays) = (ids.set(shown), ids.set(wanted));
    let leave = shown.iter().filter(move |id| !stays.contains(id));
    let join = wanted.iter().filter(move |id| !had.contains(id));
    leave
        .cloned()
        .map(Operation::Leave)
        .chain(join.cloned().map(Operation::Join))
}

/// Whether `shown` lies between `a` and `b`: each id in it is in one of them, and each id that is in both
/// is in it.
fn is_between(shown: &[String], a: &[String], b: &[String], ids: IdRule) -> bool {
    let (in_shown, in_a, in_b) = (ids.set(shown), ids.set(a), ids.set(b));
    let known = |id: &String| in_a.contains(id) || in_b.contains(id);
    let in_both = |id: &&String| in_b.contains(id);
    shown.iter().all(known) && a.iter().filter(in_both).all(|id| in_shown.contains(id))
}
