//! Plans a job without writing to any user.

use crate::domain::Tripped;
use crate::job::site::criteria;
use crate::job::work::lifecycle::{PlanRule, ready};
use crate::job::work::result::warn_if_undone;
use crate::job::{JobError, RunOptions, Setup};
use crate::ledger::{Job, Ledger};
use crate::plan::{Criteria, Overview, overview, overview_of_new};

/// A job with its plan.
#[derive(Debug)]
pub(crate) struct PlannedJob {
    /// The ledger, still open.
    pub ledger: Ledger,
    /// The job.
    pub job: Job,
    /// What decides about each of its users.
    pub criteria: Criteria,
    /// The plan: what happens to how many users.
    pub overview: Overview,
    /// The rails that would refuse a run of this plan.
    pub refused_by: Vec<Tripped>,
    /// Whether the job has run before: then this is its old plan, as far as it is not carried out.
    pub begun: bool,
}

/// Makes a new plan of a job, unless it has run before: then it shows the plan that it has.
///
/// # Errors
/// The users cannot be looked up, or the ledger fails.
pub(crate) async fn plan(
    setup: &Setup<'_>,
    mut ledger: Ledger,
    job: Job,
) -> Result<PlannedJob, JobError> {
    let begun = ledger.was_run(&job).await?;
    if !begun && ledger.is_left_to_workers(&job).await? {
        setup.voice.warn(
            "the job is left to the workers with the plan that was confirmed: a plan that differs is not carried out \
             until it is confirmed and left to them again",
        );
    }
    let (job, criteria, refused_by) = if begun {
        setup.name_job(&job);
        let voice = setup.voice.as_ref();
        voice.note("the job has begun: this is its plan as it stands now");
        warn_if_undone(ledger.undone(&job).await?.as_ref(), voice);
        let criteria = criteria(&job, setup.settings);
        (job, criteria, Vec::new())
    } else {
        let options = RunOptions::default();
        // Signals are listened to until here: afterwards there is nothing to interrupt.
        let ready = ready(setup, &mut ledger, job, PlanRule::Anew, &options).await?;
        let rails = setup.settings.safety.rails;
        let refused_by = rails.tripped_by(ready.scope.extent(&ready.job));
        (ready.job, ready.site.criteria, refused_by)
    };
    let overview = match &job.plan {
        Some(plan) if !begun => overview_of_new(&mut ledger, &job, plan, &criteria).await?,
        _ => overview(&mut ledger, &job, &criteria).await?,
    };
    Ok(PlannedJob {
        ledger,
        job,
        criteria,
        overview,
        refused_by,
        begun,
    })
}
