//! The facts about a job: who ran it and why, what was asked, and with which digests the page can be checked.
//! A fact that is not known is left out.

use crate::domain::{Finding, Status, counted, grouped};
use crate::ledger::{Job, RunStory};
use crate::report::html::words::wording;
use crate::report::zoned_times::ZonedTimes;
use crate::report::{RunSummary, Summary, UndoneSummary};

/// A fact: its name and its values.
#[derive(Debug)]
pub(super) struct FactRow {
    pub(super) name: &'static str,
    pub(super) values: Vec<String>,
    pub(super) is_code: bool,
}

/// The distinct values of all runs, in the order of the runs.
fn distinct<T: AsRef<str>>(values: impl Iterator<Item = T>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for value in values {
        let value = value.as_ref();
        if !value.is_empty() && !all.iter().any(|known| known == value) {
            all.push(value.to_owned());
        }
    }
    all
}

fn fact(name: &'static str, values: Vec<String>) -> FactRow {
    FactRow {
        name,
        values,
        is_code: false,
    }
}

fn code(name: &'static str, values: Vec<String>) -> FactRow {
    FactRow {
        name,
        values,
        is_code: true,
    }
}

fn known(facts: Vec<FactRow>) -> Vec<FactRow> {
    facts
        .into_iter()
        .filter(|fact| !fact.values.is_empty())
        .collect()
}

/// When the job was done, by whom, and who asked for it and approved it: what is shown beside the headline. That
/// no ticket or no approver was named is a fact, too.
pub(super) fn mandate(summary: &Summary, runs: &[RunStory], times: &ZonedTimes) -> Vec<FactRow> {
    let all = |member: fn(&RunSummary) -> Option<&String>| {
        distinct(summary.runs.iter().filter_map(member))
    };
    let or_none = |values: Vec<String>| match values.as_slice() {
        [] => vec!["none was named".to_owned()],
        _ => values,
    };
    let verified = verified(summary, runs, times).unwrap_or_else(|| "not yet".to_owned());
    known(vec![
        fact("When", period(runs, times).into_iter().collect()),
        fact("Operator", all(|run| Some(&run.operator))),
        fact("Signed in as", all(|run| Some(&run.account))),
        fact("Ticket", or_none(all(|run| run.ticket.as_ref()))),
        fact("Approved by", or_none(all(|run| run.approver.as_ref()))),
        fact("Verified", vec![verified]),
    ])
}

/// From when to when the job was worked on. A verification only reads, so it does not count; a look-up counts if
/// there was no run.
fn period(runs: &[RunStory], times: &ZonedTimes) -> Option<String> {
    let of_kind = |kind| runs.iter().filter(move |run| run.kind == kind);
    let mut working: Vec<_> = of_kind("run").collect();
    if working.is_empty() {
        working = of_kind("plan").collect();
    }
    let from = working.iter().map(|run| run.started_at).min()?;
    let until = working.iter().map(|run| run.worked_until()).max()?;
    Some(times.range(from, until))
}

/// Who ran the job, and why.
pub(super) fn people(summary: &Summary, stories: &[RunStory]) -> Vec<FactRow> {
    let runs = || summary.runs.iter();
    let all = |member: fn(&RunSummary) -> Option<&String>| distinct(runs().filter_map(member));
    known(vec![
        fact("Operator", all(|run| Some(&run.operator))),
        fact("Signed in as", all(|run| Some(&run.account))),
        code("Id of that account", all(|run| run.actor_id.as_ref())),
        fact("Ticket", all(|run| run.ticket.as_ref())),
        fact("Reason given", all(|run| run.reason.as_ref())),
        fact("Approved by", all(|run| run.approver.as_ref())),
        fact("Machine", all(|run| Some(&run.host))),
        fact(
            "Program",
            distinct(runs().map(|run| format!("offboard {}", run.version))),
        ),
        fact("Requests sent", vec![requests(summary, stories)]),
    ])
}

/// How many requests were sent. A run that was killed has not recorded the number, so for it those count that were
/// recorded one by one.
fn requests(summary: &Summary, stories: &[RunStory]) -> String {
    let unended = summary.runs.iter().zip(stories);
    let unended = unended.filter(|(run, _)| run.requests.is_none());
    let (mut sent, mut note) = (summary.requests, String::new());
    let recorded: Vec<_> = unended.map(|(_, story)| story.answers).collect();
    if !recorded.is_empty() {
        sent += recorded.iter().sum::<u64>();
        let runs = counted(recorded.len() as u64, "run", "runs");
        note = format!(
            "; {runs} did not record the number: there, only requests for single users are counted"
        );
    }
    format!(
        "{}, with look-up and sign-in; {} answered with 429 (too many requests){note}",
        grouped(sent),
        grouped(summary.throttled)
    )
}

/// What was asked for, and for which users.
pub(super) fn asked(
    job: &Job,
    summary: &Summary,
    runs: &[RunStory],
    times: &ZonedTimes,
) -> Vec<FactRow> {
    let roster = summary.roster.rsplit(['/', '\\']).next();
    let plan = job.plan.as_ref();
    known(vec![
        fact("Change", vec![wording::change(&job.change)]),
        fact("Target", vec![job.target.clone()]),
        fact("Roster", distinct(roster.into_iter())),
        fact("Lines, users", vec![lines_and_users(job, summary)]),
        fact("Loaded", vec![times.moment(job.created_at)]),
        fact(
            "Planned",
            plan.iter()
                .map(|plan| {
                    let users = counted(plan.to_write, "user to write", "users to write");
                    format!("{}: {users}", times.moment(plan.at))
                })
                .collect(),
        ),
        fact(
            "Verified",
            verified(summary, runs, times).into_iter().collect(),
        ),
        fact(
            "Undone",
            summary.undone.iter().map(UndoneSummary::share).collect(),
        ),
        code("Takes back job", summary.undoes.iter().cloned().collect()),
    ])
}

/// How the number of lines and the number of users belong together: `510 lines = 504 users + 3 invalid lines +
/// 3 duplicate lines`.
fn lines_and_users(job: &Job, summary: &Summary) -> String {
    let lines_with = |status: Status| summary.outcomes.get(status.as_str()).copied().unwrap_or(0);
    let (invalid, duplicate) = (lines_with(Status::Invalid), lines_with(Status::Duplicate));
    let users = job.lines.saturating_sub(invalid + duplicate);
    let mut text = format!(
        "{} = {}",
        counted(job.lines, "line", "lines"),
        counted(users, "user", "users")
    );
    for (lines, name) in [(invalid, "invalid"), (duplicate, "duplicate")] {
        if lines > 0 {
            let lines = counted(lines, "line", "lines").replace(' ', &format!(" {name} "));
            text = format!("{text} + {lines}");
        }
    }
    text
}

/// When a job was verified last.
pub(super) fn last_verification(runs: &[RunStory]) -> Option<&RunStory> {
    runs.iter().rfind(|run| run.kind == "verify")
}

/// What a verification has found, if there was one.
fn verified(summary: &Summary, runs: &[RunStory], times: &ZonedTimes) -> Option<String> {
    let before = summary
        .undone
        .as_ref()
        .map_or(0, |undone| undone.verified_before);
    let found = |finding: &Finding| {
        let users = summary.verification.get(finding.as_str())?;
        let words = match finding {
            Finding::Confirmed if summary.undone.is_some() && *users > before => {
                "as left by the job, or its undo"
            }
            Finding::Confirmed => "as left by the job",
            Finding::Drifted => "changed since",
            Finding::Gone => "gone",
            Finding::Unread => "not read again",
        };
        Some(format!("{} {words}", grouped(*users)))
    };
    let findings: Vec<_> = Finding::ALL.iter().filter_map(found).collect();
    let at = last_verification(runs).map(|run| times.minute(run.started_at));
    let at = at.map(|at| format!("{at}: ")).unwrap_or_default();
    let note = if before > 0 {
        format!(" ({} of these before the undo)", grouped(before))
    } else {
        String::new()
    };
    (!findings.is_empty()).then(|| format!("{at}{}{note}", findings.join(", ")))
}

/// The ids and digests with which the page can be checked against the ledger.
pub(super) fn proof(job: &Job, summary: &Summary) -> Vec<FactRow> {
    let tenants = summary.runs.iter().filter_map(|run| run.tenant.as_ref());
    let plan = job.plan.as_ref();
    let chain = summary.chain.as_ref();
    known(vec![
        code("Job", vec![job.id.to_string()]),
        code("Tenant", distinct(tenants)),
        code("SHA-256 of the roster", vec![job.roster_digest.clone()]),
        code(
            "SHA-256 of the plan",
            plan.map(|plan| plan.digest.clone()).into_iter().collect(),
        ),
        code(
            "Head of the chain",
            chain.map(|chain| chain.head.clone()).into_iter().collect(),
        ),
        fact(
            "Events in the chain",
            chain
                .map(|chain| grouped(chain.events))
                .into_iter()
                .collect(),
        ),
    ])
}
