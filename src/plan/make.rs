//! Making a plan: everybody looked up, decided, and fixed.

use serde::{Deserialize, Serialize};

use crate::domain::{
    ActiveUsers, Clock, Entry, Fact, Line, Outcome, RequestKind, Settlement, UserId, UserState,
    Verdict,
};
use crate::ledger::{Job, JobPlan, Ledger, LedgerError, NewRun};
use crate::lookup::{
    Absence, Found, Inquirer, Look, LookUpError, Outstanding, Position, Register, Sought, look_up,
};
use crate::plan::decide::Criteria;
use crate::plan::survey::{overview, settle};
use crate::port::{Directory, JournalError};

/// How the users of a plan were looked up, as the ledger keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookedUp {
    /// The way that was chosen.
    pub method: String,
    /// Requests that it took, sign-in not counted.
    pub requests: u64,
    /// All users of the tenant, if the provider told.
    pub total: Option<u64>,
    /// The active users of the tenant, if the provider told.
    pub active: Option<u64>,
    /// Users whom the plan writes and who are active.
    pub active_to_write: u64,
}

impl LookedUp {
    /// What a plan remembers.
    pub fn read(plan: &JobPlan) -> Self {
        // Whatever an older version has left out is not known.
        serde_json::from_str(&plan.looked_up).unwrap_or_default()
    }

    /// How many users of the tenant are active, as far as the look-up could tell.
    pub fn tenant_active(&self) -> ActiveUsers {
        self.active
            .map_or(ActiveUsers::Unknown, ActiveUsers::Exactly)
    }
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The users cannot be looked up.
    #[error(transparent)]
    LookUp(#[from] LookUpError),
    /// The ledger fails.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Looks up everybody who has not been, gives an outcome to everybody who is not to be written, and
/// fixes the plan. Without an inquirer nobody is looked up: each user is read right before the write.
///
/// Whatever is stored when the future is dropped is not looked up again.
pub async fn make<D: Directory>(
    ledger: &mut Ledger,
    job: &Job,
    run: &NewRun,
    inquirer: Option<&Inquirer<D>>,
    criteria: &Criteria,
    on_progress: &mut dyn FnMut(Look),
) -> Result<Job, PlanError> {
    let mut looked_up = LookedUp {
        method: "none".to_owned(),
        ..LookedUp::default()
    };
    if let Some(inquirer) = inquirer {
        let mut sought = SoughtInLedger { ledger, job, run };
        let found = look_up(inquirer, &mut sought, true, on_progress).await?;
        looked_up = LookedUp::of(&found);
    }
    ledger.mark_duplicates(job, run).await?;
    settle(ledger, job, run, criteria).await?;
    let overview = overview(ledger, job, criteria).await?;
    looked_up.active_to_write = overview.extent.active;
    // A job that was begun without a plan keeps the number that was confirmed.
    let to_write = if ledger.was_run(job).await? {
        job.users
    } else {
        overview.extent.to_write
    };
    let looked_up = serde_json::json!(looked_up);
    let job = ledger
        .finish_plan(job, run, &overview.digest, to_write, &looked_up)
        .await?;
    Ok(job)
}

/// Looks up the users of a planned job that are open and have to be looked up again, and gives an outcome to
/// those that are not to be written.
///
/// # Errors
/// The look-up fails, or the ledger. What was found is kept.
pub async fn look_again<D: Directory>(
    ledger: &mut Ledger,
    job: &Job,
    run: &NewRun,
    inquirer: &Inquirer<D>,
    criteria: &Criteria,
    on_progress: &mut dyn FnMut(Look),
) -> Result<(), PlanError> {
    let mut sought = SoughtInLedger { ledger, job, run };
    look_up(inquirer, &mut sought, false, on_progress).await?;
    ledger.mark_duplicates(job, run).await?;
    settle(ledger, job, run, criteria).await?;
    Ok(())
}

impl LookedUp {
    fn of(found: &Found) -> Self {
        Self {
            method: found.method.as_str().to_owned(),
            requests: found.requests,
            total: found.total,
            active: found.active,
            active_to_write: 0,
        }
    }
}

/// The users of a job whom nobody has looked up.
struct SoughtInLedger<'a> {
    ledger: &'a mut Ledger,
    job: &'a Job,
    run: &'a NewRun,
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` wants it")]
pub(super) fn journal(error: LedgerError) -> JournalError {
    JournalError(error.to_string())
}

impl Register for SoughtInLedger<'_> {
    async fn outstanding(&mut self) -> Result<Outstanding, JournalError> {
        let (by_id, by_name) = self.ledger.unseen_count(self.job).await.map_err(journal)?;
        Ok(Outstanding { by_id, by_name })
    }

    async fn next(&mut self, after: Line, limit: usize) -> Result<Vec<Sought>, JournalError> {
        let unseen = self.ledger.unseen(self.job, after, limit).await;
        let unseen = unseen.map_err(journal)?.into_iter();
        let sought = unseen.map(|user| match user.user_id {
            Some(id) => Sought::Id(user.line, UserId::new(id)),
            None => Sought::UserName(user.line, user.user_name.unwrap_or_default()),
        });
        Ok(sought.collect())
    }

    async fn position(&mut self) -> Result<Option<Position>, JournalError> {
        let stored = self.ledger.list_position(self.job).await.map_err(journal)?;
        // One that cannot be read any more costs a walk from the beginning, and nothing else.
        Ok(stored.and_then(|text| serde_json::from_str(&text).ok()))
    }

    async fn found(
        &mut self,
        users: Vec<UserState>,
        position: Option<Position>,
    ) -> Result<(), JournalError> {
        let position = position.map(|position| serde_json::json!(position).to_string());
        self.ledger
            .found(self.job, self.run, &users, position.as_deref())
            .await
            .map_err(journal)?;
        Ok(())
    }

    async fn missing(&mut self, sought: &Sought, absence: Absence) -> Result<(), JournalError> {
        let outcome = if absence.is_not_found() {
            Outcome::NotFound
        } else {
            Outcome::Failed(absence.reason)
        };
        let at = Clock::System.now();
        let entry = |fact| Entry {
            line: sought.line(),
            at,
            fact,
        };
        let read = absence.answer.map(|told| {
            entry(Fact::Ended {
                kind: RequestKind::Read,
                attempt: 0,
                verdict: Verdict::Refused(absence.reason),
                status: Some(told.status),
                request_id: told.request_id,
                detail: absence.words.clone(),
                elapsed: told.elapsed,
            })
        });
        let settled = entry(Fact::Settled(Settlement {
            outcome,
            after: None,
            detail: absence.words,
            decided_by: None,
        }));
        let entries: Vec<_> = read.into_iter().chain([settled]).collect();
        let noted = self.ledger.note(self.job, self.run, &entries).await;
        noted.map_err(journal)
    }
}
