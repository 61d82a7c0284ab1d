//! The outcomes of a job for people: each outcome with its number, their sum, and the users that failed.

use std::fmt::Write;

use indicatif::HumanCount;

use crate::domain::{Finding, Status, on_one_line};
use crate::ledger::{Counts, Job, UserRow};
use crate::report::Summary;

/// Lines shown of the users that failed or are in doubt.
pub(crate) const SHOWN: usize = 10;

/// One outcome a line, then the sum against the roster. While a run is at work, its claims are in
/// flight; otherwise they are in doubt.
pub(crate) fn totals(job: &Job, counts: &Counts, is_at_work: bool) -> String {
    let mut text = String::new();
    for status in Status::ALL {
        let count = counts.of(*status);
        if count > 0 {
            let name = match status {
                Status::Claimed if is_at_work => "in flight".to_owned(),
                status => status.reported().as_str().replace('_', " "),
            };
            let _ = writeln!(text, "  {name:<10} {:>10}", HumanCount(count).to_string());
        }
    }
    let sum = counts.lines();
    let verdict = if sum == job.lines { "=" } else { "≠" };
    let _ = write!(
        text,
        "  {:<10} {:>10}   {verdict} {} lines in the roster",
        "total",
        HumanCount(sum).to_string(),
        HumanCount(job.lines)
    );
    text
}

/// How many users the last verification found in another state or could not read; `None` if there are none.
pub(crate) fn drift(summary: &Summary) -> Option<String> {
    let drifted = summary.drifted(Finding::Drifted);
    let unread = summary.drifted(Finding::Unread);
    let parts = [
        (drifted, "found in another state"),
        (unread, "could not be read"),
    ];
    let parts: Vec<_> = parts
        .iter()
        .filter(|(users, _)| *users > 0)
        .map(|(users, words)| format!("{} {words}", HumanCount(*users)))
        .collect();
    (!parts.is_empty()).then(|| format!("by the last verification: {}", parts.join(", ")))
}

/// The last hash of the chain. Kept elsewhere, it shows later whether the ledger was cut or written anew.
pub(crate) fn chain_head(events: u64, hash: &str) -> String {
    format!("chain of {events} events, head {hash}")
}

/// These users: the line, the id, the outcome, and why.
pub(crate) fn failures(rows: &[UserRow], all: u64) -> String {
    let mut text = String::new();
    for row in rows {
        let who = row.user_id.as_deref().map(|id| format!("user {id}: "));
        let reason = row.reason.as_deref().map(|code| format!(" ({code})"));
        let words = row.detail.as_deref().map(|words| format!(": {words}"));
        let line = format!(
            "line {}: {}{}{}{}",
            row.line,
            who.unwrap_or_default(),
            row.status.reported().as_str().replace('_', " "),
            reason.unwrap_or_default(),
            words.unwrap_or_default()
        );
        let _ = writeln!(text, "  {}", on_one_line(&line));
    }
    let more = all.saturating_sub(rows.len() as u64);
    if more > 0 {
        let _ = writeln!(text, "  … and {} more: see the report", HumanCount(more));
    }
    text.pop();
    text
}
