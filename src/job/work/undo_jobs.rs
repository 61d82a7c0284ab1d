//! Undo: a job that gives back what another job took.

use crate::domain::{Access, JobId, Reason, Status, one_or_many};
use crate::job::work::lifecycle::run;
use crate::job::work::result::{JobEnd, JobResult};
use crate::job::{JobError, RunOptions, Setup, Voice};
use crate::ledger::{Job, Ledger, Pages, Reader, UndoScope, Undone, UserRow};
use crate::plan::left_to_undo;

/// Why a job cannot be undone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UndoError {
    /// It is an undo.
    #[error("job {0} is an undo itself")]
    OfAnUndo(JobId),
    /// It deleted users.
    #[error("job {0} deleted users: no request can give them back")]
    OfADeletion(JobId),
    /// The workers go on with it, and would take again what is given back.
    #[error("job {0} is left to the workers, who go on with it")]
    LeftToWorkers(JobId),
}

impl UndoError {
    /// What to do about it.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::OfAnUndo(_) => "to take access away again, run a job with the roster",
            Self::OfADeletion(_) => {
                "`offboard report` shows what they had; create them anew at the provider"
            }
            Self::LeftToWorkers(_) => "stop them with `offboard cancel`, then undo",
        }
    }
}

/// What there is to undo.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one of it")]
pub(crate) enum UndoStart {
    /// The undo job: unfinished, made now, or finished with nothing left to give back.
    Job(Job),
    /// The job has changed no user, as far as was seen.
    Nothing {
        /// Users for whom a write was sent that failed: it may have taken effect since.
        unproven: u64,
    },
}

/// An undo job after a run.
#[derive(Debug)]
pub(crate) struct UndoResult {
    /// The undo job. It counts as incomplete as long as a user lacks what was taken.
    pub done: JobResult,
    /// Users that another administrator changed after the job: undo has not touched them.
    pub left_alone: LeftAlone,
    /// What is left to give back; `None` as long as the undo is not finished.
    pub rest: Option<UndoRest>,
}

/// Users that another administrator changed after a job.
#[derive(Debug, Default)]
pub(crate) struct LeftAlone {
    /// How many there are.
    pub users: u64,
    /// The first of them.
    pub first: Vec<UserRow>,
}

/// How far a job is undone.
#[derive(Debug)]
pub(crate) struct UndoRest {
    /// What undo jobs have given back by now.
    pub undone: Option<Undone>,
    /// Users that still lack what was taken.
    pub lacking: u64,
}

/// Finds the undo of a job: the one that is not finished, or one that is made now for the users to whom something
/// is still to be given back, or for all with `new`. If there are no such users, it is the last undo.
///
/// # Errors
/// The job cannot be undone, or the ledger fails.
pub(crate) async fn start_undo(
    ledger: &mut Ledger,
    parent: &Job,
    new: bool,
    voice: &dyn Voice,
) -> Result<UndoStart, JobError> {
    if parent.is_undo() {
        return Err(UndoError::OfAnUndo(parent.id.clone()).into());
    }
    if parent.change.deletes() {
        return Err(UndoError::OfADeletion(parent.id.clone()).into());
    }
    let open = ledger.work_left(parent).await?.open;
    if open > 0 && ledger.is_left_to_workers(parent).await? {
        return Err(UndoError::LeftToWorkers(parent.id.clone()).into());
    }
    if open > 0 {
        voice.warn(&format!(
            "job {} is not finished: {open} users have no outcome yet, and the command that continues it \
             takes their access",
            parent.id
        ));
    }
    let known = match ledger.undo_of(parent).await? {
        Some(known) if !new => Some(known),
        _ => None,
    };
    if let Some(known) = &known
        && resumes(ledger, known).await?
    {
        return Ok(UndoStart::Job(known.clone()));
    }
    let scope = if new { UndoScope::All } else { UndoScope::Rest };
    let made = crate::plan::undo(ledger, parent, scope).await?;
    match (made, known) {
        (None, Some(known)) => Ok(UndoStart::Job(known)),
        (None, None) => {
            voice.note(&format!(
                "job {} has changed no user, as far as was seen: there is nothing to give back",
                parent.id
            ));
            let unproven = ledger.unproven(parent).await?;
            Ok(UndoStart::Nothing { unproven })
        }
        (Some(made), known) => {
            if let Some(known_job) = &known {
                let noun = one_or_many(made.users, "user", "users");
                let (users, known) = (made.users, &known_job.id);
                voice.note(&if ledger.was_run(known_job).await? {
                    format!(
                        "job {} was taken back by job {known} before; another undo is made for the rest: \
                         {users} {noun}",
                        parent.id
                    )
                } else {
                    format!(
                        "the undo {known} was planned before the job went on, and has done nothing; another \
                         undo is made for {users} {noun}"
                    )
                });
            }
            if *parent.change.access() != Access::Keep {
                voice.warn(
                    "sign-in and memberships of workspaces are given back; roles and selective access in \
                     the models of these workspaces are not: a workspace's administrator has to set them",
                );
            }
            Ok(UndoStart::Job(made))
        }
    }
}

/// Whether an undo is to be continued. An undo that has not run yet, and was made before the job wrote its last
/// user, knows neither all users nor what they have now: a new undo takes its place.
async fn resumes(ledger: &mut Ledger, undo: &Job) -> Result<bool, JobError> {
    if !ledger.is_open(undo).await? {
        return Ok(false);
    }
    Ok(ledger.was_run(undo).await? || !ledger.is_outdated(undo).await?)
}

/// Runs an undo job, and finds out how far `parent` is undone then. It shows at most `shown` of the users that were
/// left alone.
///
/// # Errors
/// As for [`run`].
pub(crate) async fn continue_undo(
    setup: &Setup<'_>,
    ledger: Ledger,
    parent: &Job,
    undo: Job,
    options: &RunOptions,
    shown: usize,
) -> Result<UndoResult, JobError> {
    let mut done = run(setup, ledger, undo, options).await?;
    let mut reader = Reader::open(&setup.settings.ledger).await?;
    let left_alone = left_alone(&mut reader, &done, shown).await?;
    let rest = if done.counts.open() == 0 {
        let undone = reader.undone(parent).await?;
        let lacking = left_to_undo(&mut reader, parent).await?;
        if lacking > 0 && done.end == JobEnd::Complete {
            done.end = JobEnd::Incomplete;
        }
        Some(UndoRest { undone, lacking })
    } else {
        None
    };
    Ok(UndoResult {
        done,
        left_alone,
        rest,
    })
}

async fn left_alone(
    reader: &mut Reader,
    done: &JobResult,
    shown: usize,
) -> Result<LeftAlone, JobError> {
    let mut left = LeftAlone::default();
    let mut pages = Pages::of_lines();
    let failed = [Status::Failed];
    while let Some(page) = pages
        .next(async |after, limit| reader.lines_among(&done.job, &failed, after, limit).await)
        .await?
    {
        for row in page {
            if row.reason.as_deref() != Some(Reason::Changed.as_str()) {
                continue;
            }
            left.users += 1;
            if left.first.len() < shown {
                left.first.push(row);
            }
        }
    }
    Ok(left)
}
