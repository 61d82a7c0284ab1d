//! The outcomes of a job for people: each outcome with its number, their sum, and the users that failed.

use std::fmt::Write;

use crate::domain::{Finding, Status, grouped, on_one_line};
use crate::ledger::{Counts, Job, UserRow};
use crate::report::Summary;
use crate::screen::{Paint, Painted};

/// Lines shown of the users that failed or are in doubt.
pub(crate) const SHOWN: usize = 10;

/// One outcome a line, then the sum against the roster. While a run is at work, its claims are in
/// flight; otherwise they are in doubt.
pub(crate) fn totals(job: &Job, counts: &Counts, is_at_work: bool) -> Painted {
    let mut text = Painted::default();
    for status in Status::ALL {
        let count = counts.of(*status);
        if count > 0 {
            let name = match status {
                Status::Claimed if is_at_work => "in flight".to_owned(),
                status => status.reported().as_str().replace('_', " "),
            };
            text.paint(
                paint_of(*status),
                format!("  {name:<10} {:>10}", grouped(count)),
            );
            let _ = writeln!(text);
        }
    }
    let sum = counts.lines();
    let (paint, verdict) = if sum == job.lines {
        (Paint::Strong, "=")
    } else {
        (Paint::Bad, "≠")
    };
    let total = format!(
        "  {:<10} {:>10}   {verdict} {} lines in the roster",
        "total",
        grouped(sum),
        grouped(job.lines)
    );
    text.with(paint, total)
}

/// How a status looks.
pub(crate) fn paint_of(status: Status) -> Paint {
    match status {
        Status::Removed | Status::Restored | Status::Already => Paint::Good,
        Status::Failed | Status::InDoubt => Paint::Bad,
        Status::NotFound | Status::Invalid => Paint::Caution,
        Status::Protected | Status::Duplicate | Status::Claimed | Status::Pending => Paint::Plain,
    }
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
        .map(|(users, words)| format!("{} {words}", grouped(*users)))
        .collect();
    (!parts.is_empty()).then(|| format!("by the last verification: {}", parts.join(", ")))
}

/// The last hash of the chain. Kept elsewhere, it shows later whether the ledger was cut or written anew.
pub(crate) fn chain_head(events: u64, hash: &str) -> String {
    format!("chain of {events} events, head {hash}")
}

/// These users, one a line; `all_shown_by` is the command that lists all of them.
pub(crate) fn failures(rows: &[UserRow], all: u64, all_shown_by: &str) -> Painted {
    let mut text = Painted::default();
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            let _ = writeln!(text);
        }
        text.append(failure(row));
    }
    let more = all.saturating_sub(rows.len() as u64);
    if more > 0 {
        let _ = write!(text, "\n  … and {} more: {all_shown_by}", grouped(more));
    }
    text
}

/// One user: the line, name, address and id, the outcome, and why.
pub(crate) fn failure(row: &UserRow) -> Painted {
    let name = row.name().map(|name| format!("{name}: "));
    let mut text = Painted::default();
    let _ = write!(text, "  line {}: ", row.line);
    let name = name.unwrap_or_default();
    let _ = write!(text, "{}", on_one_line(&name));
    let outcome = row.status.reported().as_str().replace('_', " ");
    text.paint(paint_of(row.status.reported()), outcome);
    let reason = row.reason.as_deref().map(|code| format!(" ({code})"));
    let words = row.detail.as_deref().map(|words| format!(": {words}"));
    let why = reason.unwrap_or_default() + &words.unwrap_or_default();
    let _ = write!(text, "{}", on_one_line(&why));
    text
}
