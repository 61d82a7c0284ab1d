//! Writes the page: turns what the ledger holds into the words and drawings that the template prints.

use std::io::Write;
use std::time::Duration;

use askama::Template;
use serde_json::json;

use crate::domain::{Clock, Finding, Status, counted, grouped};
use crate::ledger::{Job, Reader, RunStory};
use crate::report::chart::answer_times::Bin;
use crate::report::chart::axis::{NARROW, Stretch, TimeSpan, WIDE};
use crate::report::chart::{answer_times, outcome_share, users_over_time};
use crate::report::figures::length;
use crate::report::html::background::{FactRow, asked, last_verification, mandate, people, proof};
use crate::report::html::facts::{self, PageFacts};
use crate::report::html::headline::{OverallResult, Tile, Totals, equation, shares};
use crate::report::html::line_data::{Embedded, Frame, outcomes, write_lines};
use crate::report::html::page_lines::{LeftOut, MOST_LINES, PageLines};
use crate::report::html::policy;
use crate::report::html::table_rows::{
    LineRow, OutcomeRow, RunLine, TroubleGroup, WaitLine, drift_groups, drift_rows, line_rows,
    run_codes, run_lines, trouble_groups, wait_codes, wait_lines,
};
use crate::report::html::words::wording;
use crate::report::zoned_times::ZonedTimes;
use crate::report::{ReportError, ReportOptions, Summary, UndoneSummary};

/// Writes the page of a job. `summary` must have been made with the same privacy. The page holds at most
/// [`MOST_LINES`] lines, so memory does not grow with a larger job.
///
/// # Errors
/// If the ledger cannot be read, or the file not be written.
pub(in crate::report) async fn write(
    reader: &mut Reader,
    job: &Job,
    summary: &Summary,
    options: &ReportOptions,
    file: impl Write,
) -> Result<(), ReportError> {
    write_most(reader, job, summary, options, MOST_LINES, file).await
}

/// Writes the page with at most `most` lines.
async fn write_most(
    reader: &mut Reader,
    job: &Job,
    summary: &Summary,
    options: &ReportOptions,
    most: usize,
    mut file: impl Write,
) -> Result<(), ReportError> {
    let lines = PageLines::choose(reader, job, most).await?;
    let numbers: Vec<_> = lines.numbers().collect();
    let facts = PageFacts::read(reader, job, lines).await?;
    let runs: Vec<_> = facts.runs.iter().map(|run| run.id.to_string()).collect();
    Page::new(job, summary, facts, options).write_into(&mut file)?;
    let frame = Frame {
        base: job.created_at,
        runs: &runs,
    };
    write_lines(reader, job, options.privacy, &frame, &numbers, &mut file).await?;
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
    kind: &'static str,
    zone: String,
    mandate: Vec<FactRow>,
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
    bins_note: &'static str,
    troubles: Vec<TroubleGroup>,
    failures: Vec<LineRow>,
    more_failures: Option<String>,
    first_lines: Vec<LineRow>,
    more_lines: Option<String>,
    notice: Option<LeftOut>,
    job_data: String,
}

impl Page {
    pub(super) fn new(
        job: &Job,
        summary: &Summary,
        mut facts: PageFacts,
        options: &ReportOptions,
    ) -> Self {
        let (privacy, times) = (options.privacy, options.times());
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
        let mut failures = drift_rows(std::mem::take(&mut facts.drifted), privacy, &times);
        failures.extend(line_rows(
            std::mem::take(&mut facts.failures),
            privacy,
            &times,
        ));
        let shown = failures.len() as u64;
        let first = facts.first_lines.len() as u64;
        let verified_on = last_verification(&facts.runs).map(|run| times.day(run.started_at));
        let notice = facts.lines.notice(summary, all);
        let left_out = facts.lines.left_out(summary);
        Self {
            policy: policy::policy(),
            style: policy::STYLE,
            redacted: privacy.is_masked(),
            change: wording::change(&job.change),
            target: job.target.clone(),
            kind: totals.kind(),
            zone: times.name(),
            mandate: mandate(summary, &facts.runs, &times),
            headline: totals.headline(verified_on.as_deref()),
            overall_result: totals.overall_result(summary),
            tiles: totals.tiles(&facts.runs),
            undone: summary.undone.as_ref().map(|by| undone(by, &times)),
            balance: equation,
            balanced: summary.balanced,
            lines: grouped(job.lines),
            sum: grouped(counts.iter().map(|(_, lines)| lines).sum()),
            share: outcome_share::draw(&counts, shares(&counts)),
            outcomes: counts
                .iter()
                .map(|(status, lines)| OutcomeRow::new(*status, *lines))
                .collect(),
            people: people(summary, &facts.runs),
            asked: asked(job, summary, &facts.runs, &times),
            proof: proof(job, summary),
            progress: [
                users_over_time::draw(&chart, &times, "progress-wide", WIDE),
                users_over_time::draw(&chart, &times, "progress-narrow", NARROW),
            ],
            runs: run_lines(&facts.runs, privacy, &times),
            shows_throttled: facts.runs.iter().any(|run| run.throttled.is_some()),
            waits: wait_lines(&facts.waits, &times),
            answers: [
                answer_times::draw(&bins, "answers-wide", WIDE),
                answer_times::draw(&bins, "answers-narrow", NARROW),
            ],
            answer_words: answer_words(&facts),
            bins_note: bins_note(&bins),
            bins: bins
                .iter()
                .map(|bin| (bin.range(), grouped(bin.answers)))
                .collect(),
            troubles,
            failures,
            more_failures: (all > shown).then(|| more_failures(all - shown, all, &facts.lines)),
            first_lines: line_rows(facts.first_lines, privacy, &times),
            more_lines: (job.lines > first).then(|| grouped(job.lines - first)),
            notice,
            job_data: job_data(job, &facts.runs, &left_out, &times),
        }
    }
}

/// Where the lines are that went wrong and are not in the list of the first ones.
fn more_failures(more: u64, all: u64, lines: &PageLines) -> String {
    let more = grouped(more);
    if all <= lines.numbers().count() as u64 {
        format!("{more} more are in the table below and in report.csv.")
    } else {
        format!("{more} more are in report.csv; the table below has the first of them.")
    }
}

/// What undo jobs gave back, in sentences.
fn undone(undone: &UndoneSummary, times: &ZonedTimes) -> String {
    let mut text = undone.with_times(|at| format!("on {}", times.recorded(at)));
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    format!(
        "{text}. The outcomes here are those of this job alone; the undo has a report of its own."
    )
}

fn users_chart(facts: &PageFacts, users: u64) -> users_over_time::ProgressChart {
    let runs = facts.runs.iter().zip(run_codes(&facts.runs));
    users_over_time::ProgressChart {
        runs: runs
            .map(|(run, name)| TimeSpan {
                name,
                stretch: facts::stretch(run),
            })
            .collect(),
        waits: facts
            .waits
            .iter()
            .zip(wait_codes(&facts.waits))
            .map(|(wait, name)| TimeSpan {
                name,
                stretch: Stretch {
                    from: wait.from,
                    until: wait.until,
                },
            })
            .collect(),
        steps: facts.steps.clone(),
        users,
    }
}

/// How long the ranges of the chart of answer times are.
fn bins_note(bins: &[Bin]) -> &'static str {
    if bins.last().is_some_and(Bin::is_open) {
        "All bars but the last are ranges of the same length; the last one holds all slower answers."
    } else {
        "All bars are ranges of the same length."
    }
}

fn answer_words(facts: &PageFacts) -> String {
    let times = &facts.answers.times;
    let all: u64 = times.iter().map(|time| time.answers).sum();
    let quantile = |share| answer_times::quantile(times, share).map(length);
    let has_died = |run: &RunStory| run.ending.as_deref() == Some("died");
    let silences = match facts.answers.silences {
        0 if facts.runs.iter().any(has_died) => {
            "A run was killed: whether its last requests were answered is not recorded.".to_owned()
        }
        0 => "No request stayed without an answer.".to_owned(),
        1 => "One request stayed without an answer.".to_owned(),
        many => format!("{} requests stayed without an answer.", grouped(many)),
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
fn job_data(job: &Job, runs: &[RunStory], left_out: &[u64], times: &ZonedTimes) -> String {
    let codes = run_codes(runs);
    let data = json!({
        "base": job.created_at.as_millis(),
        "left": left_out,
        "columns": job.roster_header,
        "outcomes": outcomes().map(|status| [status.as_str(), wording::outcome(status)]).collect::<Vec<_>>(),
        "reasons": crate::domain::Reason::ALL.map(|reason| (reason.as_str(), wording::reason(reason.as_str()))).into_iter().collect::<std::collections::BTreeMap<_, _>>(),
        "findings": Finding::ALL.map(|finding| (finding.as_str(), wording::finding(finding))).into_iter().collect::<std::collections::BTreeMap<_, _>>(),
        "runs": runs.iter().zip(codes).map(|(run, code)| format!("{code}, {} {}", wording::kind(&run.kind).to_lowercase(), run.id)).collect::<Vec<_>>(),
        "zone": zone(job, times),
    });
    let mut text = Vec::new();
    let written = serde_json::to_writer(Embedded(&mut text), &data);
    debug_assert!(written.is_ok(), "a vector takes every byte");
    String::from_utf8(text).unwrap_or_default()
}

/// How the clocks of the zone are set from the job's beginning on, so that the script needs no database of zones:
/// the moments in ms since the beginning, how far the clocks are ahead of UTC in ms, and the short names.
fn zone(job: &Job, times: &ZonedTimes) -> serde_json::Value {
    let Some(zone) = times.zone() else {
        return serde_json::Value::Null;
    };
    // Users may have been seen before the job was loaded, if the clock was set back.
    let from = job.created_at.before(Duration::from_hours(24));
    let settings = zone.settings_between(from, Clock::System.now());
    let settings = settings.iter().map(|one| {
        let from = one
            .from
            .map(|at| at.as_millis() - job.created_at.as_millis());
        json!([from, i64::from(one.ahead) * 1000, one.name])
    });
    json!({ "name": zone.to_string(), "settings": settings.collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::made_job::made_job;
    use crate::report::mask::Privacy;

    /// A page with at most `most` of six lines: two invalid ones (5 and 7), a duplicate (4), and three without an
    /// outcome.
    async fn page(most: usize) -> String {
        let (_dir, mut reader, job) = made_job(&["a", "b", "a", "", "c", ""]).await;
        let open = ReportOptions::new(Privacy::Open);
        let summary = Summary::gather(&mut reader, &job, open.privacy)
            .await
            .unwrap();
        let mut page = Vec::new();
        write_most(&mut reader, &job, &summary, &open, most, &mut page)
            .await
            .unwrap();
        String::from_utf8(page).unwrap()
    }

    /// The JSON of an element of the page.
    fn data(page: &str, id: &str) -> serde_json::Value {
        let (_, after) = page.split_once(&format!(" id=\"{id}\">")).unwrap();
        let (text, _) = after.split_once("</script>").unwrap();
        serde_json::from_str(text).unwrap()
    }

    fn lines(page: &str) -> Vec<u64> {
        let rows = data(page, "lines");
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| row[0].as_u64().unwrap()).collect()
    }

    #[tokio::test]
    async fn a_page_that_cannot_hold_all_lines_holds_the_urgent_ones_and_says_so() {
        let whole = page(6).await;
        assert_eq!(lines(&whole), [5, 7, 2, 3, 6, 4]);
        assert!(!whole.contains("<p class=\"partial\">"));
        let left = |page: &str| data(page, "job")["left"].as_array().unwrap().clone();
        assert!(left(&whole).iter().all(|lines| lines == 0));

        let part = page(3).await;
        assert_eq!(lines(&part), [5, 7, 2]);
        for sentence in [
            "This page lists 3 of the 6 lines,",
            "The numbers and charts are about all lines.",
            "This page holds 3 of the 6 lines, because browsers have trouble with larger pages.",
            "All that went wrong (2 lines) are on this page and come first.",
            "The other 3 lines (1 duplicate, 2 pending) are only in <strong>report.csv</strong> of this report",
            "<td class=\"number\" data-count=\"pending\">3</td>",
        ] {
            assert!(part.contains(sentence), "{sentence}\n{part}");
        }
        let sum: u64 = left(&part)
            .iter()
            .filter_map(serde_json::Value::as_u64)
            .sum();
        assert_eq!(sum, 3);

        let few = page(1).await;
        assert_eq!(lines(&few), [5]);
        let sentence =
            "2 lines went wrong, more than the page can hold: the first 1 of them are here";
        assert!(few.contains(sentence), "{few}");
        assert!(few.contains("1 more are in report.csv; the table below has the first of them."));
    }
}
