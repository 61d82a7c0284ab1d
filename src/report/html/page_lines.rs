//! Which lines of the roster the page holds, and what it says about the others. Browsers have trouble with larger
//! pages, so that the lines that a person has to look at come first, and those beyond the limit are in `report.csv`
//! alone. Counts and charts cover all lines.

use crate::domain::{Line, Status, counted, grouped, one_or_many};
use crate::ledger::{Counts, Job, LedgerError, Reader};
use crate::report::Summary;
use crate::report::html::facts::TROUBLES;
use crate::report::html::line_data::outcomes;

/// The most lines that the page holds.
pub(super) const MOST_LINES: usize = 50_000;

/// The lines that the page holds.
#[derive(Debug)]
pub(super) struct PageLines {
    chosen: Vec<(Line, Status)>,
}

/// What the page says if it does not hold all lines.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// How many lines it holds.
    pub(super) held: String,
    /// How many lines are left out, with the noun.
    pub(super) left: String,
    /// The lines that are left out, by outcome.
    pub(super) left_by_outcome: String,
    /// Where the lines are that went wrong, in a sentence.
    pub(super) wrong: String,
}

impl PageLines {
    /// Chooses at most `most` lines of the job, the most urgent first.
    pub(super) async fn choose(
        reader: &mut Reader,
        job: &Job,
        most: usize,
    ) -> Result<Self, LedgerError> {
        let chosen = reader.by_urgency(job, most).await?;
        Ok(Self { chosen })
    }

    /// The numbers of the lines, in the order of the page.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.chosen.iter().map(|(line, _)| line.0)
    }

    /// The first lines that went wrong.
    pub(super) fn first_wrong(&self, limit: usize) -> Vec<u64> {
        let wrong = self
            .chosen
            .iter()
            .filter(|(_, status)| TROUBLES.contains(status));
        wrong.take(limit).map(|(line, _)| line.0).collect()
    }

    /// How many lines with each reported outcome are left out, in the order of the outcomes.
    pub(super) fn left_out(&self, summary: &Summary) -> Vec<u64> {
        let held = self.chosen.iter().map(|(_, status)| (status.reported(), 1));
        let held: Counts = held.collect();
        let all = |status: Status| summary.outcomes.get(status.as_str()).copied().unwrap_or(0);
        outcomes()
            .map(|status| all(status).saturating_sub(held.of(status)))
            .collect()
    }

    /// What the page says about the lines that are left out; `None` if it holds all. `wrong` is the number of lines
    /// that went wrong.
    pub(super) fn notice(&self, summary: &Summary, wrong: u64) -> Option<LeftOut> {
        let left = self.left_out(summary);
        let all_left: u64 = left.iter().sum();
        if all_left == 0 {
            return None;
        }
        let held = self.chosen.len() as u64;
        let by_outcome = outcomes().zip(left).filter(|(_, lines)| *lines > 0);
        let by_outcome: Vec<_> = by_outcome
            .map(|(status, lines)| {
                format!("{} {}", grouped(lines), status.as_str().replace('_', " "))
            })
            .collect();
        Some(LeftOut {
            held: grouped(held),
            left: counted(all_left, "line", "lines"),
            left_by_outcome: by_outcome.join(", "),
            wrong: if wrong == 0 {
                "No line went wrong.".to_owned()
            } else if wrong <= held {
                let (are, come) = (
                    one_or_many(wrong, "is", "are"),
                    one_or_many(wrong, "comes", "come"),
                );
                let lines = counted(wrong, "line", "lines");
                format!("All that went wrong ({lines}) {are} on this page and {come} first.")
            } else {
                format!(
                    "{} went wrong, more than the page can hold: the first {} of them are here, failed lines first.",
                    counted(wrong, "line", "lines"),
                    grouped(held)
                )
            },
        })
    }
}
