//! The top of the page: the headline, the overall result, the numbers, and the reconciliation in words.

use std::fmt::Write;
use std::time::Duration;

use crate::domain::{Finding, Status, counted, grouped, one_or_many};
use crate::ledger::RunStory;
use crate::report::figures::length;
use crate::report::html::facts;
use crate::report::html::words::wording;
use crate::report::{Summary, UndoneSummary};

/// How the job ended: a class for the style sheet, and a sentence.
#[derive(Debug)]
pub(super) struct OverallResult {
    pub(super) class: &'static str,
    pub(super) text: String,
}

/// One of the large numbers at the top of the page.
#[derive(Debug)]
pub(super) struct Tile {
    pub(super) class: &'static str,
    pub(super) number: String,
    pub(super) name: &'static str,
    pub(super) note: String,
}

/// The counts that the headline and the tiles show.
#[derive(Debug)]
pub(super) struct Totals {
    pub(super) users: u64,
    wanted: u64,
    protected: u64,
    failed: u64,
    doubtful: u64,
    unknown: u64,
    pending: u64,
    /// Users that a verification found in another state than the wanted one.
    drifted: u64,
    /// Users that a verification could not read.
    unread: u64,
    /// What undo jobs have given back, if anything.
    undone: Option<UndoneSummary>,
    /// Users that a verification found as the job has left them.
    confirmed: u64,
    /// Whether the job gives back what another one took.
    restores: bool,
}

impl Totals {
    pub(super) fn new(lines_with: &impl Fn(Status) -> u64, lines: u64, summary: &Summary) -> Self {
        let unusable = lines_with(Status::Invalid) + lines_with(Status::Duplicate);
        let drifted = summary.drifted(Finding::Drifted);
        let wanted = lines_with(Status::Removed)
            + lines_with(Status::Restored)
            + lines_with(Status::Already);
        let undone = summary.undone.as_ref();
        let found = |finding: Finding| {
            let users = summary.verification.get(finding.as_str());
            users.copied().unwrap_or(0)
        };
        Self {
            users: lines.saturating_sub(unusable),
            wanted: wanted.saturating_sub(drifted),
            drifted,
            unread: summary.drifted(Finding::Unread),
            confirmed: found(Finding::Confirmed),
            restores: summary.undoes.is_some() || lines_with(Status::Restored) > 0,
            undone: undone.filter(|undone| undone.given_back > 0).cloned(),
            protected: lines_with(Status::Protected),
            failed: lines_with(Status::Failed),
            doubtful: lines_with(Status::InDoubt),
            unknown: lines_with(Status::NotFound),
            pending: lines_with(Status::Pending),
        }
    }

    /// What kind of report it is.
    pub(super) fn kind(&self) -> &'static str {
        if self.restores {
            "Undo report"
        } else {
            "Offboarding report"
        }
    }

    /// The headline: how many users are as they were to be, and what an undo and a verification say of that.
    /// `verified_on` is the day of the last verification.
    pub(super) fn headline(&self, verified_on: Option<&str>) -> String {
        let mut text = match &self.undone {
            Some(undone) => format!("Undone: {}", undone.share()),
            None => self.share(),
        };
        if self.drifted > 0 {
            let were = one_or_many(self.drifted, "was", "were");
            let _ = write!(text, ", {} {were} changed since", grouped(self.drifted));
        }
        if self.unread > 0 {
            let _ = write!(text, ", {} could not be read again", grouped(self.unread));
        }
        let is_as_found = self.undone.is_none() && self.drifted + self.unread == 0;
        if let Some(day) = verified_on.filter(|_| is_as_found && self.confirmed > 0) {
            if self.confirmed >= self.wanted {
                let _ = write!(text, ", verified on {day}");
            } else {
                let _ = write!(
                    text,
                    ", {} of them verified on {day}",
                    grouped(self.confirmed)
                );
            }
        }
        text
    }

    /// `882 of 894 users are in the wanted state`.
    fn share(&self) -> String {
        let users = counted(self.users, "user", "users");
        let (share, number) = if self.wanted == self.users && self.users > 0 {
            (format!("All of {users}"), self.users)
        } else {
            (format!("{} of {users}", grouped(self.wanted)), self.wanted)
        };
        let state = if self.restores {
            one_or_many(
                number,
                "has back what was taken",
                "have back what was taken",
            )
        } else {
            one_or_many(number, "is in the wanted state", "are in the wanted state")
        };
        format!("{share} {state}")
    }

    pub(super) fn overall_result(&self, summary: &Summary) -> OverallResult {
        let (class, text) = if !summary.balanced {
            (
                "bad",
                "The outcomes do not add up: do not rely on this report",
            )
        } else if !summary.finished {
            ("open", "Not finished: some users have no outcome yet")
        } else if self.undone.is_some() {
            (
                "some",
                "Finished, and undone afterwards; every line is accounted for",
            )
        } else if self.needing_a_look() > 0 {
            (
                "some",
                "Finished; some users need a look, and every line is accounted for",
            )
        } else {
            (
                "good",
                "Finished; every line of the roster is accounted for",
            )
        };
        if self.drifted == 0 {
            return OverallResult {
                class,
                text: text.to_owned(),
            };
        }
        let users = counted(self.drifted, "user", "users");
        OverallResult {
            class: "bad",
            text: format!("{text}. A verification found {users} in another state"),
        }
    }

    /// How many users a person has to look at.
    fn needing_a_look(&self) -> u64 {
        self.failed + self.doubtful + self.unknown + self.drifted + self.unread
    }

    /// How many users are in the wanted state or, after an undo, have back what was taken.
    fn reached(&self) -> Tile {
        if let Some(undone) = &self.undone {
            let of = counted(undone.taken, "user", "users");
            return Tile {
                class: "open",
                number: grouped(undone.given_back),
                name: "have back what was taken",
                note: format!("of {of} from whom something was taken"),
            };
        }
        let note = match self.users {
            0 => "of no users".to_owned(),
            users => {
                let tenths = self.wanted * 1000 / users;
                format!(
                    "{}.{} % of {}",
                    tenths / 10,
                    tenths % 10,
                    counted(users, "user", "users")
                )
            }
        };
        Tile {
            class: "good",
            number: grouped(self.wanted),
            name: if self.restores {
                "have back what was taken"
            } else {
                "in the wanted state"
            },
            note,
        }
    }

    pub(super) fn tiles(&self, runs: &[RunStory]) -> Vec<Tile> {
        let worked: Duration = runs.iter().map(|run| facts::stretch(run).length()).sum();
        let open = self.needing_a_look();
        let mut parts = Vec::new();
        for (number, name) in [
            (self.failed, "failed"),
            (self.doubtful, "in doubt"),
            (self.unknown, "not found"),
            (self.drifted, "changed since"),
            (self.unread, "not read again"),
        ] {
            if number > 0 {
                parts.push(format!("{} {name}", grouped(number)));
            }
        }
        let left = self.pending + self.protected;
        vec![
            self.reached(),
            Tile {
                class: if open > 0 { "bad" } else { "none" },
                number: grouped(open),
                name: "need a look",
                note: match parts.as_slice() {
                    [] => "no user failed".to_owned(),
                    parts => parts.join(", "),
                },
            },
            Tile {
                class: if self.pending > 0 { "open" } else { "none" },
                number: grouped(left),
                name: "left alone",
                note: format!(
                    "{} pending, {} protected",
                    grouped(self.pending),
                    grouped(self.protected)
                ),
            },
            Tile {
                class: "none",
                number: length(worked),
                name: "at work",
                note: format!("in {}", counted(runs.len() as u64, "run", "runs")),
            },
        ]
    }
}

/// The reconciliation in one sentence.
pub(super) fn equation(counts: &[(Status, u64)], lines: u64, balanced: bool) -> String {
    let terms: Vec<_> = counts
        .iter()
        .filter(|(_, number)| *number > 0)
        .map(|(status, number)| {
            format!("{} {}", grouped(*number), status.as_str().replace('_', " "))
        })
        .collect();
    let sum: u64 = counts.iter().map(|(_, number)| number).sum();
    let terms = if terms.is_empty() {
        "nothing".to_owned()
    } else {
        terms.join(" + ")
    };
    let end = if balanced {
        "Every line has exactly one outcome; nothing is missing."
    } else {
        "The two do not agree: the ledger is damaged."
    };
    let has = one_or_many(lines, "line", "lines");
    format!(
        "{terms} = {}. The roster has {} {has}. {end}",
        grouped(sum),
        grouped(lines)
    )
}

pub(super) fn shares(counts: &[(Status, u64)]) -> String {
    let parts = counts.iter().filter(|(_, number)| *number > 0);
    let parts =
        parts.map(|(status, number)| format!("{} {}", wording::outcome(*status), grouped(*number)));
    format!(
        "All lines by outcome: {}",
        parts.collect::<Vec<_>>().join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::made_job::made_job;
    use crate::report::mask::Privacy;

    /// The headline of a job of ten users, of whom so many have these outcomes and findings.
    async fn headline(
        outcomes: &[(Status, u64)],
        findings: &[(Finding, u64)],
        drift: &[(Finding, u64)],
    ) -> String {
        let (_dir, mut reader, job) = made_job(&["a"]).await;
        let summary = Summary::gather(&mut reader, &job, Privacy::Open).await;
        let mut summary = summary.unwrap();
        let words = |(finding, users): &(Finding, u64)| (finding.as_str(), *users);
        summary.verification = findings
            .iter()
            .map(words)
            .map(|(finding, users)| (finding.to_owned(), users))
            .collect();
        summary.drift = drift.iter().map(words).collect();
        let lines_with = |status: Status| {
            let lines = outcomes.iter().find(|(one, _)| *one == status);
            lines.map_or(0, |(_, lines)| *lines)
        };
        Totals::new(&lines_with, 10, &summary).headline(Some("2 Mar 2030"))
    }

    #[tokio::test]
    async fn the_headline_says_what_a_verification_found() {
        use Finding::{Confirmed, Drifted, Unread};
        let all = &[(Status::Removed, 10)][..];
        let some = &[(Status::Removed, 7), (Status::Failed, 3)][..];
        for (outcomes, findings, drift, told) in [
            (
                all,
                &[][..],
                &[][..],
                "All of 10 users are in the wanted state",
            ),
            (
                all,
                &[(Confirmed, 10)],
                &[],
                "All of 10 users are in the wanted state, verified on 2 Mar 2030",
            ),
            (
                some,
                &[(Confirmed, 7)],
                &[],
                "7 of 10 users are in the wanted state, verified on 2 Mar 2030",
            ),
            (
                all,
                &[(Confirmed, 4)],
                &[],
                "All of 10 users are in the wanted state, 4 of them verified on 2 Mar 2030",
            ),
            (
                all,
                &[(Confirmed, 8), (Drifted, 1), (Unread, 1)],
                &[(Drifted, 1), (Unread, 1)],
                "9 of 10 users are in the wanted state, 1 was changed since, 1 could not be read again",
            ),
            (
                &[(Status::Restored, 10)],
                &[(Confirmed, 10)],
                &[],
                "All of 10 users have back what was taken, verified on 2 Mar 2030",
            ),
        ] {
            assert_eq!(headline(outcomes, findings, drift).await, told);
        }
    }
}
