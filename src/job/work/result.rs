//! What a run has left: the counts of the job, and what its end means.

use crate::domain::{Status, Tolerance};
use crate::engine::{Ending, StopReason};
use crate::job::Voice;
use crate::ledger::{Counts, Head, Job, Ledger, LedgerError, Undone};
use crate::report::undone_in_words;

/// A job after a run.
#[derive(Debug)]
pub struct JobResult {
    /// The job.
    pub job: Job,
    /// How many lines have which outcome.
    pub counts: Counts,
    /// The last event of the job's chain.
    pub head: Option<Head>,
    /// What the end means.
    pub end: JobEnd,
    /// Requests sent for users; `None` if there was nothing to do.
    pub requests: Option<u64>,
    /// Why the run stopped early, in words; `None` if it did not.
    pub stopped: Option<String>,
    /// What undo jobs have given back of what this job took.
    pub undone: Option<Undone>,
    /// Lines whose outcome the command tolerates.
    pub tolerated: u64,
}

/// What the end of a command means for the users of the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobEnd {
    /// Every user is in the wanted state, or is protected, or was named before.
    Complete,
    /// At least one user is not in the wanted state, or may not be.
    Incomplete,
    /// The outcomes do not add up to the lines of the roster.
    Unbalanced,
    /// The run stopped early.
    Stopped(StopReason),
    /// A unit panicked.
    Panicked,
}

impl JobEnd {
    /// From how the engine ended; `Complete` if nothing stopped it.
    pub(super) fn of(ending: &Ending) -> Self {
        match &ending.stopped {
            _ if ending.panics > 0 => Self::Panicked,
            Some(reason) => Self::Stopped(reason.clone()),
            None => Self::Complete,
        }
    }

    /// From the counts of a job, when nothing stopped the command. Of a job that was undone some users are not in
    /// the wanted state, whatever the job's own lines say. `tolerated` lines are no trouble.
    pub(super) fn of_counts(
        job: &Job,
        counts: &Counts,
        undone: Option<&Undone>,
        tolerated: u64,
    ) -> Self {
        let given_back = undone.map_or(0, |undone| undone.given_back);
        if counts.lines() != job.lines {
            Self::Unbalanced
        } else if counts.trouble() > tolerated || counts.open() > 0 || given_back > 0 {
            Self::Incomplete
        } else {
            Self::Complete
        }
    }
}

/// How many of these lines have an outcome that is tolerated.
pub(super) async fn tolerated(
    ledger: &mut Ledger,
    job: &Job,
    counts: &Counts,
    tolerance: &Tolerance,
) -> Result<u64, LedgerError> {
    let statuses = Status::ALL.iter().copied();
    let statuses = statuses.filter(|status| tolerance.tolerates(*status));
    let lines: u64 = statuses.map(|status| counts.of(status)).sum();
    Ok(lines + ledger.failed_for(job, tolerance.reasons()).await?)
}

/// Warns that a job was undone, and by which job, and says how to take access away again: the command of the job
/// would do nothing, since the job has nothing left to do for these users.
pub(crate) fn warn_if_undone(undone: Option<&Undone>, voice: &dyn Voice) {
    let Some(undone) = undone else { return };
    voice.warn(&undone_in_words(undone));
    if undone.given_back > 0 {
        voice.warn(
            "to take it away again, start a new job: `offboard run` with the roster, the same flags and \
             `--new`; it is planned and confirmed anew",
        );
    }
}
