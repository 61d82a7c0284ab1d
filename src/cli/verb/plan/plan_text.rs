//! A plan as text and as JSON.

use std::fmt::Write;
use std::time::Duration;

use indicatif::HumanCount;
use serde_json::{Value, json};

use crate::domain::{Operation, Status, UserState, on_one_line};
use crate::job::{describe_kept_access, describe_look_up, describe_unseen_workspaces};
use crate::ledger::{Job, UserRow};
use crate::plan::{Criteria, LookUpSummary, Overview, PlanGroup};
use crate::settings::{Settings, Span};

/// The version of the JSON form. Members may be added within one version.
const SCHEMA: u32 = 1;

/// A plan, ready to be shown.
pub(super) struct PlanText<'a> {
    job: &'a Job,
    overview: &'a Overview,
    looked_up: LookUpSummary,
    /// Requests for one user, at most.
    per_user: u64,
    /// The time between two requests at the set rate.
    period: Option<Duration>,
    rate: String,
}

impl<'a> PlanText<'a> {
    pub(super) fn new(
        job: &'a Job,
        overview: &'a Overview,
        criteria: &Criteria,
        settings: &Settings,
    ) -> Self {
        let looked_up = job
            .plan
            .as_ref()
            .map(LookUpSummary::read)
            .unwrap_or_default();
        // A list of workspaces that keeps some of them is computed from a fresh read of the user.
        let fresh = criteria
            .goal
            .as_ref()
            .is_none_or(crate::domain::Goal::needs_fresh_look);
        let unseen = looked_up.method == "none";
        Self {
            job,
            overview,
            looked_up,
            per_user: if fresh || unseen { 2 } else { 1 },
            period: settings.rate.period(),
            rate: settings.rate.to_string(),
        }
    }

    /// How many requests the run takes at most if none fails, and how long they take at the set rate.
    fn estimate(&self) -> (u64, Option<Duration>) {
        let requests = self.overview.extent.to_write * self.per_user;
        let times = u32::try_from(requests).unwrap_or(u32::MAX);
        let time = self.period.map(|period| period.saturating_mul(times));
        (requests, time)
    }

    /// The groups, those that would change first.
    fn groups(&self) -> impl Iterator<Item = (Status, &PlanGroup)> {
        let groups = self.overview.groups.iter();
        let groups = groups.map(|(status, group)| (*status, group));
        let (first, others): (Vec<_>, Vec<_>) =
            groups.partition(|(status, _)| *status == Status::Pending);
        first.into_iter().chain(others)
    }

    pub(super) fn to_text(&self) -> String {
        let Job { id, target, .. } = self.job;
        let mut text = format!(
            "plan of job {id}: {} at {target}\n{}\n",
            self.job.change,
            describe_look_up(&self.looked_up)
        );
        if let Some(words) = describe_kept_access(&self.looked_up) {
            let _ = writeln!(text, "{words}");
        }
        if let Some(words) = describe_unseen_workspaces(&self.looked_up.unseen_workspaces) {
            let _ = writeln!(text, "{words}");
        }
        for (status, group) in self.groups() {
            let _ = writeln!(
                text,
                "\n  {:<16} {:>8}   {}",
                label(status, self.job),
                HumanCount(group.lines).to_string(),
                meaning(status, self.job)
            );
            for (row, operations) in &group.first {
                let _ = writeln!(text, "      {}", line(row, operations));
            }
            let more = group.lines - group.first.len() as u64;
            if more > 0 {
                let _ = writeln!(text, "      … and {} more", HumanCount(more));
            }
        }
        let _ = writeln!(
            text,
            "\n  {:<16} {:>8}   = {} lines in the roster",
            "total",
            HumanCount(self.overview.lines).to_string(),
            HumanCount(self.job.lines)
        );
        let (requests, time) = self.estimate();
        let time = time.map(|time| {
            let time = Span(Duration::from_secs(time.as_secs().max(1)));
            format!(", about {time} at {}", self.rate)
        });
        let at_most = if self.per_user > 1 { "at most " } else { "" };
        let _ = write!(
            text,
            "\n{at_most}{} requests{}\ndigest {}",
            HumanCount(requests),
            time.unwrap_or_default(),
            self.digest().unwrap_or("none")
        );
        text
    }

    /// Users that it writes.
    pub(super) fn to_write(&self) -> u64 {
        self.overview.extent.to_write
    }

    pub(super) fn to_json(&self) -> Value {
        let groups: serde_json::Map<String, Value> = self
            .overview
            .groups
            .iter()
            .map(|(status, group)| (status.as_str().to_owned(), group_json(group)))
            .collect();
        let (requests, time) = self.estimate();
        json!({
            "schema": SCHEMA,
            "job": self.job.id.as_str(),
            "target": self.job.target,
            "change": self.job.change.to_string(),
            "roster": self.job.roster_path,
            "roster_digest": self.job.roster_digest,
            "lines": self.job.lines,
            "planned_at": self.job.plan.as_ref().map(|plan| plan.at.to_string()),
            "digest": self.digest(),
            "looked_up": self.looked_up,
            "to_write": self.to_write(),
            "groups": groups,
            "estimate": { "requests": requests, "seconds": time.map(|time| time.as_secs()) },
        })
    }

    /// The digest of the plan that was made; `None` for a job that was begun without a plan.
    fn digest(&self) -> Option<&str> {
        self.job.plan.as_ref().map(|plan| plan.digest.as_str())
    }
}

fn group_json(group: &PlanGroup) -> Value {
    let first: Vec<_> = group
        .first
        .iter()
        .map(|(row, operations)| {
            json!({
                "line": row.line.0,
                "user_id": row.user_id,
                "user_name": row.user_name,
                "operations": words(operations),
                "reason": row.reason,
                "detail": row.detail,
                "active_before": row.before.as_ref().and_then(|seen| seen.state.active),
                "workspaces_before": row.before.as_ref().and_then(|seen| seen.state.workspaces.clone()),
            })
        })
        .collect();
    json!({ "lines": group.lines, "first": first })
}

/// What is done to a user, in words.
pub(super) fn words(operations: &[Operation]) -> Vec<String> {
    operations.iter().map(ToString::to_string).collect()
}

fn line(row: &UserRow, operations: &[Operation]) -> String {
    let who = match (&row.user_name, &row.user_id) {
        (Some(name), Some(id)) => format!(" {name} ({id})"),
        (Some(one), None) | (None, Some(one)) => format!(" {one}"),
        (None, None) => String::new(),
    };
    let before = row.before.as_ref();
    let before = before.map(|seen| format!(" is {}", brief(&seen.state)));
    let what = if operations.is_empty() {
        row.detail.as_deref().map(|words| format!(": {words}"))
    } else {
        let what: Vec<_> = operations.iter().map(brief_operation).collect();
        Some(format!(": {}", what.join(", ")))
    };
    let line = format!(
        "line {}{who}{}{}",
        row.line,
        before.unwrap_or_default(),
        what.unwrap_or_default()
    );
    on_one_line(&line).into_owned()
}

/// What a user has, on one line: several workspaces as their number.
fn brief(state: &UserState) -> String {
    match state.workspaces.as_deref() {
        Some(ids) if ids.len() > 1 => {
            let alone = UserState {
                workspaces: Some(Vec::new()),
                ..state.clone()
            };
            let words = alone.to_string();
            words.replace("no workspaces", &format!("{} workspaces", ids.len()))
        }
        _ => state.to_string(),
    }
}

fn brief_operation(operation: &Operation) -> String {
    match operation {
        Operation::SetWorkspaces(ids) if ids.len() > 1 => {
            format!("set {} workspaces", ids.len())
        }
        other => other.to_string(),
    }
}

/// What happens to a group.
fn label(status: Status, job: &Job) -> String {
    match status {
        Status::Pending if job.change.restores() => "to be restored".to_owned(),
        Status::Pending => "to be changed".to_owned(),
        other => other.reported().as_str().replace('_', " "),
    }
}

/// What it means to be in a group.
fn meaning(status: Status, job: &Job) -> &'static str {
    match status {
        Status::Pending if job.change.restores() => "get back what was taken",
        Status::Pending => "lose what the change names",
        Status::Already => "as wanted: no request is sent",
        Status::Protected => "never touched",
        Status::NotFound => "not known to the provider: a wrong id, or a visiting user",
        Status::Invalid => "cannot be used",
        Status::Duplicate => "named by an earlier line",
        Status::Failed => "cannot be done, for the reason given",
        Status::Removed | Status::Restored => "done",
        Status::InDoubt | Status::Claimed => "under way: read first when the job goes on",
    }
}
