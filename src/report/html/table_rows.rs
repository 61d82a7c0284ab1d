//! The rows of the page's tables and lists, in words, ready for the template.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::domain::{Finding, Status};
use crate::ledger::{RunStory, Trouble, UserRow, Wait};
use crate::report::Summary;
use crate::report::figures::{count, counted, length, moment};
use crate::report::html::{facts, wording};
use crate::report::mask::Privacy;

/// An outcome with its count.
#[derive(Debug)]
pub(super) struct OutcomeRow {
    /// The word in the ledger. The symbol of the outcome has the same name.
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) count: String,
    pub(super) meaning: &'static str,
    pub(super) is_none: bool,
}

impl OutcomeRow {
    pub(super) fn new(status: Status, lines: u64) -> Self {
        Self {
            code: status.as_str(),
            name: wording::outcome(status),
            count: count(lines),
            meaning: wording::meaning(status),
            is_none: lines == 0,
        }
    }
}

/// A run, as the table of runs shows it.
#[derive(Debug)]
pub(super) struct RunLine {
    pub(super) name: String,
    pub(super) started: String,
    pub(super) started_at: String,
    pub(super) worked: String,
    pub(super) ending: String,
    /// Why it stopped early, in words.
    pub(super) stopped: Option<String>,
    pub(super) settled: String,
    pub(super) answers: String,
    pub(super) throttled: Option<String>,
    pub(super) pause: Option<String>,
}

/// The names of the runs, such as `Run 2`. Each kind of run is counted separately.
pub(super) fn run_names(runs: &[RunStory]) -> Vec<String> {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    runs.iter()
        .map(|run| {
            let number = seen.entry(&run.kind).or_default();
            *number += 1;
            format!("{} {number}", wording::kind(&run.kind))
        })
        .collect()
}

/// The rows of the table of runs, each with the pause before it.
pub(super) fn run_lines(runs: &[RunStory], privacy: Privacy) -> Vec<RunLine> {
    let names = run_names(runs);
    let mut before = None;
    runs.iter()
        .zip(names)
        .map(|(run, name)| {
            let until = run.worked_until();
            let pause = before
                .and_then(|before| run.started_at.since(before))
                .filter(|pause| pause.as_secs() > 0)
                .map(length);
            before = Some(until);
            RunLine {
                name,
                started: moment(run.started_at),
                started_at: run.started_at.to_string(),
                worked: length(facts::stretch(run).length()),
                ending: wording::ending(run.ending.as_deref()),
                stopped: run.stopped.clone().map(|words| privacy.words(words)),
                settled: count(run.settled),
                answers: count(run.answers),
                throttled: run.throttled.map(count),
                pause,
            }
        })
        .collect()
}

/// A wait, as the table of waits shows it.
#[derive(Debug)]
pub(super) struct WaitLine {
    pub(super) name: String,
    pub(super) from: String,
    pub(super) from_at: String,
    pub(super) length: String,
    pub(super) why: String,
}

pub(super) fn wait_lines(waits: &[Wait]) -> Vec<WaitLine> {
    let lines = waits.iter().enumerate().map(|(index, wait)| WaitLine {
        name: format!("W{}", index + 1),
        from: moment(wait.from),
        from_at: wait.from.to_string(),
        length: length(wait.until.since(wait.from).unwrap_or_default()),
        why: why(&wait.verdicts),
    });
    lines.collect()
}

fn why(verdicts: &BTreeMap<String, u64>) -> String {
    let mut text = String::new();
    for (word, answers) in verdicts {
        let noun = wording::verdict(word, *answers != 1);
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{comma}{} {noun}", count(*answers));
    }
    if text.is_empty() {
        text.push_str("no answer was recorded");
    }
    text
}

/// A group of lines that went wrong for the same reason.
#[derive(Debug)]
pub(super) struct TroubleGroup {
    pub(super) code: &'static str,
    pub(super) outcome: &'static str,
    pub(super) count: String,
    pub(super) explanation: String,
    pub(super) reason: Option<String>,
    pub(super) quotes: Vec<(String, String)>,
    pub(super) others: Option<String>,
}

pub(super) fn trouble_groups(troubles: &[Trouble], privacy: Privacy) -> Vec<TroubleGroup> {
    let groups = troubles.iter().map(|trouble| {
        // Not every name in a text about many lines can be found, so in a masked report no text is quoted.
        let words = trouble.words.iter().filter(|_| !privacy.is_masked());
        let words = words.map(|words| (words.text.clone(), counted(words.lines, "line", "lines")));
        let quotes: Vec<_> = words.collect();
        let others = trouble.lines - trouble.lines_with_words;
        let explanation = trouble.reason.as_deref().and_then(wording::reason);
        let status = trouble.status.reported();
        TroubleGroup {
            code: status.as_str(),
            outcome: wording::outcome(status),
            count: count(trouble.lines),
            explanation: explanation
                .map_or_else(|| wording::meaning(status).to_owned(), str::to_owned),
            reason: trouble.reason.clone(),
            others: (others > 0 && !quotes.is_empty())
                .then(|| counted(others, "line says", "lines say")),
            quotes,
        }
    });
    groups.collect()
}

/// The users that a verification found changed or could not read, as groups of their own.
pub(super) fn drift_groups(summary: &Summary) -> Vec<TroubleGroup> {
    let groups = [Finding::Drifted, Finding::Unread].map(|finding| {
        let users = summary.drifted(finding);
        (users > 0).then(|| TroubleGroup {
            code: finding.as_str(),
            outcome: wording::finding(finding),
            count: count(users),
            explanation: wording::finding_meaning(finding).to_owned(),
            reason: None,
            quotes: Vec::new(),
            others: None,
        })
    });
    groups.into_iter().flatten().collect()
}

/// The rows of the users that a verification found changed or could not read, with what it found.
pub(super) fn drift_rows(mut rows: Vec<UserRow>, privacy: Privacy) -> Vec<LineRow> {
    let mut findings = Vec::with_capacity(rows.len());
    for row in &mut rows {
        privacy.row(row);
        let unread = Finding::Unread;
        let verified = row.verified.take();
        let is_unread = verified
            .as_ref()
            .is_some_and(|(_, word)| word == unread.as_str());
        findings.push(if is_unread { unread } else { Finding::Drifted });
        row.reason = None;
        row.detail = row.verified_detail.take();
        row.done_at = verified.map(|(at, _)| at);
    }
    // The rows are masked already.
    let lines = line_rows(rows, Privacy::Open).into_iter().zip(findings);
    lines
        .map(|(line, finding)| LineRow {
            words: Some(format!("The job's outcome was: {}", line.outcome)),
            code: finding.as_str(),
            outcome: wording::finding(finding),
            ..line
        })
        .collect()
}

/// A line of the roster, as the page's own tables show it.
#[derive(Debug)]
pub(super) struct LineRow {
    pub(super) line: u64,
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) code: &'static str,
    pub(super) outcome: &'static str,
    pub(super) why: String,
    pub(super) words: Option<String>,
    pub(super) attempts: u64,
    pub(super) answer: String,
    pub(super) done: Option<(String, String)>,
}

pub(super) fn line_rows(rows: Vec<UserRow>, privacy: Privacy) -> Vec<LineRow> {
    let rows = rows.into_iter().map(|row| {
        let mut user = row;
        privacy.row(&mut user);
        let status = user.status.reported();
        let reason = user.reason.as_deref();
        let explained = reason.and_then(wording::reason);
        LineRow {
            line: user.line.0,
            name: user.display_name.or(user.user_name),
            code: status.as_str(),
            outcome: wording::outcome(status),
            // If the code has no words of its own, the detail is shown instead.
            words: user.detail.clone().filter(|_| explained.is_some()),
            why: explained
                .or(user.detail.as_deref())
                .or(reason)
                .unwrap_or_default()
                .to_owned(),
            attempts: user.attempts,
            answer: [
                user.http_status.map(|code| format!("HTTP {code}")),
                user.request_id,
            ]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", "),
            done: user.done_at.map(|at| (at.to_string(), moment(at))),
            id: user.user_id,
        }
    });
    rows.collect()
}
