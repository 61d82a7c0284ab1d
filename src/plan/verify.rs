//! Verifying: everybody whom a job saw to the wanted state is looked up again and compared.

use std::collections::HashMap;

use crate::domain::{Clock, Entry, Goal, Line, Timestamp, UserId, UserState};
use crate::ledger::{Job, Ledger, NewRun};
use crate::lookup::{
    Absence, Ask, Found, Inquirer, Look, Outstanding, Position, Register, Sought, Wants, look_up,
};
use crate::plan::compare::compare;
use crate::plan::make::{PlanError, journal};
use crate::port::{Directory, JournalError};

/// Looks everybody up again, the cheapest way, and keeps for each what was found. `goal` is what
/// every user is to have, where a line does not say it.
pub async fn verify<D: Directory>(
    ledger: &mut Ledger,
    job: &Job,
    run: &NewRun,
    goal: Option<&Goal>,
    inquirer: &Inquirer<D>,
    on_progress: &mut dyn FnMut(Look),
) -> Result<Found, PlanError> {
    let mut sought = ToVerify {
        since: run.started_at,
        ledger,
        job,
        run,
        goal,
        goals: HashMap::new(),
    };
    let looking = look_up(inquirer, &mut sought, Ask::default(), on_progress);
    Ok(Box::pin(looking).await?)
}

/// The users of a job who are in the wanted state as far as is known.
struct ToVerify<'a> {
    ledger: &'a mut Ledger,
    job: &'a Job,
    run: &'a NewRun,
    goal: Option<&'a Goal>,
    /// What the users are to have who were handed out, where their lines say it.
    goals: HashMap<Line, Goal>,
    /// Whoever was looked at from then on is done.
    since: Timestamp,
}

impl ToVerify<'_> {
    fn entry(&self, line: Line, goal: Option<&Goal>, read: Result<UserState, Absence>) -> Entry {
        Entry {
            line,
            at: Clock::System.now().max(self.since),
            fact: compare(goal.or(self.goal), self.job.ids, read),
        }
    }
}

impl Register for ToVerify<'_> {
    fn wants(&self) -> Wants {
        Wants {
            access: self.goal.is_none_or(|goal| goal.workspaces.is_some()),
            workspaces: Vec::new(),
        }
    }

    async fn outstanding(&mut self) -> Result<Outstanding, JournalError> {
        let left = self.ledger.to_verify(self.job, Some(self.since)).await;
        Ok(Outstanding {
            by_id: left.map_err(journal)?,
            by_name: 0,
        })
    }

    async fn next(&mut self, after: Line, limit: usize) -> Result<Vec<Sought>, JournalError> {
        let next = self
            .ledger
            .next_to_verify(self.job, self.since, after, limit);
        let next = next.await.map_err(journal)?.into_iter();
        let sought = next.map(|(line, id, goal)| {
            self.goals.extend(goal.map(|goal| (line, goal)));
            Sought::Id(line, UserId::new(id))
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
        let matched = self.ledger.match_to_verify(self.job, self.since, &users);
        let matched = matched.await.map_err(journal)?;
        // Whoever is not shown with all that the goal is about is read alone.
        let is_shown = |goal: &Option<Goal>, nth: usize| {
            let goal = goal.as_ref().or(self.goal);
            goal.is_none_or(|goal| goal.is_shown_by(&users[nth]))
        };
        let entries: Vec<_> = matched
            .into_iter()
            .filter(|(_, goal, nth)| is_shown(goal, *nth))
            .map(|(line, goal, nth)| self.entry(line, goal.as_ref(), Ok(users[nth].clone())))
            .collect();
        let noted = self.ledger.note(self.job, self.run, &entries).await;
        noted.map_err(journal)
    }

    async fn seen(&mut self, sought: &Sought, state: UserState) -> Result<bool, JournalError> {
        let line = sought.line();
        let own = self.goals.get(&line);
        let goal = own.or(self.goal);
        if state.workspaces.is_none() && goal.is_some_and(|goal| goal.workspaces.is_some()) {
            return Ok(false);
        }
        let entry = self.entry(line, own, Ok(state));
        let noted = self.ledger.note(self.job, self.run, &[entry]).await;
        noted.map_err(journal)?;
        Ok(true)
    }

    async fn resolve(&mut self) -> Result<(), JournalError> {
        // Everybody was identified by the plan.
        Ok(())
    }

    async fn missing(&mut self, absent: Vec<(Sought, Absence)>) -> Result<(), JournalError> {
        // Without a state there is nothing to compare with a line's own goal: that of everybody says
        // whether users are to be gone.
        let entries: Vec<_> = absent
            .into_iter()
            .map(|(sought, absence)| self.entry(sought.line(), None, Err(absence)))
            .collect();
        let noted = self.ledger.note(self.job, self.run, &entries).await;
        noted.map_err(journal)
    }
}
