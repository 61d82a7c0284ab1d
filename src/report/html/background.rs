//! The facts about a job: who ran it and why, what was asked, and with which digests the page can be checked.
//! A fact that is not known is left out.

use crate::ledger::Job;
use crate::report::figures::{count, counted, moment};
use crate::report::html::wording;
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

/// Who ran the job, and why.
pub(super) fn people(summary: &Summary) -> Vec<FactRow> {
    let runs = || summary.runs.iter();
    let all = |member: fn(&RunSummary) -> Option<&String>| distinct(runs().filter_map(member));
    // A run that was killed has not recorded how many requests it sent.
    let at_least = if runs().any(|run| run.requests.is_none()) {
        "at least "
    } else {
        ""
    };
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
        fact(
            "Requests sent",
            vec![format!(
                "{at_least}{}, {} of them answered with 429 (too many requests)",
                count(summary.requests),
                count(summary.throttled)
            )],
        ),
    ])
}

/// What was asked for, and for which users.
pub(super) fn asked(job: &Job, summary: &Summary) -> Vec<FactRow> {
    let roster = summary.roster.rsplit(['/', '\\']).next();
    let plan = job.plan.as_ref();
    known(vec![
        fact("Change", vec![wording::change(&job.change)]),
        fact("Target", vec![job.target.clone()]),
        fact("Roster", distinct(roster.into_iter())),
        fact(
            "Lines, users",
            vec![format!(
                "{}, {}",
                counted(job.lines, "line", "lines"),
                counted(job.users, "distinct user", "distinct users")
            )],
        ),
        fact("Loaded", vec![moment(job.created_at)]),
        fact(
            "Planned",
            plan.iter()
                .map(|plan| {
                    let users = counted(plan.to_write, "user to write", "users to write");
                    format!("{}: {users}", moment(plan.at))
                })
                .collect(),
        ),
        fact("Verified", distinct(verified(summary).into_iter())),
        fact(
            "Undone",
            summary.undone.iter().map(UndoneSummary::share).collect(),
        ),
        code("Takes back job", summary.undoes.iter().cloned().collect()),
    ])
}

/// What a verification has found, if there was one.
fn verified(summary: &Summary) -> Option<String> {
    let findings = summary.verification.iter();
    let findings: Vec<_> = findings
        .map(|(finding, users)| format!("{} {finding}", count(*users)))
        .collect();
    let before = summary
        .undone
        .as_ref()
        .map_or(0, |undone| undone.verified_before);
    let note = if before > 0 {
        format!(" ({} of these before the undo)", count(before))
    } else {
        String::new()
    };
    (!findings.is_empty()).then(|| format!("{}{note}", findings.join(", ")))
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
            chain.map(|chain| count(chain.events)).into_iter().collect(),
        ),
    ])
}
