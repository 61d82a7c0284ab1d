//! Writes the page: turns what the ledger holds into the words and drawings that the template prints.

use std::io::Write;

use askama::Template;
use serde_json::json;

use crate::domain::Status;
use crate::ledger::{Job, Reader, RunStory};
use crate::report::chart::axis::{NARROW, Stretch, WIDE};
use crate::report::chart::{answer_times, outcome_share, users_over_time};
use crate::report::figures::{count, counted, length};
use crate::report::html::background::{FactRow, asked, people, proof};
use crate::report::html::facts::{self, PageFacts};
use crate::report::html::headline::{OverallResult, Tile, Totals, equation, shares};
use crate::report::html::line_data::{Embedded, Frame, MOST_LINES, outcomes, write_lines};
use crate::report::html::table_rows::{
    LineRow, OutcomeRow, RunLine, TroubleGroup, WaitLine, drift_groups, drift_rows, line_rows,
    run_lines, run_names, trouble_groups, wait_lines,
};
use crate::report::html::{policy, wording};
use crate::report::mask::Privacy;
use crate::report::{ReportError, Summary, UndoneSummary};

/// Writes the page of a job. `summary` must have been made with the same privacy. Memory does not grow with
/// the job.
///
/// # Errors
/// If the ledger cannot be read, or the file not be written.
pub(in crate::report) async fn write(
    reader: &mut Reader,
    job: &Job,
    summary: &Summary,
    privacy: Privacy,
    mut file: impl Write,
) -> Result<(), ReportError> {
    let facts = PageFacts::read(reader, job).await?;
    let runs: Vec<_> = facts.runs.iter().map(|run| run.id.to_string()).collect();
    Page::new(job, summary, facts, privacy).write_into(&mut file)?;
    let frame = Frame {
        base: job.created_at,
        runs: &runs,
    };
    write_lines(reader, job, privacy, &frame, &mut file).await?;
    write!(
        file,
        "<script>{}</script>\n</body>\n</html>\n",
        policy::SCRIPT
    )?;
    file.flush()?;
    Ok(())
}

/// The page up to its data.
#[derive(Template)]
#[template(path = "page.html", config = "src/report/askama.toml")]
pub(super) struct Page {
    policy: String,
    style: &'static str,
    redacted: bool,
    change: String,
    target: String,
    headline: String,
    overall_result: OverallResult,
    tiles: Vec<Tile>,
    undone: Option<String>,
    balance: String,
    balanced: bool,
    lines: String,
    sum: String,
    share: String,
    outcomes: Vec<OutcomeRow>,
    people: Vec<FactRow>,
    asked: Vec<FactRow>,
    proof: Vec<FactRow>,
    progress: [String; 2],
    runs: Vec<RunLine>,
    shows_throttled: bool,
    waits: Vec<WaitLine>,
    answers: [String; 2],
    bins: Vec<(String, String)>,
    answer_words: String,
    troubles: Vec<TroubleGroup>,
    failures: Vec<LineRow>,
    more_failures: Option<String>,
    first_lines: Vec<LineRow>,
    more_lines: Option<String>,
    cut: Option<String>,
    job_data: String,
}

impl Page {
    pub(super) fn new(
        job: &Job,
        summary: &Summary,
        mut facts: PageFacts,
        privacy: Privacy,
    ) -> Self {
        let lines_with =
            |status: Status| summary.outcomes.get(status.as_str()).copied().unwrap_or(0);
        let counts: Vec<_> = outcomes()
            .map(|status| (status, lines_with(status)))
            .collect();
        let totals = Totals::new(&lines_with, job.lines, summary);
        let equation = equation(&counts, job.lines, summary.balanced);
        let chart = users_chart(&facts, totals.users);
        let bins = answer_times::bins(&facts.answers.times);
        let all: u64 = facts.troubles.iter().map(|trouble| trouble.lines).sum();
        let all = all + summary.drift.values().sum::<u64>();
        let mut troubles = drift_groups(summary);
        troubles.extend(trouble_groups(&facts.troubles, privacy));
        let mut failures = drift_rows(std::mem::take(&mut facts.drifted), privacy);
        failures.extend(line_rows(std::mem::take(&mut facts.failures), privacy));
        let shown = failures.len() as u64;
        let first = facts.first_lines.len() as u64;
        Self {
            policy: policy::policy(),
            style: policy::STYLE,
            redacted: privacy.is_masked(),
            change: wording::change(&job.change),
            target: job.target.clone(),
            headline: totals.headline(),
            overall_result: totals.overall_result(summary),
            tiles: totals.tiles(&facts.runs),
            undone: summary.undone.as_ref().map(undone),
            balance: equation,
            balanced: summary.balanced,
            lines: count(job.lines),
            sum: count(counts.iter().map(|(_, lines)| lines).sum()),
            share: outcome_share::draw(&counts, shares(&counts)),
            outcomes: counts
                .iter()
                .map(|(status, lines)| OutcomeRow::new(*status, *lines))
                .collect(),
            people: people(summary),
            asked: asked(job, summary),
            proof: proof(job, summary),
            progress: [
                users_over_time::draw(&chart, "progress-wide", WIDE),
                users_over_time::draw(&chart, "progress-narrow", NARROW),
            ],
            runs: run_lines(&facts.runs, privacy),
            shows_throttled: facts.runs.iter().any(|run| run.throttled.is_some()),
            waits: wait_lines(&facts.waits),
            answers: [
                answer_times::draw(&bins, "answers-wide", WIDE),
                answer_times::draw(&bins, "answers-narrow", NARROW),
            ],
            answer_words: answer_words(&facts),
            bins: bins
                .iter()
                .map(|bin| (bin.range(), count(bin.answers)))
                .collect(),
            troubles,
            failures,
            more_failures: (all > shown).then(|| count(all - shown)),
            first_lines: line_rows(facts.first_lines, privacy),
            more_lines: (job.lines > first).then(|| count(job.lines - first)),
            cut: (job.lines > MOST_LINES).then(|| count(MOST_LINES)),
            job_data: job_data(job, &facts.runs),
        }
    }
}

/// What undo jobs gave back, in sentences.
fn undone(undone: &UndoneSummary) -> String {
    let mut text = undone.in_words();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    format!(
        "{text}. The outcomes here are those of this job alone; the undo has a report of its own."
    )
}

fn users_chart(facts: &PageFacts, users: u64) -> users_over_time::ProgressChart {
    let names = run_names(&facts.runs);
    let runs = facts.runs.iter().zip(names);
    users_over_time::ProgressChart {
        runs: runs
            .map(|(run, name)| users_over_time::RunShape {
                name,
                stretch: facts::stretch(run),
            })
            .collect(),
        waits: facts
            .waits
            .iter()
            .map(|wait| Stretch {
                from: wait.from,
                until: wait.until,
            })
            .collect(),
        steps: facts.steps.clone(),
        users,
    }
}

fn answer_words(facts: &PageFacts) -> String {
    let times = &facts.answers.times;
    let all: u64 = times.iter().map(|time| time.answers).sum();
    let quantile = |share| answer_times::quantile(times, share).map(length);
    let silences = match facts.answers.silences {
        0 => "No request stayed without an answer.".to_owned(),
        1 => "One request stayed without an answer.".to_owned(),
        many => format!("{} requests stayed without an answer.", count(many)),
    };
    let (Some(half), Some(most), Some(slowest)) = (quantile(0.5), quantile(0.95), quantile(1.0))
    else {
        return silences;
    };
    format!(
        "{}: half of them within {half}, 95 % within {most}, the slowest after {slowest}. {silences}",
        counted(all, "answer", "answers")
    )
}

/// The data that the script needs besides the lines.
fn job_data(job: &Job, runs: &[RunStory]) -> String {
    let names = run_names(runs);
    let data = json!({
        "base": job.created_at.as_millis(),
        "lines": job.lines,
        "columns": job.roster_header,
        "outcomes": outcomes().map(|status| [status.as_str(), wording::outcome(status)]).collect::<Vec<_>>(),
        "reasons": crate::domain::Reason::ALL.map(|reason| (reason.as_str(), wording::reason(reason.as_str()))).into_iter().collect::<std::collections::BTreeMap<_, _>>(),
        "runs": runs.iter().zip(names).map(|(run, name)| format!("{name} ({})", run.id)).collect::<Vec<_>>(),
    });
    let mut text = Vec::new();
    let written = serde_json::to_writer(Embedded(&mut text), &data);
    debug_assert!(written.is_ok(), "a vector takes every byte");
    String::from_utf8(text).unwrap_or_default()
}
