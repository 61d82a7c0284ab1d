//! Verifying: all users that a job saw in the wanted state are looked up again and compared.

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

/// Looks up these users again, the cheapest way, and records for each what was found. `goal` is what
/// every user is to have, where a line does not say it.
pub async fn verify<D: Directory>(
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

/// The users of a job whose state is known, as far as the ledger goes. A user that this run has looked
/// at is done, whatever the clock says.
struct SoughtAgain<'a> {
    ledger: &'a mut Ledger,
    job: &'a Job,
    run: &'a NewRun,
    goal: Option<&'a Goal>,
    /// What the users are to have who were handed out, where their lines say it, and whether an undo has
    /// given that back.
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
        // Nothing is decided by names.
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
        // What was seen in an interrupted verification is old by now.
        Ok(None)
    }

    async fn found(
        &mut self,
        users: Vec<UserState>,
        _position: Option<Position>,
    ) -> Result<(), JournalError> {
        let matched = self.ledger.match_to_verify(self.job, self.run, &users);
        let matched = matched.await.map_err(journal)?;
        // A user that is not shown with all that the goal is about is read alone.
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
                told(entry, user.given_back)
            })
            .collect();
        let noted = self.ledger.note(self.job, self.run, &entries).await;
        noted.map_err(journal)
    }

    async fn seen(&mut self, sought: &Sought, state: UserState) -> Result<bool, JournalError> {
        let line = sought.line();
        let (own, given_back) = self.goals.get(&line).cloned().unwrap_or_default();
        let goal = own.as_ref().or(self.goal);
        if state.workspaces.is_none() && goal.is_some_and(|goal| goal.workspaces.is_some()) {
            return Ok(false);
        }
        let entry = told(self.entry(line, own.as_ref(), Ok(state)), given_back);
        let noted = self.ledger.note(self.job, self.run, &[entry]).await;
        noted.map_err(journal)?;
        Ok(true)
    }

    async fn resolve(&mut self) -> Result<(), JournalError> {
        // The plan has identified all users.
        Ok(())
    }

    async fn missing(&mut self, absent: Vec<(Sought, Absence)>) -> Result<(), JournalError> {
        // Without a state there is nothing to compare with a line's own goal. The goal of all users says
        // whether they are to be gone.
        let entries: Vec<_> = absent
            .into_iter()
            .map(|(sought, absence)| {
                let own = self.goals.get(&sought.line());
                let given_back = own.is_some_and(|(_, given_back)| *given_back);
                told(self.entry(sought.line(), None, Err(absence)), given_back)
            })
            .collect();
        let noted = self.ledger.note(self.job, self.run, &entries).await;
        noted.map_err(journal)
    }
}

/// What was found, with the words for a user to whom an undo gave the access back.
fn told(entry: Entry, given_back: bool) -> Entry {
    if !given_back {
        return entry;
    }
    Entry {
        fact: after_undo(entry.fact),
        ..entry
    }
}
