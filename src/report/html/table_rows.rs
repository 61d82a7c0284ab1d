//! The rows of the page's tables and lists, in words, ready for the template.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::domain::{Finding, Status, counted, grouped};
use crate::ledger::{RunStory, Trouble, UserRow, Wait};
use crate::report::Summary;
use crate::report::figures::length;
use crate::report::html::facts;
use crate::report::html::words::wording;
use crate::report::mask::Privacy;
use crate::report::zoned_times::ZonedTimes;

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
            count: grouped(lines),
            meaning: wording::meaning(status),
            is_none: lines == 0,
        }
    }
}

/// A run, as the table of runs shows it.
#[derive(Debug)]
pub(super) struct RunLine {
    /// The short name, as the chart has it.
    pub(super) code: String,
    /// What it did.
    pub(super) kind: String,
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

/// The short names of the runs, such as `R2`: the first letter of the kind, and its number among runs of this kind.
/// The charts have room for no more, and the tables say it in words.
pub(super) fn run_codes(runs: &[RunStory]) -> Vec<String> {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    runs.iter()
        .map(|run| {
            let number = seen.entry(&run.kind).or_default();
            *number += 1;
            let letter = wording::kind(&run.kind).chars().next().unwrap_or('R');
            format!("{}{number}", letter.to_ascii_uppercase())
        })
        .collect()
}

/// The rows of the table of runs, each with the pause before it.
pub(super) fn run_lines(runs: &[RunStory], privacy: Privacy, times: &ZonedTimes) -> Vec<RunLine> {
    let codes = run_codes(runs);
    let mut before = None;
    runs.iter()
        .zip(codes)
        .map(|(run, code)| {
            let until = run.worked_until();
            let pause = before
                .and_then(|before| run.started_at.since(before))
                .filter(|pause| pause.as_secs() > 0)
                .map(length);
            before = Some(until);
            RunLine {
                code,
                kind: wording::kind(&run.kind).to_owned(),
                started: times.moment(run.started_at),
                started_at: run.started_at.to_string(),
                worked: length(facts::stretch(run).length()),
                ending: wording::ending(run.ending.as_deref()),
                stopped: run.stopped.clone().map(|words| privacy.words(words)),
                settled: grouped(run.settled),
                answers: grouped(run.answers),
                throttled: run.throttled.map(grouped),
                pause,
            }
        })
        .collect()
}

/// A wait, as the table of waits shows it.
#[derive(Debug)]
pub(super) struct WaitLine {
    /// The short name, as the chart has it.
    pub(super) code: String,
    /// What kept the run waiting.
    pub(super) kind: &'static str,
    pub(super) from: String,
    pub(super) from_at: String,
    pub(super) length: String,
    pub(super) why: String,
}

/// What kept a run waiting, by the answers that came back meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WaitKind {
    /// The server or the network failed for all users.
    Outage,
    /// The provider asked for fewer requests.
    Throttling,
    /// Answers of other kinds came back, or none.
    Other,
}

impl WaitKind {
    fn of(wait: &Wait) -> Self {
        let answers = |words: &[&str]| -> u64 {
            let answers = words.iter().filter_map(|word| wait.verdicts.get(*word));
            answers.sum()
        };
        let failures = answers(&["transient", "uncertain"]);
        let throttled = answers(&["throttled"]);
        if failures > 0 && failures >= throttled {
            Self::Outage
        } else if throttled > 0 {
            Self::Throttling
        } else {
            Self::Other
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Outage => "Outage",
            Self::Throttling => "Throttled",
            Self::Other => "Wait",
        }
    }
}

/// The short names of the waits, such as `O1` for an outage and `W2` for a wait of another kind.
pub(super) fn wait_codes(waits: &[Wait]) -> Vec<String> {
    let codes = waits.iter().zip(1..).map(|(wait, number)| {
        let letter = match WaitKind::of(wait) {
            WaitKind::Outage => 'O',
            WaitKind::Throttling | WaitKind::Other => 'W',
        };
        format!("{letter}{number}")
    });
    codes.collect()
}

pub(super) fn wait_lines(waits: &[Wait], times: &ZonedTimes) -> Vec<WaitLine> {
    let lines = waits
        .iter()
        .zip(wait_codes(waits))
        .map(|(wait, code)| WaitLine {
            code,
            kind: WaitKind::of(wait).words(),
            from: times.moment(wait.from),
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
        let _ = write!(text, "{comma}{} {noun}", grouped(*answers));
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
            count: grouped(trouble.lines),
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
            count: grouped(users),
            explanation: wording::finding_meaning(finding).to_owned(),
            reason: None,
            quotes: Vec::new(),
            others: None,
        })
    });
    groups.into_iter().flatten().collect()
}

/// The rows of the users that a verification found changed or could not read, with what it found.
pub(super) fn drift_rows(
    mut rows: Vec<UserRow>,
    privacy: Privacy,
    times: &ZonedTimes,
) -> Vec<LineRow> {
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
    let lines = line_rows(rows, Privacy::Open, times)
        .into_iter()
        .zip(findings);
    lines
        .map(|(line, finding)| LineRow {
            words: Some(format!("The job's outcome was: {}", line.outcome)),
            code: finding.as_str(),
            outcome: wording::finding(finding),
            ..line
        })
        .collect()
}

/// An address in pieces, each with the sign that ends it, so that no line of the page ends inside a word.
fn pieces(address: &str) -> Vec<String> {
    let pieces = address.split_inclusive(['@', '.', '-', '_', '+']);
    pieces.map(str::to_owned).collect()
}

/// A line of the roster, as the page's own tables show it.
#[derive(Debug)]
pub(super) struct LineRow {
    pub(super) line: u64,
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    /// The address in pieces: a line may end between two of them.
    pub(super) address: Vec<String>,
    pub(super) code: &'static str,
    pub(super) outcome: &'static str,
    pub(super) why: String,
    pub(super) words: Option<String>,
    pub(super) attempts: u64,
    pub(super) answer: String,
    pub(super) done: Option<(String, String)>,
}

pub(super) fn line_rows(rows: Vec<UserRow>, privacy: Privacy, times: &ZonedTimes) -> Vec<LineRow> {
    let rows = rows.into_iter().map(|row| {
        let mut user = row;
        privacy.row(&mut user);
        let status = user.status.reported();
        let reason = user.reason.as_deref();
        let explained = reason.and_then(wording::reason);
        LineRow {
            line: user.line.0,
            address: pieces(user.user_name.as_deref().unwrap_or_default()),
            name: user
                .display_name
                .filter(|name| user.user_name.as_ref() != Some(name)),
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
            done: user.done_at.map(|at| (at.to_string(), times.moment(at))),
            id: user.user_id,
        }
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;

    #[test]
    fn a_wait_is_called_an_outage_if_the_server_or_the_network_failed() {
        let wait = |verdicts: &[(&str, u64)]| Wait {
            from: Timestamp::from_millis(0),
            until: Timestamp::from_millis(60_000),
            verdicts: verdicts
                .iter()
                .map(|(word, answers)| ((*word).to_owned(), *answers))
                .collect(),
        };
        let waits = [
            wait(&[("transient", 12), ("applied", 1)]),
            wait(&[("throttled", 2), ("applied", 1)]),
            wait(&[]),
            wait(&[("uncertain", 1)]),
            wait(&[("transient", 1), ("throttled", 3)]),
        ];
        let lines = wait_lines(&waits, &ZonedTimes::default());
        let shown: Vec<_> = lines
            .iter()
            .map(|line| (line.code.as_str(), line.kind))
            .collect();
        assert_eq!(
            shown,
            [
                ("O1", "Outage"),
                ("W2", "Throttled"),
                ("W3", "Wait"),
                ("O4", "Outage"),
                ("W5", "Throttled"),
            ]
        );
        assert_eq!(
            lines[0].why,
            "1 answer that showed a user in the wanted state, \
             12 failures of the server or the network"
        );
    }

    #[test]
    fn no_line_ends_inside_a_word_of_an_address() {
        assert_eq!(pieces("ada.l@x-y.com"), ["ada.", "l@", "x-", "y.", "com"]);
        assert!(pieces("").is_empty());
    }
}
