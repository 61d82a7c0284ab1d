//! A plan as text and as JSON.

use std::fmt::Write;
use std::time::Duration;

use crate::cli::json::{GroupForm, PlanForm, PlannedUser, RefusalForm, SCHEMA, VERSION, WorkForm};
use crate::cli::output::paint_of;
use crate::domain::{
    Operation, Status, Tripped, UserState, grouped, line_counts, on_one_line, user_counts,
};
use crate::job::{describe_kept_access, describe_look_up, describe_unseen_workspaces};
use crate::ledger::{Job, UserRow};
use crate::plan::{Criteria, LookUpSummary, Overview, PlanGroup};
use crate::screen::{Paint, Painted};
use crate::settings::{Settings, Span};

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
    /// Whether the command has a flag that writes all lines.
    pub(super) has_table: bool,
    /// The rails that would refuse a run.
    pub(super) refused_by: &'a [Tripped],
    /// The command that works on the plan.
    pub(super) next: Option<String>,
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
            has_table: false,
            refused_by: &[],
            next: None,
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

    pub(super) fn to_text(&self) -> Painted {
        let Job { id, target, .. } = self.job;
        let heading = format!("plan of job {id}: {} at {target}", self.job.change);
        let mut text = Painted::default().with(Paint::Strong, on_one_line(&heading));
        let _ = writeln!(text, "\n{}", describe_look_up(&self.looked_up));
        if let Some(words) = describe_kept_access(&self.looked_up) {
            let _ = writeln!(text, "{words}");
        }
        if let Some(words) = describe_unseen_workspaces(&self.looked_up.unseen_workspaces) {
            let _ = writeln!(text, "{words}");
        }
        for (status, group) in self.groups() {
            let label = label(status, self.job);
            let count = grouped(group.lines);
            text.paint(paint(status), format!("\n  {label:<16} {count:>8}"));
            let _ = writeln!(text, "   {}", meaning(status, self.job));
            for (row, operations) in &group.first {
                let _ = writeln!(text, "      {}", line(row, operations));
            }
            let more = group.lines - group.first.len() as u64;
            if more > 0 {
                let all = if self.has_table {
                    ": `--csv FILE` writes all lines"
                } else {
                    ""
                };
                let _ = writeln!(text, "      … and {} more{all}", grouped(more));
            }
        }
        let total = format!(
            "\n  {:<16} {:>8}   = {} lines in the roster",
            "total",
            grouped(self.overview.lines),
            grouped(self.job.lines)
        );
        text.paint(Paint::Strong, total);
        let lines_with = |status| self.lines_with(status);
        let _ = writeln!(
            text,
            "\n\n{}\n{}",
            line_counts(lines_with),
            user_counts(lines_with)
        );
        let (requests, time) = self.estimate();
        let time = time.map(|time| {
            let time = Span(Duration::from_secs(time.as_secs().max(1)));
            format!(", about {time} at {}", self.rate)
        });
        let at_most = if self.per_user > 1 { "at most " } else { "" };
        let _ = write!(
            text,
            "{at_most}{} requests{}\ndigest {}",
            grouped(requests),
            time.unwrap_or_default(),
            self.digest().unwrap_or("none")
        );
        text
    }

    fn lines_with(&self, status: Status) -> u64 {
        let group = self.overview.groups.get(&status);
        group.map_or(0, |group| group.lines)
    }

    /// Users that it writes.
    pub(super) fn to_write(&self) -> u64 {
        self.overview.extent.to_write
    }

    pub(super) fn to_json(&self) -> PlanForm<'_> {
        let groups = self.overview.groups.iter();
        let groups = groups.map(|(status, group)| (status.as_str(), group_form(group)));
        let (requests, time) = self.estimate();
        let refused_by = self.refused_by.iter().map(|rail| RefusalForm {
            message: rail.to_string(),
            flag: rail.flag(),
        });
        PlanForm {
            schema: SCHEMA,
            version: VERSION,
            job: self.job.id.as_str(),
            target: &self.job.target,
            change: self.job.change.to_string(),
            roster: &self.job.roster_path,
            roster_digest: &self.job.roster_digest,
            lines: self.job.lines,
            planned_at: self.job.plan.as_ref().map(|plan| plan.at.to_string()),
            digest: self.digest(),
            looked_up: &self.looked_up,
            to_write: self.to_write(),
            groups: groups.collect(),
            refused_by: refused_by.collect(),
            estimate: WorkForm {
                requests,
                seconds: time.map(|time| time.as_secs()),
            },
            next: self.next.as_deref(),
        }
    }

    /// The digest of the plan that was made; `None` for a job that was begun without a plan.
    fn digest(&self) -> Option<&str> {
        self.job.plan.as_ref().map(|plan| plan.digest.as_str())
    }
}

fn group_form(group: &PlanGroup) -> GroupForm {
    let first = group.first.iter();
    GroupForm {
        lines: group.lines,
        first: first
            .map(|(row, operations)| PlannedUser::new(row, operations))
            .collect(),
    }
}

/// What is done to a user, in words.
pub(super) fn words(operations: &[Operation]) -> Vec<String> {
    operations.iter().map(ToString::to_string).collect()
}

fn line(row: &UserRow, operations: &[Operation]) -> String {
    let who = row.name().map(|name| format!(" {name}"));
    let who = who.unwrap_or_default();
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

/// How a group looks: what a run writes, and what needs a look, stand out.
fn paint(status: Status) -> Paint {
    match status {
        Status::Pending => Paint::Strong,
        status => paint_of(status),
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
