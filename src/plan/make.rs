//! Making a plan: all users are looked up, each is decided, and the plan is fixed.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::{
    Access, ActiveUsers, Clock, Door, Entry, Fact, Line, Outcome, RequestKind, Settlement,
    Timestamp, UserId, UserState, Verdict,
};
use crate::ledger::{Job, JobPlan, Ledger, LedgerError, NewRun};
use crate::lookup::{
    Absence, Ask, Count, Found, Inquirer, Look, LookUpError, Outstanding, Position, Register,
    Sought, Wants, look_up,
};
use crate::plan::decide::Criteria;
use crate::plan::survey::{overview, settle};
use crate::port::{Directory, JournalError};

/// How the users of a plan were looked up, as the ledger keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookUpSummary {
    /// The way that was chosen.
    pub method: String,
    /// Requests that it took, sign-in not counted.
    pub requests: u64,
    /// All users of the tenant, if the provider reported the number.
    pub total: Option<u64>,
    /// The active users of the tenant, as far as is known; `None` if nothing is.
    pub active: Option<u64>,
    /// Whether there may be more active users than that.
    #[serde(default)]
    pub active_is_at_least: bool,
    /// Users whom the plan writes and who are active.
    pub active_to_write: u64,
    /// Whether the provider is known to have the attribute in which access is shown.
    #[serde(default)]
    pub access_shown: bool,
    /// Attributes in which users of the plan have access that the change does not take: the profile does
    /// not know them.
    #[serde(default)]
    pub kept_access: Vec<String>,
    /// The workspaces that the change names and that no user has who was shown.
    #[serde(default)]
    pub unseen_workspaces: Vec<String>,
}

/// How the users of a plan are looked up.
#[derive(Debug)]
pub struct LookUps<'a, D> {
    /// Who asks the provider.
    pub inquirer: &'a Inquirer<D>,
    /// How old a look may be: those of an interrupted look-up that are older are thrown away.
    pub ttl: Duration,
    /// How many active users of the tenant are enough to be seen; `None` for all.
    pub active_needed: Option<u64>,
}

impl LookUpSummary {
    /// What a plan remembers.
    pub fn read(plan: &JobPlan) -> Self {
        // Whatever an older version has left out is not known.
        serde_json::from_str(&plan.looked_up).unwrap_or_default()
    }

    /// Whether users were looked up at all before the run.
    pub fn is_made(&self) -> bool {
        self.method != "none" && !self.method.is_empty()
    }

    /// How many users of the tenant are active, as far as the look-up could tell.
    pub fn tenant_active(&self) -> ActiveUsers {
        match (self.active, self.active_is_at_least) {
            (None, _) => ActiveUsers::Unknown,
            (Some(active), true) => ActiveUsers::AtLeast(active),
            (Some(active), false) => ActiveUsers::Exactly(active),
        }
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

/// Looks up each user that was not looked up yet, gives an outcome to each user that is not to be written,
/// and fixes the plan. Without look-ups no user is looked up: each is read right before the write.
///
/// Whatever is stored when the future is dropped is not looked up again.
pub async fn make<D: Directory>(
    ledger: &mut Ledger,
    job: &Job,
    run: &NewRun,
    look_ups: Option<LookUps<'_, D>>,
    criteria: &Criteria,
    on_progress: &mut dyn FnMut(Look),
) -> Result<Job, PlanError> {
    let mut looked_up = LookUpSummary {
        method: "none".to_owned(),
        ..LookUpSummary::default()
    };
    if let Some(asked) = look_ups {
        let since = Clock::System.now();
        ledger
            .forget_looks(job, run, since.before(asked.ttl))
            .await?;
        let mut sought = SoughtInLedger::new(ledger, job, run, &criteria.door, since);
        let ask = Ask {
            count: asked.active_needed.map_or(Count::All, Count::Enough),
            needs_attribute: true,
        };
        let looking = look_up(asked.inquirer, &mut sought, ask, on_progress);
        let found = Box::pin(looking).await?;
        looked_up = sought.looked_up(found).await?;
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
    asked: LookUps<'_, D>,
    criteria: &Criteria,
    on_progress: &mut dyn FnMut(Look),
) -> Result<(), PlanError> {
    let since = Clock::System.now();
    ledger
        .forget_looks(job, run, since.before(asked.ttl))
        .await?;
    let mut sought = SoughtInLedger::new(ledger, job, run, &criteria.door, since);
    let looking = look_up(asked.inquirer, &mut sought, Ask::default(), on_progress);
    Box::pin(looking).await?;
    ledger.mark_duplicates(job, run).await?;
    settle(ledger, job, run, criteria).await?;
    Ok(())
}

/// The users of a job that were not looked up yet.
struct SoughtInLedger<'a> {
    ledger: &'a mut Ledger,
    job: &'a Job,
    run: &'a NewRun,
    /// Says which names of a user are to be shown.
    door: &'a Door,
    memo: Memo,
}

/// What is kept of a look-up under way.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Memo {
    /// When it began, in milliseconds.
    at: i64,
    /// Attributes in which users of the job have access that the profile does not know.
    kept: BTreeSet<String>,
    /// How far it has come.
    position: Option<Position>,
}

impl<'a> SoughtInLedger<'a> {
    fn new(
        ledger: &'a mut Ledger,
        job: &'a Job,
        run: &'a NewRun,
        door: &'a Door,
        since: Timestamp,
    ) -> Self {
        let memo = Memo {
            at: since.as_millis(),
            kept: BTreeSet::new(),
            position: None,
        };
        Self {
            ledger,
            job,
            run,
            door,
            memo,
        }
    }

    /// Takes what was found, as the plan keeps it.
    async fn looked_up(self, found: Found) -> Result<LookUpSummary, LedgerError> {
        // Users who were looked up by an earlier process have workspaces, too.
        let mut unseen = found.unseen_workspaces;
        if !unseen.is_empty() {
            let seen = self.ledger.workspaces_seen(self.job, &unseen).await?;
            unseen.retain(|id| !seen.contains(id));
        }
        Ok(LookUpSummary {
            method: found.method.as_str().to_owned(),
            requests: found.requests,
            total: found.total,
            active: found.active,
            active_is_at_least: found.active_is_at_least,
            active_to_write: 0,
            access_shown: found.access_shown,
            kept_access: self.memo.kept.into_iter().collect(),
            unseen_workspaces: unseen,
        })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` wants it")]
pub(super) fn journal(error: LedgerError) -> JournalError {
    JournalError(error.to_string())
}

impl Register for SoughtInLedger<'_> {
    fn wants(&self) -> Wants {
        let workspaces = match self.job.change.access() {
            Access::RemoveFrom(ids) => ids.clone(),
            Access::Keep | Access::RemoveAll => Vec::new(),
        };
        let goal = self.job.change.goal();
        Wants {
            // Where each line has a goal of its own, some are about access.
            access: goal.is_none_or(|goal| goal.workspaces.is_some()),
            workspaces,
            names: true,
        }
    }

    async fn lacking(&mut self, users: &[UserState]) -> Result<Vec<usize>, JournalError> {
        let lacking = self.ledger.lacking(self.job, self.door, users).await;
        lacking.map_err(journal)
    }

    async fn outstanding(&mut self) -> Result<Outstanding, JournalError> {
        let (by_id, by_name) = self.ledger.unseen_count(self.job).await.map_err(journal)?;
        Ok(Outstanding { by_id, by_name })
    }

    async fn next(&mut self, after: Line, limit: usize) -> Result<Vec<Sought>, JournalError> {
        let unseen = self.ledger.unseen(self.job, after, limit).await;
        let unseen = unseen.map_err(journal)?.into_iter();
        let sought = unseen.map(|user| match user.user_id {
            Some(id) => Sought::Id(user.line, UserId::new(id)),
            None => Sought::UserName {
                line: user.line,
                name: user.user_name.unwrap_or_default(),
                is_hit: user.is_hit,
            },
        });
        Ok(sought.collect())
    }

    async fn position(&mut self) -> Result<Option<Position>, JournalError> {
        let stored = self.ledger.list_position(self.job).await.map_err(journal)?;
        // One that cannot be read any more costs a walk from the beginning, and nothing else.
        let stored = stored.and_then(|text| serde_json::from_str::<Memo>(&text).ok());
        if let Some(memo) = stored {
            self.memo = memo;
        }
        Ok(self.memo.position.clone())
    }

    async fn found(
        &mut self,
        users: Vec<UserState>,
        position: Option<Position>,
    ) -> Result<(), JournalError> {
        let is_to_keep = position.is_some();
        self.memo.position = position.or_else(|| self.memo.position.take());
        let memo = is_to_keep.then(|| serde_json::json!(self.memo).to_string());
        let found = self
            .ledger
            .found(self.job, self.run, self.door, &users, memo.as_deref())
            .await
            .map_err(journal)?;
        for nth in found {
            self.memo
                .kept
                .extend(users[nth].other_access.iter().cloned());
        }
        Ok(())
    }

    async fn seen(&mut self, sought: &Sought, state: UserState) -> Result<bool, JournalError> {
        self.memo.kept.extend(state.other_access.iter().cloned());
        let line = sought.line();
        let seen = self.ledger.seen(self.job, self.run, line, state).await;
        seen.map_err(journal)
    }

    async fn resolve(&mut self) -> Result<(), JournalError> {
        self.ledger
            .resolve(self.job, self.run, self.door)
            .await
            .map_err(journal)
    }

    async fn missing(&mut self, absent: Vec<(Sought, Absence)>) -> Result<(), JournalError> {
        let at = Clock::System.now();
        let entries = absent
            .into_iter()
            .flat_map(|(sought, absence)| settle_absent(&sought, absence, at));
        let entries: Vec<_> = entries.collect();
        let noted = self.ledger.note(self.job, self.run, &entries).await;
        noted.map_err(journal)
    }
}

/// How a user ends who was not found: the answer that says so, if one does, and the outcome.
fn settle_absent(
    sought: &Sought,
    absence: Absence,
    at: Timestamp,
) -> impl Iterator<Item = Entry> + use<> {
    let line = sought.line();
    let outcome = if absence.is_not_found() {
        Outcome::NotFound
    } else {
        Outcome::Failed(absence.reason)
    };
    let entry = move |fact| Entry { line, at, fact };
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
    read.into_iter().chain([settled])
}
