//! Orders: a job is planned and confirmed here, and left to the workers; and what the person has decided who left it to
//! them, for the worker that takes it.

use serde::{Deserialize, Serialize};

use crate::domain::Tolerance;
use crate::job::gate::{check_rails, confirm};
use crate::job::work::lifecycle::{PlanRule, Ready, ready};
use crate::job::{JobError, RunOptions, Setup};
use crate::ledger::{Job, Ledger, NewOrder, Order};
use crate::settings::Settings;

/// What a person decides about a job, apart from what is in its plan. Where the provider is, how to sign in and how fast
/// to send is the worker's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct OrderTerms {
    ticket: Option<String>,
    reason: Option<String>,
    approver: Option<String>,
    canary: Option<u64>,
    allow_mismatch: bool,
    no_lookup: bool,
    tolerate: Tolerance,
}

impl OrderTerms {
    fn decided(settings: &Settings, options: &RunOptions) -> Self {
        let (grounds, safety) = (&settings.grounds, &settings.safety);
        Self {
            ticket: grounds.ticket.clone(),
            reason: grounds.reason.clone(),
            approver: grounds.approver.clone(),
            canary: safety.canary,
            allow_mismatch: safety.allow_mismatch,
            no_lookup: options.no_lookup,
            tolerate: options.tolerate.clone(),
        }
    }
}

/// A job that was left to the workers.
#[derive(Debug)]
pub(crate) struct OrderedJob {
    /// The job.
    pub(crate) job: Job,
    /// Users that a worker will write; `None` if nothing is left to do, and nothing was ordered.
    pub(crate) users: Option<u64>,
}

/// Plans a job, has it confirmed, and leaves it to the workers. No user is written here.
///
/// # Errors
/// As for [`crate::job::run`]; and [`crate::ledger::LedgerError::NoWorkers`] if the ledger is a file.
pub(crate) async fn order(
    setup: &Setup<'_>,
    mut ledger: Ledger,
    job: Job,
    options: &RunOptions,
) -> Result<OrderedJob, JobError> {
    ledger.has_workers()?;
    let voice = &setup.voice;
    let nothing = |job| {
        voice.note("nothing is left to do");
        Ok(OrderedJob { job, users: None })
    };
    if !ledger.is_open(&job).await? {
        setup.name_job(&job);
        return nothing(job);
    }
    let ready = ready(setup, &mut ledger, job, PlanRule::Fresh, options).await?;
    let Ready {
        site,
        job,
        scope,
        mut signals,
    } = ready;
    if !ledger.is_open(&job).await? {
        return nothing(job);
    }
    check_rails(&mut ledger, &job, &scope, &site).await?;
    let account = &site.directory.account;
    let given = options.confirm;
    confirm(
        &mut ledger,
        &job,
        &scope,
        account,
        given,
        voice,
        &mut signals,
    )
    .await?;
    let terms = OrderTerms::decided(setup.settings, options);
    let order = NewOrder {
        confirmed: scope.to_write,
        terms: serde_json::to_value(&terms).unwrap_or_default(),
        operator: site.mandate.operator.clone(),
    };
    ledger.place_order(&job, &order).await?;
    ledger.close().await?;
    Ok(OrderedJob {
        job,
        users: Some(scope.to_write),
    })
}

/// What a worker works with on an order: its own settings with what the person has decided laid over them, the options
/// of the run, and who has ordered it.
///
/// # Errors
/// Another version of this program has placed the order, and this one cannot read it.
pub(crate) fn by_order(
    order: &Order,
    settings: &Settings,
) -> Result<(Settings, RunOptions, String), serde_json::Error> {
    let terms: OrderTerms = serde_json::from_value(order.decided.terms.clone())?;
    let mut settings = settings.clone();
    settings.grounds.ticket = terms.ticket;
    settings.grounds.reason = terms.reason;
    settings.grounds.approver = terms.approver;
    settings.safety.canary = terms.canary;
    settings.safety.allow_mismatch = terms.allow_mismatch;
    let options = RunOptions {
        confirm: Some(order.decided.confirmed),
        no_lookup: terms.no_lookup,
        retry: None,
        tolerate: terms.tolerate,
    };
    Ok((settings, options, order.decided.operator.clone()))
}
