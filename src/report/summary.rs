//! `summary.json`, and what `--json` prints: the job, where its lines stand, and whether it adds up.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::Status;
use crate::ledger::{Counts, Job, RunRow};

/// The version of the summary's form. Members may be added within one version.
const SCHEMA: u32 = 1;

/// A job in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The version of this form.
    pub schema: u32,
    /// The job's id.
    pub job: String,
    /// The SCIM base URL.
    pub target: String,
    /// What was asked for every user.
    pub change: String,
    /// The roster, as it was named when it was loaded.
    pub roster: String,
    /// SHA-256 of the roster's bytes.
    pub roster_digest: String,
    /// Records in the roster.
    pub lines: u64,
    /// Distinct valid users.
    pub users: u64,
    /// Each outcome with its number of lines, also those with none.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// Whether the outcomes add up to the lines (P8).
    pub balanced: bool,
    /// Whether nothing is left to do.
    pub finished: bool,
    /// The runs, in order.
    pub runs: Vec<RunSummary>,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunSummary {
    /// Its id.
    pub id: String,
    /// What it did: `plan`, `run` or `verify`.
    pub kind: String,
    /// The machine.
    pub host: String,
    /// The account that it signed in as.
    pub account: String,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// RFC 3339, UTC; absent while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// How it ended; absent while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending: Option<String>,
}

impl Summary {
    /// Puts the numbers of a job together.
    pub fn new(job: &Job, counts: &Counts, runs: &[RunRow]) -> Self {
        let mut outcomes = BTreeMap::new();
        for status in Status::ALL {
            *outcomes.entry(status.reported().as_str()).or_default() += counts.of(*status);
        }
        Self {
            schema: SCHEMA,
            job: job.id.to_string(),
            target: job.target.clone(),
            change: job.change.to_string(),
            roster: job.roster_path.clone(),
            roster_digest: job.roster_digest.clone(),
            lines: job.lines,
            users: job.users,
            balanced: outcomes.values().sum::<u64>() == job.lines,
            finished: counts.open() == 0,
            outcomes,
            runs: runs.iter().map(RunSummary::new).collect(),
        }
    }
}

impl RunSummary {
    fn new(run: &RunRow) -> Self {
        Self {
            id: run.id.to_string(),
            kind: run.kind.clone(),
            host: run.host.clone(),
            account: run.account.clone(),
            started_at: run.started_at.to_string(),
            ended_at: run.ended_at.map(|time| time.to_string()),
            ending: run.ending.clone(),
        }
    }
}
