//! Makes a plan: looks up all users, decides each line, and stores the digest of the result.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::{ActiveUsers, Clock};
use crate::ledger::{Job, JobPlan, Ledger, LedgerError, NewRun};
use crate::lookup::{CountActive, Inquirer, LookUpError, LookUpOptions, LookUpStatus, look_up};
use crate::plan::line_decision::Criteria;
use crate::plan::lookup_register::SoughtInLedger;
use crate::plan::plan_digest::plan_header;
use crate::plan::unwritten::settle;
use crate::port::Directory;

/// How the users of a plan were looked up, as the ledger stores it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LookUpSummary {
    /// The name of the strategy that was used.
    pub method: String,
    /// The number of requests, not counting sign-in.
    pub requests: u64,
    /// The number of users in the tenant, if the provider reported it.
    pub total: Option<u64>,
    /// The number of active users in the tenant, as far as it is known.
    pub active: Option<u64>,
    /// Whether there may be more active users than `active` says.
    #[serde(default)]
    pub active_is_at_least: bool,
    /// How many of the users that the plan writes are active, or may be.
    pub active_to_write: u64,
    /// Whether the provider was seen to show the attribute of access.
    #[serde(default)]
    pub access_shown: bool,
    /// Other attributes in which users of the plan have access. The change does not take that access.
    #[serde(default)]
    pub kept_access: Vec<String>,
    /// The workspaces that the change names and that no user was seen to have.
    #[serde(default)]
    pub unseen_workspaces: Vec<String>,
}

/// How the users of a plan are to be looked up.
#[derive(Debug)]
pub(crate) struct LookUps<'a, D> {
    /// Sends the requests.
    pub inquirer: &'a Inquirer<D>,
    /// How old the recorded state of a user may be. States of an interrupted look-up that are older are
    /// deleted.
    pub ttl: Duration,
    /// How many active users of the tenant have to be counted; `None` for all.
    pub active_needed: Option<u64>,
}

impl LookUpSummary {
    /// Reads what the ledger has stored with a plan.
    pub(crate) fn read(plan: &JobPlan) -> Self {
        // Members that an older version did not store get their defaults: not known.
        serde_json::from_str(&plan.looked_up).unwrap_or_default()
    }

    /// Whether users were looked up before the run at all.
    pub(crate) fn is_made(&self) -> bool {
        self.method != "none" && !self.method.is_empty()
    }

    /// How many users of the tenant are active, as far as the look-up has counted.
    pub(crate) fn tenant_active(&self) -> ActiveUsers {
        match (self.active, self.active_is_at_least) {
            (None, _) => ActiveUsers::Unknown,
            (Some(active), true) => ActiveUsers::AtLeast(active),
            (Some(active), false) => ActiveUsers::Exactly(active),
        }
    }
}

/// Why a plan cannot be made.
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
/// and stores the plan. If `look_ups` is `None`, no user is looked up: each is read right before its write.
///
/// If the future is dropped, what was stored until then is used by the next call.
pub(crate) async fn make<D: Directory>(
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
    let totals = settle(ledger, job, run, criteria).await?;
    looked_up.active_to_write = totals.active;
    // A job that was run without a plan keeps the number of users that was confirmed.
    let to_write = if ledger.was_run(job).await? {
        job.users
    } else {
        totals.to_write
    };
    let looked_up = serde_json::json!(looked_up);
    let job = ledger
        .finish_plan(
            job,
            run,
            &plan_header(job, &criteria.means),
            to_write,
            &looked_up,
        )
        .await?;
    Ok(job)
}

/// Looks up the open users of a planned job whose recorded state is too old, and gives an outcome to those
/// that are not to be written.
///
/// # Errors
/// The look-up fails, or the ledger. What was found is kept.
pub(crate) async fn look_again<D: Directory>(
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
