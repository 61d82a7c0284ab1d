//! What undo jobs have given back of what a job took, for the summary and in words.

use serde::Serialize;

use crate::ledger::{Undone, UndoneBy};

/// What undo jobs have given back of what a job took, as the summary reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UndoneSummary {
    /// Users from whom the job has taken something, or may have.
    pub taken: u64,
    /// Of these, the users that have back what was taken, and that the job has not written since.
    pub given_back: u64,
    /// Of these, the users whose last verification was before that.
    pub verified_before: u64,
    /// The undo jobs, in the order in which they were made.
    pub jobs: Vec<UndoneBySummary>,
}

/// One undo job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UndoneBySummary {
    /// Its id.
    pub job: String,
    /// When it last gave a user an outcome: RFC 3339, UTC.
    pub at: String,
    /// Users to whom this undo gave back what was taken.
    pub given_back: u64,
    /// Whether it has nothing left to do.
    pub finished: bool,
}

impl UndoneSummary {
    /// Makes the summary from what the ledger holds.
    pub fn new(undone: &Undone) -> Self {
        let job = |by: &UndoneBy| UndoneBySummary {
            job: by.id.to_string(),
            at: by.at.to_string(),
            given_back: by.given_back,
            finished: by.finished,
        };
        Self {
            taken: undone.taken,
            given_back: undone.given_back,
            verified_before: undone.verified_before,
            jobs: undone.jobs.iter().map(job).collect(),
        }
    }

    /// A sentence with the undo jobs, their times and the number of users: `undone by job …: 3 of 3 users have
    /// back what was taken`.
    pub fn in_words(&self) -> String {
        self.with_times(|at| format!("at {at}"))
    }

    /// The same sentence with times as `time` writes them.
    pub(super) fn with_times(&self, time: impl Fn(&str) -> String) -> String {
        let jobs = self.jobs.iter().map(|by| {
            let state = if by.finished { "" } else { ", not finished," };
            format!("job {}{state} {}", by.job, time(&by.at))
        });
        // As long as no user has anything back, the job is not called undone, even if an undo was run.
        let undone = if self.given_back == 0 {
            "undo"
        } else {
            "undone"
        };
        format!(
            "{undone} by {}: {}",
            jobs.collect::<Vec<_>>().join(" and "),
            self.share()
        )
    }

    /// `3 of 3 users have back what was taken`.
    pub fn share(&self) -> String {
        let users = match self.taken {
            1 => "user has",
            _ => "users have",
        };
        format!(
            "{} of {} {users} back what was taken",
            self.given_back, self.taken
        )
    }
}

/// [`UndoneSummary::in_words`] for what the ledger holds.
pub(crate) fn undone_in_words(undone: &Undone) -> String {
    UndoneSummary::new(undone).in_words()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_undo_is_named_with_its_time() {
        let by = |job: &str, finished| UndoneBySummary {
            job: job.to_owned(),
            at: "2026-01-02T03:04:05.678Z".to_owned(),
            given_back: 1,
            finished,
        };
        for (jobs, taken, words) in [
            (
                vec![by("a", true)],
                1,
                "undone by job a at 2026-01-02T03:04:05.678Z: 1 of 1 user has back what was taken",
            ),
            (
                vec![by("a", true), by("b", false)],
                3,
                "undone by job a at 2026-01-02T03:04:05.678Z and job b, not finished, at \
                 2026-01-02T03:04:05.678Z: 1 of 3 users have back what was taken",
            ),
        ] {
            let summary = UndoneSummary {
                taken,
                given_back: 1,
                verified_before: 0,
                jobs,
            };
            assert_eq!(summary.in_words(), words);
        }
    }
}
