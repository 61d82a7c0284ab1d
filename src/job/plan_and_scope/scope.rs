//! The scope of a command: the users that it will write, which are those of the plan, or those of a retry. Rails and
//! confirmation count these users and no others.

use crate::domain::{ActiveUsers, Extent, Reason};
use crate::job::JobError;
use crate::job::plan_and_scope::make_plan::{LOOK_UP_FAILED, look_up_again};
use crate::job::site::Site;
use crate::ledger::{Job, Ledger, NewRun, Retriable, RunEnding, RunKind};
use crate::plan::{LookUpSummary, active_to_write};

/// The users that the present command will write.
#[derive(Debug, Clone, Default)]
pub(crate) struct CommandScope {
    /// How many users: the number to confirm.
    pub(crate) to_write: u64,
    /// Of these, the active ones, as far as is known.
    active: u64,
    /// Users that the job has disabled before the present command: they are no longer active.
    disabled: u64,
    /// Whether it is a retry of failed users.
    pub(crate) is_retry: bool,
    /// What a retry writes that has not been confirmed before.
    new_retry: Option<Retriable>,
    /// For which reasons failed users that were written before are opened again, once that is confirmed;
    /// `None` if none are.
    pub(crate) reopen: Option<Vec<Reason>>,
}

impl CommandScope {
    /// How many users that are, and which part of the tenant, for the rails.
    pub(crate) fn extent(&self, job: &Job) -> Extent {
        let looked_up = job.plan.as_ref().map(LookUpSummary::read);
        Extent {
            to_write: self.to_write,
            active: self.active.min(self.to_write),
            tenant_active: looked_up
                .map_or(ActiveUsers::Unknown, |it| it.tenant_active())
                .without(self.disabled),
        }
    }
}

/// Finds the users that the command will write. A retry first looks up the users that were never written.
///
/// A retry that was confirmed and is not finished is continued by any command, with the number that was
/// confirmed; no user is added to it then. A retry that was not confirmed is planned again.
pub(crate) async fn find_scope(
    ledger: &mut Ledger,
    job: Job,
    site: &Site<'_>,
    retry: Option<&[Reason]>,
) -> Result<(Job, CommandScope), JobError> {
    let is_open = ledger.is_open(&job).await?;
    let begun = job.retry.filter(|_| is_open);
    if let Some(known) = begun.and_then(|retry| retry.extent) {
        let scope = CommandScope {
            to_write: known.users,
            active: known.active,
            disabled: known.disabled,
            is_retry: true,
            ..CommandScope::default()
        };
        return Ok((job, scope));
    }
    if retry.is_none() && begun.is_none() {
        let plan = job.plan.as_ref();
        let looked_up = plan.map(LookUpSummary::read).unwrap_or_default();
        let scope = CommandScope {
            to_write: plan.map_or(job.users, |plan| plan.to_write),
            active: looked_up.active_to_write,
            ..CommandScope::default()
        };
        return Ok((job, scope));
    }
    plan_retry(ledger, job, site, retry).await
}

async fn plan_retry(
    ledger: &mut Ledger,
    job: Job,
    site: &Site<'_>,
    reasons: Option<&[Reason]>,
) -> Result<(Job, CommandScope), JobError> {
    let run = ledger.start_run(&job, RunKind::Plan, &site.mandate).await?;
    let job = match reasons {
        Some(reasons) => ledger.begin_retry(&job, &run, reasons).await?,
        None => job,
    };
    if let Err(error) = look_up_again(ledger, &job, &run, site).await {
        // A second error, of the ledger, would hide the first.
        let _ = ledger.end_run(&run, LOOK_UP_FAILED, site.tally()).await;
        return Err(error);
    }
    let open = active_to_write(ledger, &job).await?;
    let again = match reasons {
        Some(reasons) => ledger.written_before(&job, reasons).await?,
        None => 0,
    };
    let retry = Retriable {
        users: open.users + again,
        // What they have since their last write is read by the engine: they may be active.
        active: open.active + again,
        disabled: ledger.disabled(&job).await?,
    };
    ledger
        .end_run(&run, RunEnding::Finished, site.tally())
        .await?;
    let scope = CommandScope {
        to_write: retry.users,
        active: retry.active,
        disabled: retry.disabled,
        is_retry: true,
        new_retry: Some(retry),
        reopen: reasons.filter(|_| again > 0).map(<[_]>::to_vec),
    };
    Ok((job, scope))
}

/// Brings the ledger up to date before the engine begins: users of a run that was killed, and users of a retry.
pub(crate) async fn prepare(
    ledger: &mut Ledger,
    job: Job,
    run: &NewRun,
    scope: &CommandScope,
    site: &Site<'_>,
) -> Result<Job, JobError> {
    if run.recovered > 0 {
        site.voice().note(&format!(
            "{} users were being written when the last run died: they are read first",
            run.recovered
        ));
    }
    let job = match scope.new_retry {
        Some(retry) => {
            let reasons = scope.reopen.as_deref();
            ledger.confirm_retry(&job, run, retry, reasons).await?
        }
        None => job,
    };
    if scope.is_retry {
        let again = ledger.work_left(&job).await?.open;
        let note = format!("{again} users are tried again by this retry");
        site.voice().note(&note);
    }
    Ok(job)
}
