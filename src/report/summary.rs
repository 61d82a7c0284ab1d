//! `summary.json`, which `--json` prints too: the job, the outcomes of its lines and their sum, its runs with
//! who made them and why, and the end of its chain of events.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::domain::{Finding, Status};
use crate::ledger::{Counts, Head, Job, LedgerError, Reader, RunRow};
use crate::report::given_back::UndoneSummary;
use crate::report::mask::Privacy;

/// The version of the summary's form. Members may be added within one version.
const SCHEMA: u32 = 1;

/// A job in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Summary {
    /// The version of this form.
    pub schema: u32,
    /// The version of the program that made the summary.
    pub version: &'static str,
    /// The job's id.
    pub job: String,
    /// The SCIM base URL.
    pub target: String,
    /// The change that was asked for.
    pub change: String,
    /// The path of the roster when it was loaded.
    pub roster: String,
    /// SHA-256 of the roster's bytes.
    pub roster_digest: String,
    /// The number of records in the roster.
    pub lines: u64,
    /// The number of distinct users in the roster.
    pub users: u64,
    /// The number of lines with each outcome, including outcomes without lines.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// The sum of all outcomes.
    pub sum: u64,
    /// Whether the sum is the number of lines (P8).
    pub balanced: bool,
    /// Whether no line is left for a further run.
    pub finished: bool,
    /// Other attributes in which users have access. The change does not take that access. Empty if none was seen.
    pub kept_access: Vec<String>,
    /// The number of users with each finding of a verification; empty if there was none.
    pub verification: BTreeMap<String, u64>,
    /// The number of users that a verification found in another state than the wanted one (`drifted`), or could
    /// not read (`unread`), and that neither the job nor an undo of it has written since. Absent if there are
    /// none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(test, schemars(default))]
    pub drift: BTreeMap<&'static str, u64>,
    /// What undo jobs have given back of what this job took; absent if no undo of it was begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undone: Option<UndoneSummary>,
    /// For an undo: the id of the job that it undoes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undoes: Option<String>,
    /// The number of requests of all runs, as far as the runs recorded it.
    pub requests: u64,
    /// The number of answers in all runs that asked for fewer requests (429).
    pub throttled: u64,
    /// The number of runs that ended before the job was finished, including runs that died.
    pub interruptions: u64,
    /// The end of the chain of events; absent if it has no event yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<ChainSummary>,
    /// The runs, in order.
    pub runs: Vec<RunSummary>,
}

/// The end of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChainSummary {
    /// The number of events in it.
    pub events: u64,
    /// The hash of the last one.
    pub head: String,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RunSummary {
    /// Its id.
    pub id: String,
    /// What it did: `plan`, `run` or `verify`.
    pub kind: String,
    /// The machine.
    pub host: String,
    /// The program's version.
    pub version: String,
    /// The account that signed in.
    pub account: String,
    /// The user of the operating system.
    pub operator: String,
    /// The account's own id at the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_id: Option<String>,
    /// The provider's id of the tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The ticket that asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// Why the run was made, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The person who approved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approver: Option<String>,
    /// When it began: RFC 3339, UTC.
    pub started_at: String,
    /// When it ended: RFC 3339, UTC; absent while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// How it ended; absent while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending: Option<String>,
    /// Why it stopped early, in words; absent if it did not, or if no reason was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// The number of requests of all kinds; absent if it died.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<u64>,
    /// The number of answers that asked for fewer requests; absent if it died.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throttled: Option<u64>,
    /// The counts of a verification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
}

impl Summary {
    /// Reads the summary of a job. Call it within a snapshot if a run may be writing.
    ///
    /// # Errors
    /// The ledger cannot be read, or a row is not what this version writes.
    pub async fn gather(
        reader: &mut Reader,
        job: &Job,
        privacy: Privacy,
    ) -> Result<Self, LedgerError> {
        let counts = reader.counts(job).await?;
        let findings = reader.findings(job).await?;
        let head = reader.head(job).await?;
        let mut runs = reader.runs(job).await?;
        for run in &mut runs {
            privacy.mandate(&mut run.mandate);
            run.stopped = run.stopped.take().map(|words| privacy.words(words));
        }
        let mut this = Self::new(job, &counts, &runs, head);
        this.verification = findings;
        let drift = reader.drift(job).await?.into_iter();
        this.drift = drift
            .map(|(finding, users)| (finding.as_str(), users))
            .collect();
        let undone = reader.undone(job).await?;
        this.undone = undone.as_ref().map(UndoneSummary::new);
        this.undoes = reader
            .parent(job)
            .await?
            .map(|parent| parent.id.to_string());
        if privacy.is_masked() {
            // The folders may name the home of the person who ran the job, so only the file name is kept.
            let name = std::path::Path::new(&this.roster).file_name();
            this.roster = name.map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        }
        Ok(this)
    }

    /// The number of users with this finding in [`Summary::drift`].
    pub fn drifted(&self, finding: Finding) -> u64 {
        self.drift.get(finding.as_str()).copied().unwrap_or(0)
    }

    fn new(job: &Job, counts: &Counts, runs: &[RunRow], head: Option<Head>) -> Self {
        let mut outcomes = BTreeMap::new();
        for status in Status::ALL {
            *outcomes.entry(status.reported().as_str()).or_default() += counts.of(*status);
        }
        let sum = outcomes.values().sum();
        let cut_short = |run: &&RunRow| run.ending.as_ref().is_some_and(|how| how != "finished");
        Self {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            job: job.id.to_string(),
            target: job.target.clone(),
            change: job.change.to_string(),
            roster: job.roster_path.clone(),
            roster_digest: job.roster_digest.clone(),
            lines: job.lines,
            users: job.users,
            sum,
            balanced: sum == job.lines,
            finished: counts.open() == 0,
            outcomes,
            kept_access: kept_access(job),
            verification: BTreeMap::new(),
            drift: BTreeMap::new(),
            undone: None,
            undoes: None,
            requests: runs.iter().filter_map(|run| run.requests).sum(),
            throttled: runs.iter().filter_map(|run| run.throttled).sum(),
            interruptions: runs.iter().filter(cut_short).count() as u64,
            chain: head.map(|head| ChainSummary {
                events: head.events,
                head: head.hash,
            }),
            runs: runs.iter().map(RunSummary::new).collect(),
        }
    }
}

/// The other attributes in which users have access, as the plan has recorded them.
fn kept_access(job: &Job) -> Vec<String> {
    let looked_up = job.plan.as_ref().map(|plan| plan.looked_up.as_str());
    let looked_up: Option<Value> = looked_up.and_then(|text| serde_json::from_str(text).ok());
    let kept = looked_up.and_then(|looked_up| looked_up.get("kept_access").cloned());
    kept.and_then(|kept| serde_json::from_value(kept).ok())
        .unwrap_or_default()
}

impl RunSummary {
    fn new(run: &RunRow) -> Self {
        let mandate = run.mandate.clone();
        Self {
            id: run.id.to_string(),
            kind: run.kind.clone(),
            host: run.host.clone(),
            version: run.version.clone(),
            account: mandate.account,
            operator: mandate.operator,
            actor_id: mandate.actor_id,
            tenant: mandate.tenant,
            ticket: mandate.ticket,
            reason: mandate.reason,
            approver: mandate.approver,
            started_at: run.started_at.to_string(),
            ended_at: run.ended_at.map(|time| time.to_string()),
            ending: run.ending.clone(),
            stopped: run.stopped.clone(),
            requests: run.requests,
            throttled: run.throttled,
            result: run.result.clone(),
        }
    }
}
