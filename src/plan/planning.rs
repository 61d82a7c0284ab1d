//! Making a plan: all users are looked up, each is decided, and the plan is fixed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::{ActiveUsers, Clock};
use crate::ledger::{Job, JobPlan, Ledger, LedgerError, NewRun};
use crate::lookup::{CountActive, Inquirer, LookUpError, LookUpOptions, LookUpStatus, look_up};
use crate::plan::line_decision::Criteria;
use crate::plan::lookup_register::SoughtInLedger;
use crate::plan::overview::overview;
use crate::plan::unwritten::settle;
use crate::port::Directory;

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
    on_progress: &mut dyn FnMut(LookUpStatus),
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
        let ask = LookUpOptions {
            count: asked
                .active_needed
                .map_or(CountActive::All, CountActive::Enough),
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
    on_progress: &mut dyn FnMut(LookUpStatus),
) -> Result<(), PlanError> {
    let since = Clock::System.now();
    ledger
        .forget_looks(job, run, since.before(asked.ttl))
        .await?;
    let mut sought = SoughtInLedger::new(ledger, job, run, &criteria.door, since);
    let looking = look_up(
        asked.inquirer,
        &mut sought,
        LookUpOptions::default(),
        on_progress,
    );
    Box::pin(looking).await?;
    ledger.mark_duplicates(job, run).await?;
    settle(ledger, job, run, criteria).await?;
    Ok(())
}
