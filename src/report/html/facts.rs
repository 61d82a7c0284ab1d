//! Reads from the ledger what the page shows, except for the lines themselves. It is small, also for a large
//! job.

use std::time::Duration;

use crate::domain::{Line, Status};
use crate::ledger::{
    Answers, Job, LedgerError, ProgressPoint, Reader, RunStory, SaidText, Trouble, UserRow, Wait,
};
use crate::report::chart::axis::Stretch;
use crate::report::html::page_lines::PageLines;
use crate::report::html::words::reason_pattern;

/// How many of the lines that went wrong the page shows without a script.
pub(super) const SHOWN: usize = 100;

/// The most waits that are marked.
const MOST_WAITS: u32 = 30;

/// The most different texts that are quoted for each reason.
const MOST_WORDS: usize = 4;

/// The number of points of the curve: more than a screen can show.
const POINTS: u32 = 400;

/// The statuses of lines that went wrong, in the order in which the report lists them.
pub(super) const TROUBLES: [Status; 5] = [
    Status::Failed,
    Status::InDoubt,
    Status::Claimed,
    Status::NotFound,
    Status::Invalid,
];

/// What the page shows, except for the lines themselves.
#[derive(Debug)]
pub(super) struct PageFacts {
    pub(super) runs: Vec<RunStory>,
    pub(super) steps: Vec<ProgressPoint>,
    pub(super) answers: Answers,
    pub(super) waits: Vec<Wait>,
    pub(super) troubles: Vec<Trouble>,
    pub(super) failures: Vec<UserRow>,
    /// The users that a verification found in another state, or could not read.
    pub(super) drifted: Vec<UserRow>,
    pub(super) first_lines: Vec<UserRow>,
    /// The lines that the table of the page holds.
    pub(super) lines: PageLines,
}

impl PageFacts {
    pub(super) async fn read(
        reader: &mut Reader,
        job: &Job,
        lines: PageLines,
    ) -> Result<Self, LedgerError> {
        let runs = reader.run_stories(job).await?;
        let worked: Duration = runs.iter().map(|run| stretch(run).length()).sum();
        let mut waits = reader.waits(job, shortest_wait(worked), MOST_WAITS).await?;
        waits.extend(last_waits(&runs, shortest_wait(worked)));
        waits.sort_by_key(|wait| wait.from);
        Ok(Self {
            steps: reader.progress(job, worked / POINTS).await?,
            answers: reader.answers(job).await?,
            troubles: reader
                .troubles(job, &TROUBLES, MOST_WORDS, said_pattern)
                .await?,
            drifted: reader.drifted_rows(job, SHOWN).await?,
            failures: reader.lines_at(job, &lines.first_wrong(SHOWN)).await?,
            first_lines: reader.lines(job, Line(0), SHOWN).await?,
            lines,
            waits,
            runs,
        })
    }
}

/// What a text says, without what is only about the one user.
fn said_pattern(said: &SaidText) -> String {
    let names = [&said.user_id, &said.user_name, &said.display_name];
    let names: Vec<_> = names.into_iter().flatten().map(String::as_str).collect();
    reason_pattern(&said.text, &names)
}

/// The time during which a run worked.
pub(super) fn stretch(run: &RunStory) -> Stretch {
    Stretch {
        from: run.started_at,
        until: run.worked_until(),
    }
}

/// The shortest wait that is marked: a fiftieth of the time of all runs, but at least a second and at most half
/// a minute.
fn shortest_wait(worked: Duration) -> Duration {
    (worked / 50).clamp(Duration::from_secs(1), Duration::from_secs(30))
}

/// The last waits of runs that died or are in progress: from the last outcome to the last sign of life. Such
/// a run has stored no event for its end, so the ledger does not count this time among the waits.
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
