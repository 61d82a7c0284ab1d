//! What `latest` means to a verb about work that was done, and how that is said before anything happens.

use crate::domain::Timestamp;
use crate::job::{JobError, select};
use crate::ledger::{Job, JobSelector, Reader};

/// The job that a verb works with.
#[derive(Debug)]
pub(crate) struct ChosenJob {
    /// The job.
    pub(crate) job: Job,
    /// Which job it is, if it was not named, and which later one it is not.
    pub(crate) notes: Vec<String>,
}

/// Finds the job that `verify`, `retry`, `undo`, `report` or an audit works with. `latest` means the last job that a run
/// has begun: a job that was only planned has done nothing, and a plan for another roster must not become what is
/// undone or reported.
///
/// # Errors
/// The text names no job, or the ledger cannot be read.
pub(crate) async fn choose_begun(
    reader: &mut Reader,
    name: &str,
    now: Timestamp,
) -> Result<ChosenJob, JobError> {
    let selector = select(name)?;
    if selector != JobSelector::Latest {
        let job = reader.select_job(&selector).await?;
        return Ok(ChosenJob {
            job,
            notes: Vec::new(),
        });
    }
    let job = reader.select_job(&JobSelector::LatestBegun).await?;
    let last = reader.select_job(&JobSelector::Latest).await?;
    let mut notes = vec![describe_latest(&job, now)];
    if last.id != job.id {
        notes.push(format!(
            "job {} of roster {}, loaded {}, is later, but no run has begun it: give its id to mean it",
            last.id,
            last.roster_path,
            now.after(last.created_at)
        ));
    }
    Ok(ChosenJob { job, notes })
}

/// Says which job `latest` is.
pub(super) fn describe_latest(job: &Job, now: Timestamp) -> String {
    format!("the latest job is {}", describe_job(job, now))
}

/// A job by its id, change, roster and age.
pub(crate) fn describe_job(job: &Job, now: Timestamp) -> String {
    format!(
        "{}: {} of roster {}, loaded {}",
        job.id,
        job.change,
        job.roster_path,
        now.after(job.created_at)
    )
}
