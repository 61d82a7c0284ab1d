//! Verifying: everybody whom a job saw to the wanted state is looked up again and compared.

use crate::domain::{Clock, Entry, Goal, Line, UserId, UserState};
use crate::ledger::{Job, Ledger, NewRun};
use crate::lookup::{
    Absence, Found, Inquirer, Look, Outstanding, Position, Register, Sought, look_up,
};
use crate::plan::compare::{after_undo, compare};
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
        ledger,
        job,
        run,
        goal,
    };
    Ok(look_up(inquirer, &mut sought, false, on_progress).await?)
}

/// The users of a job whose state is known, as far as the ledger goes. Whoever was looked at by this run
/// is done, whatever the clock says.
struct ToVerify<'a> {
    ledger: &'a mut Ledger,
    job: &'a Job,
    run: &'a NewRun,
    goal: Option<&'a Goal>,
}

impl ToVerify<'_> {
    fn entry(&self, line: Line, goal: Option<&Goal>, read: Result<UserState, Absence>) -> Entry {
        Entry {
            line,
            at: Clock::System.now(),
            fact: compare(goal.or(self.goal), self.job.ids, read),
        }
    }
}

impl Register for ToVerify<'_> {
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
        Ok(next
            .map(|(line, id)| Sought::Id(line, UserId::new(id)))
            .collect())
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
        let entries: Vec<_> = matched
            .into_iter()
            .map(|user| {
                let mut entry =
                    self.entry(user.line, user.goal.as_ref(), Ok(users[user.nth].clone()));
                if user.given_back {
                    entry.fact = after_undo(entry.fact);
                }
                entry
            })
            .collect();
        let noted = self.ledger.note(self.job, self.run, &entries).await;
        noted.map_err(journal)
    }

    async fn missing(&mut self, sought: &Sought, absence: Absence) -> Result<(), JournalError> {
        // Without a state there is nothing to compare with a line's own goal: that of everybody says
        // whether users are to be gone.
        let entry = self.entry(sought.line(), None, Err(absence));
        let noted = self.ledger.note(self.job, self.run, &[entry]).await;
        noted.map_err(journal)
    }
}
