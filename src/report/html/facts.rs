//! Everything that the page says, read from the ledger: small, however large the job is.

use std::time::Duration;

use crate::domain::{Line, Status};
use crate::ledger::{
    Answers, Job, LedgerError, ProgressPoint, Reader, RunStory, Trouble, UserRow, Wait,
};
use crate::report::chart::axis::Stretch;

/// Lines that went wrong and stand in the page itself, so that it needs no script to show them.
pub(super) const SHOWN: usize = 100;

/// Waits that are marked.
const MOST_WAITS: u32 = 30;

/// Different words that are quoted for each reason.
const MOST_WORDS: u32 = 4;

/// Points of the curve: more than a screen can show.
const POINTS: u32 = 400;

/// What went wrong, in the order in which the report lists it.
pub(super) const TROUBLES: [Status; 5] = [
    Status::Failed,
    Status::InDoubt,
    Status::Claimed,
    Status::NotFound,
    Status::Invalid,
];

/// What the page says, but for the lines themselves.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) runs: Vec<RunStory>,
    pub(super) steps: Vec<ProgressPoint>,
    pub(super) answers: Answers,
    pub(super) waits: Vec<Wait>,
    pub(super) troubles: Vec<Trouble>,
    pub(super) failures: Vec<UserRow>,
    /// Whom a verification found in another state, or could not read.
    pub(super) drifted: Vec<UserRow>,
    pub(super) first_lines: Vec<UserRow>,
}

impl Facts {
    pub(super) async fn read(reader: &mut Reader, job: &Job) -> Result<Self, LedgerError> {
        let runs = reader.run_stories(job).await?;
        let worked: Duration = runs.iter().map(|run| stretch(run).length()).sum();
        let mut waits = reader.waits(job, shortest_wait(worked), MOST_WAITS).await?;
        waits.extend(last_waits(&runs, shortest_wait(worked)));
        waits.sort_by_key(|wait| wait.from);
        Ok(Self {
            steps: reader.progress(job, worked / POINTS).await?,
            answers: reader.answers(job).await?,
            troubles: reader.troubles(job, &TROUBLES, MOST_WORDS).await?,
            drifted: reader.drifted_rows(job, SHOWN).await?,
            failures: reader.lines_among(job, &TROUBLES, Line(0), SHOWN).await?,
            first_lines: reader.lines_among(job, Status::ALL, Line(0), SHOWN).await?,
            waits,
            runs,
        })
    }
}

/// When a run was at work.
pub(super) fn stretch(run: &RunStory) -> Stretch {
    Stretch {
        from: run.started_at,
        until: run.worked_until(),
    }
}

/// Shorter ones are everyday: a fiftieth of the time at work, from a second to half a minute.
fn shortest_wait(worked: Duration) -> Duration {
    (worked / 50).clamp(Duration::from_secs(1), Duration::from_secs(30))
}

/// Of runs that died or are under way: from when they last got on to their last sign of life. Their
/// end is no event of theirs, so the ledger does not count it among the waits.
fn last_waits(runs: &[RunStory], shortest: Duration) -> Vec<Wait> {
    let unended = runs
        .iter()
        .filter(|run| run.ending.as_deref().is_none_or(|ending| ending == "died"));
    unended
        .map(|run| Wait {
            from: run.last_step_at.unwrap_or(run.started_at),
            until: run.worked_until(),
            verdicts: std::collections::BTreeMap::default(),
        })
        .filter(|wait| wait.until.since(wait.from).unwrap_or_default() >= shortest)
        .collect()
}
