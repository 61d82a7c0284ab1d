//! Makes the plan of a job, or takes the one that it has.

use crate::job::plan_and_scope::freshness::{check_age, check_digest, check_sample, draw_sample};
use crate::job::plan_and_scope::{describe_kept_access, describe_look_up};
use crate::job::site::Site;
use crate::job::{JobError, SiteError};
use crate::ledger::{Job, Ledger, NewRun, RunEnding, RunKind};
use crate::plan::{LookUpSummary, LookUps, PlanError, UnmetPatterns, make, unmet};

/// Patterns of the protect list that are printed before the rest is shortened to `…`.
const UNMET_SHOWN: usize = 5;

/// How a run ends whose look-up failed.
pub(super) const LOOK_UP_FAILED: RunEnding = RunEnding::Stopped("the look-up failed");

/// The job with a plan to work on: its own, if that is fresh, or one that is made now.
pub(crate) async fn planned(
    ledger: &mut Ledger,
    job: Job,
    site: &Site<'_>,
    no_lookup: bool,
) -> Result<Job, JobError> {
    match &job.plan {
        None => {
            let job = make_plan(ledger, &job, site, no_lookup).await?;
            if let Some(plan) = &job.plan {
                let looked_up = LookUpSummary::read(plan);
                site.voice().note(&describe_look_up(&looked_up));
                if let Some(words) = describe_kept_access(&looked_up) {
                    site.voice().warn(&words);
                }
            }
            Ok(job)
        }
        // A retry moves lines of a job that was planned: it looks them up itself.
        Some(plan) if job.retry.is_none() && !ledger.was_run(&job).await? => {
            // An order may have waited for long. Each user whose look-up is old by then is read again before the write.
            if site.setup.ordered_by.is_none() {
                check_age(plan, site.settings().safety.plan_ttl)?;
            }
            let sample = draw_sample(ledger, &job).await?;
            check_digest(ledger, &job, plan, site, &sample).await?;
            check_sample(ledger, &job, site, sample).await?;
            Ok(job)
        }
        Some(_) => {
            if job.retry.is_none() {
                ledger.guard_plan(&job).await?;
            }
            Ok(job)
        }
    }
}

/// The job with a plan that is made now. A job that has run keeps the plan that it has.
pub(crate) async fn plan_anew(
    ledger: &mut Ledger,
    job: Job,
    site: &Site<'_>,
) -> Result<Job, JobError> {
    let job = match &job.plan {
        Some(_) if ledger.was_run(&job).await? => return Ok(job),
        Some(_) => ledger.discard_plan(&job, "planned again").await?,
        None => job,
    };
    make_plan(ledger, &job, site, false).await
}

async fn make_plan(
    ledger: &mut Ledger,
    job: &Job,
    site: &Site<'_>,
    no_lookup: bool,
) -> Result<Job, JobError> {
    if no_lookup && ledger.unseen_count(job).await?.1 > 0 {
        return Err(SiteError::NamesNeedLookUp.into());
    }
    let run = ledger.start_run(job, RunKind::Plan, &site.mandate).await?;
    let inquirer = site.inquirer();
    let safety = &site.settings().safety;
    let mut progress = site.voice().look_up_progress();
    let asked = (!no_lookup).then(|| LookUps {
        inquirer: &inquirer,
        ttl: safety.plan_ttl,
        active_needed: safety.rails.enough_active(job.users),
    });
    let made = make(ledger, job, &run, asked, &site.criteria, &mut progress).await;
    drop(progress);
    match made {
        Ok(job) => {
            ledger
                .end_run(&run, RunEnding::Finished, site.tally())
                .await?;
            report_unmet(ledger, &job, site).await?;
            Ok(job)
        }
        Err(PlanError::Ledger(error)) => Err(error.into()),
        Err(PlanError::LookUp(error)) => {
            // A second error, of the ledger, would hide the first.
            let _ = ledger.end_run(&run, LOOK_UP_FAILED, site.tally()).await;
            Err(error.into())
        }
    }
}

/// Reports which patterns of the protect list cover no user of the job: some are probably misspelt.
async fn report_unmet(ledger: &mut Ledger, job: &Job, site: &Site<'_>) -> Result<(), JobError> {
    let UnmetPatterns { patterns, unnamed } = unmet(ledger, job, &site.criteria).await?;
    if patterns.is_empty() {
        return Ok(());
    }
    let all = site.criteria.door.protected.patterns().len();
    let mut shown: Vec<_> = patterns.iter().take(UNMET_SHOWN).cloned().collect();
    if patterns.len() > UNMET_SHOWN {
        shown.push("…".to_owned());
    }
    let unknown = match unnamed {
        0 => String::new(),
        users => format!(" whose name is known (of {users} it is not)"),
    };
    site.voice().note(&format!(
        "{} of {all} patterns of the protect list cover no user of this job{unknown}: {}",
        patterns.len(),
        shown.join(", ")
    ));
    Ok(())
}

/// Looks up again the users for whom a retry needs a new look-up.
pub(super) async fn look_up_again(
    ledger: &mut Ledger,
    job: &Job,
    run: &NewRun,
    site: &Site<'_>,
) -> Result<(), JobError> {
    let inquirer = site.inquirer();
    let mut progress = site.voice().look_up_progress();
    let asked = LookUps {
        inquirer: &inquirer,
        ttl: site.settings().safety.plan_ttl,
        active_needed: None,
    };
    let criteria = &site.criteria;
    let looking_up = crate::plan::look_again(ledger, job, run, asked, criteria, &mut progress);
    let looked_up = Box::pin(looking_up).await;
    Ok(looked_up?)
}
