//! Whom the present command will write: the users of the plan, or those of a retry. Rails, confirmation and
//! the sentence that asks are judged on them, and on no others.

use crate::cli::failure::Failure;
use crate::cli::job::{At, plan};
use crate::domain::{ActiveUsers, Extent, Reason};
use crate::ledger::{Job, Ledger, NewRun, Retriable, RunEnding, RunKind};
use crate::plan::{LookUpSummary, active_to_write};

/// Whom the present command will write.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct Scope {
    /// How many users: the number to confirm.
    pub(super) to_write: u64,
    /// Of these, the ones who are active, as far as is known.
    pub(super) active: u64,
    /// Users whom the job has disabled before the present command: they are active no longer.
    disabled: u64,
    /// Whether it is a retry of failed users.
    pub(super) is_retry: bool,
    /// What a retry writes that has not been confirmed before.
    pub(super) new_retry: Option<Retriable>,
    /// For which reasons failed users that were written before are opened again, once that is confirmed;
    /// `None` if none are.
    pub(super) reopen: Option<Vec<Reason>>,
}

impl Scope {
    /// How much that is to do, in the tenant of the job's plan.
    pub(super) fn extent(&self, job: &Job) -> Extent {
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
pub(super) async fn scope(
    ledger: &mut Ledger,
    job: Job,
    at: &At<'_>,
    retry: Option<&[Reason]>,
) -> Result<(Job, Scope), Failure> {
    let open = ledger.counts(&job).await?.open();
    let begun = job.retry.filter(|_| open > 0);
    if let Some(known) = begun.and_then(|retry| retry.extent) {
        let scope = Scope {
            to_write: known.users,
            active: known.active,
            disabled: known.disabled,
            is_retry: true,
            ..Scope::default()
        };
        return Ok((job, scope));
    }
    if retry.is_none() && begun.is_none() {
        let plan = job.plan.as_ref();
        let looked_up = plan.map(LookUpSummary::read).unwrap_or_default();
        let scope = Scope {
            to_write: plan.map_or(job.users, |plan| plan.to_write),
            active: looked_up.active_to_write,
            ..Scope::default()
        };
        return Ok((job, scope));
    }
    plan_retry(ledger, job, at, retry).await
}

async fn plan_retry(
    ledger: &mut Ledger,
    job: Job,
    at: &At<'_>,
    reasons: Option<&[Reason]>,
) -> Result<(Job, Scope), Failure> {
    let run = ledger.start_run(&job, RunKind::Plan, &at.mandate).await?;
    let job = match reasons {
        Some(reasons) => ledger.begin_retry(&job, &run, reasons).await?,
        None => job,
    };
    if let Err(failure) = plan::look_again(ledger, &job, &run, at).await {
        // The ledger's own trouble would hide what went wrong first.
        let ending = RunEnding::Stopped("the look-up failed");
        let _ = ledger.end_run(&run, ending, at.tally()).await;
        return Err(failure);
    }
    let open = active_to_write(ledger, &job).await?;
    let written = match reasons {
        Some(reasons) => ledger.written_before(&job, reasons).await?,
        None => Vec::new(),
    };
    let again = written.len() as u64;
    let retry = Retriable {
        users: open.users + again,
        // What they have since their last write is read by the engine: they may be active.
        active: open.active + again,
        disabled: ledger.disabled(&job).await?,
    };
    ledger
        .end_run(&run, RunEnding::Finished, at.tally())
        .await?;
    let scope = Scope {
        to_write: retry.users,
        active: retry.active,
        disabled: retry.disabled,
        is_retry: true,
        new_retry: Some(retry),
        reopen: reasons.filter(|_| again > 0).map(<[_]>::to_vec),
    };
    Ok((job, scope))
}

/// What the ledger has to know before the engine begins.
pub(super) async fn prepare(
    ledger: &mut Ledger,
    job: Job,
    run: &NewRun,
    scope: &Scope,
    at: &At<'_>,
) -> Result<Job, Failure> {
    if run.recovered > 0 {
        at.terminal.note(&format!(
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
        let again = ledger.counts(&job).await?.open();
        let note = format!("{again} users are tried again by this retry");
        at.terminal.note(&note);
    }
    let protected = crate::plan::protect(ledger, &job, run, &at.criteria).await?;
    if protected > 0 {
        at.terminal.warn(&format!(
            "{protected} users are protected since the plan was made"
        ));
    }
    Ok(job)
}
