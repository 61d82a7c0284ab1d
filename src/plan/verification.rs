//! Verifies a job: looks up all users again that the job saw in the wanted state, and compares each with
//! its goal.

use std::collections::HashMap;

use crate::domain::{Clock, Entry, Goal, Line, UserId, UserState};
use crate::ledger::{Job, Ledger, NewRun};
use crate::lookup::{
    Absence, Inquirer, LookUpOptions, LookUpResult, LookUpStatus, Outstanding, Position, Register,
    Sought, Wants, look_up,
};
use crate::plan::comparison::{after_undo, compare};
use crate::plan::lookup_register::journal;
use crate::plan::planning::PlanError;
use crate::port::{Directory, JournalError};

/// Looks up the users again with the fewest requests, and records a finding for each. `goal` is the goal of
/// all users; a line may have a goal of its own instead.
pub(crate) async fn verify<D: Directory>(
    ledger: &mut Ledger,
    job: &Job,
    run: &NewRun,
    goal: Option<&Goal>,
    inquirer: &Inquirer<D>,
    on_progress: &mut dyn FnMut(LookUpStatus),
) -> Result<LookUpResult, PlanError> {
    let mut sought = SoughtAgain {
        ledger,
        job,
        run,
        goal,
        goals: HashMap::new(),
    };
    let looking = look_up(inquirer, &mut sought, LookUpOptions::default(), on_progress);
    Ok(Box::pin(looking).await?)
}

/// The users to verify, as the ledger has them. A user for whom this run has recorded a finding is done, even
/// if the clock was set back.
struct SoughtAgain<'a> {
    ledger: &'a mut Ledger,
    job: &'a Job,
    run: &'a NewRun,
    goal: Option<&'a Goal>,
    /// For each line that was handed out: its own goal, if it has one, and whether an undo has given back what
    /// was taken.
    goals: HashMap<Line, (Option<Goal>, bool)>,
}

impl SoughtAgain<'_> {
    fn entry(&self, line: Line, goal: Option<&Goal>, read: Result<UserState, Absence>) -> Entry {
        Entry {
            line,
            at: Clock::System.now(),
            fact: compare(goal.or(self.goal), self.job.ids, read),
        }
    }
}

impl Register for SoughtAgain<'_> {
    fn wants(&self) -> Wants {
        Wants {
            access: self.goal.is_none_or(|goal| goal.workspaces.is_some()),
            workspaces: Vec::new(),
            names: false,
        }
    }

    async fn lacking(&mut self, _users: &[UserState]) -> Result<Vec<usize>, JournalError> {
        // No decision needs names.
        Ok(Vec::new())
    }

    async fn outstanding(&mut self) -> Result<Outstanding, JournalError> {
        let left = self.ledger.to_verify(self.job, Some(self.run)).await;
        Ok(Outstanding {
            by_id: left.map_err(journal)?,
            by_name: 0,
        })
    }

    async fn next(&mut self, after: Line, limit: usize) -> Result<Vec<Sought>, JournalError> {
        let next = self.ledger.next_to_verify(self.job, self.run, after, limit);
        let next = next.await.map_err(journal)?.into_iter();
        let sought = next.map(|user| {
            self.goals.insert(user.line, (user.goal, user.given_back));
            Sought::Id(user.line, UserId::new(user.user_id))
        });
        Ok(sought.collect())
    }

    async fn position(&mut self) -> Result<Option<Position>, JournalError> {
        // An interrupted verification starts again, since what it saw is old by now.
        Ok(None)
    }

    async fn found(
        &mut self,
        users: Vec<UserState>,
        _position: Option<Position>,
    ) -> Result<(), JournalError> {
        let matched = self.ledger.match_to_verify(self.job, self.run, &users);
        let matched = matched.await.map_err(journal)?;
        // A user that is not shown with every attribute of the goal is read alone.
        let is_shown = |goal: &Option<Goal>, nth: usize| {
            let goal = goal.as_ref().or(self.goal);
            goal.is_none_or(|goal| goal.is_shown_by(&users[nth]))
        };
        let entries: Vec<_> = matched
            .into_iter()
            .filter(|user| is_shown(&user.goal, user.nth))
            .map(|user| {
                let state = users[user.nth].clone();
                let entry = self.entry(user.line, user.goal.as_ref(), Ok(state));
                worded(entry, user.given_back)
            })
            .collect();
        let noted = self.ledger.note(self.job, self.run, &entries).await;
        noted.map_err(journal)
    }

    async fn seen(&mut self, users: Vec<(Sought, UserState)>) -> Result<Vec<Sought>, JournalError> {
        let (mut entries, mut unshown) = (Vec::new(), Vec::new());
        for (sought, state) in users {
            let line = sought.line();
            let (own, given_back) = self.goals.get(&line).cloned().unwrap_or_default();
            let goal = own.as_ref().or(self.goal);
            if state.workspaces.is_none() && goal.is_some_and(|goal| goal.workspaces.is_some()) {
                unshown.push(sought);
            } else {
                let entry = self.entry(line, own.as_ref(), Ok(state));
                entries.push(worded(entry, given_back));
            }
        }
        let noted = self.ledger.note(self.job, self.run, &entries).await;
        noted.map_err(journal)?;
        Ok(unshown)
    }

    async fn resolve(&mut self) -> Result<(), JournalError> {
        // The plan has already found the id of each user.
        Ok(())
    }

    async fn missing(&mut self, absent: Vec<(Sought, Absence)>) -> Result<(), JournalError> {
        // Without a state there is nothing to compare with a line's own goal. The goal of all users says whether
        // they were to be deleted.
        let entries: Vec<_> = absent
            .into_iter()
            .map(|(sought, absence)| {
                let own = self.goals.get(&sought.line());
                let given_back = own.is_some_and(|(_, given_back)| *given_back);
                worded(self.entry(sought.line(), None, Err(absence)), given_back)
            })
            .collect();
        let noted = self.ledger.note(self.job, self.run, &entries).await;
        noted.map_err(journal)
    }
}

/// Adapts the words of a finding if an undo gave back what was taken from the user.
fn worded(entry: Entry, given_back: bool) -> Entry {
    if !given_back {
        return entry;
    }
    Entry {
        fact: after_undo(entry.fact),
        ..entry
    }
}
