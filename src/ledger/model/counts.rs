//! How many lines of a job are in each state.

use std::collections::BTreeMap;

use crate::domain::Status;

/// How many lines of a job are in each state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<Status, u64>);

/// How far the work on a job has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkLeft {
    /// Users of the job.
    pub users: u64,
    /// Of these, the ones that a run still has to deal with.
    pub open: u64,
}

impl Counts {
    /// Lines with this status.
    pub fn of(&self, status: Status) -> u64 {
        self.0.get(&status).copied().unwrap_or(0)
    }

    /// All lines.
    pub fn lines(&self) -> u64 {
        self.0.values().sum()
    }

    /// Lines that a run still has to deal with.
    pub fn open(&self) -> u64 {
        self.sum(Status::is_open)
    }

    /// Lines that keep the job from ending well.
    pub fn trouble(&self) -> u64 {
        self.sum(Status::is_trouble)
    }

    /// Lines that name a user of their own.
    pub fn users(&self) -> u64 {
        self.sum(|status| !matches!(status, Status::Invalid | Status::Duplicate))
    }

    fn sum(&self, wanted: impl Fn(Status) -> bool) -> u64 {
        self.0
            .iter()
            .filter(|(status, _)| wanted(**status))
            .map(|(_, count)| count)
            .sum()
    }
}

impl FromIterator<(Status, u64)> for Counts {
    fn from_iter<T: IntoIterator<Item = (Status, u64)>>(counts: T) -> Self {
        let mut sums = BTreeMap::new();
        for (status, count) in counts {
            *sums.entry(status).or_default() += count;
        }
        Self(sums)
    }
}
