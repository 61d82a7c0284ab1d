//! Whether the summary says what the events say: the job, the states of its lines, whether it adds up, the
//! runs, and the end of the chain.

use serde_json::{Value, json};

use crate::audit::audit_fault::{AuditFault, AuditFaults};
use crate::audit::checks::ChainCheck;
use crate::audit::replay::{LineStates, Replay, RunState};
use crate::ledger::EventBody;

/// Compares a summary with the events.
pub(in crate::audit) fn check_totals(
    file: &'static str,
    summary: &Value,
    replay: &Replay,
    states: &LineStates,
    chain: &ChainCheck,
    faults: &mut AuditFaults,
) {
    let mut compare = |field: &str, expected: &Value, found: Option<&Value>| {
        let found = found.unwrap_or(&Value::Null);
        if expected != found {
            let what = "the summary does not say what the events say";
            faults.push(AuditFault::of(file, what).field(field).but(expected, found));
        }
    };
    if let Some(header) = replay.header() {
        for (field, expected) in [
            ("job", Value::from(header.job.as_str())),
            ("target", header.target.as_str().into()),
            ("change", header.change.as_str().into()),
            ("roster_digest", header.roster_digest.as_str().into()),
            ("lines", header.lines.into()),
            ("users", header.users.into()),
        ] {
            compare(field, &expected, summary.get(field));
        }
    }
    if let Some(outcomes) = replay.outcomes(states) {
        let sum: u64 = outcomes.values().sum();
        compare("sum", &sum.into(), summary.get("sum"));
        let lines = replay.header().map(|header| header.lines);
        let balanced = Value::from(Some(sum) == lines);
        compare("balanced", &balanced, summary.get("balanced"));
        let open = outcomes.get("pending").copied().unwrap_or_default()
            + outcomes.get("in_doubt").copied().unwrap_or_default();
        compare("finished", &(open == 0).into(), summary.get("finished"));
        for (outcome, count) in outcomes {
            let found = summary["outcomes"].get(outcome);
            compare(&format!("outcomes.{outcome}"), &count.into(), found);
        }
    }
    compare(
        "chain.head",
        &chain.head().map_or(Value::Null, Value::from),
        summary["chain"].get("head"),
    );
    runs(summary, replay, &mut compare);
    let sums = [
        ("requests", sum(replay, |run| run.requests)),
        ("throttled", sum(replay, |run| run.throttled)),
    ];
    for (member, sum) in sums.into_iter().filter(|_| !replay.has_past) {
        compare(member, &sum.into(), summary.get(member));
    }
    let found = json!(states.findings);
    compare("verification", &found, summary.get("verification"));
}

/// The sum of a number over all runs.
fn sum(replay: &Replay, of: impl Fn(&RunState) -> Option<u64>) -> u64 {
    replay.runs.iter().filter_map(of).sum()
}

fn runs(summary: &Value, replay: &Replay, compare: &mut impl FnMut(&str, &Value, Option<&Value>)) {
    let nothing = Vec::new();
    let stated = summary["runs"].as_array().unwrap_or(&nothing);
    let count = Value::from(replay.runs.len());
    compare("runs", &count, Some(&stated.len().into()));
    let cut_short = |run: &&RunState| run.ending.as_ref().is_some_and(|how| how != "finished");
    let interruptions = replay.runs.iter().filter(cut_short).count();
    compare(
        "interruptions",
        &interruptions.into(),
        summary.get("interruptions"),
    );
    for (index, (run, stated)) in replay.runs.iter().zip(stated).enumerate() {
        let mut compare = |member: &str, expected: &Value| {
            compare(
                &format!("runs.{index}.{member}"),
                expected,
                stated.get(member),
            );
        };
        compare("id", &run.id.as_str().into());
        compare("started_at", &run.started_at.as_str().into());
        compare("ended_at", &json!(run.ended_at));
        compare("ending", &json!(run.ending));
        for (member, expected) in began(&run.began) {
            compare(member, &expected);
        }
        compare("result", &json!(run.result));
        // What old events do not say is not compared.
        if let Some(why) = &run.why {
            compare("stopped", &why.as_str().into());
        }
        for (member, number) in [("requests", run.requests), ("throttled", run.throttled)] {
            if let Some(number) = number {
                compare(member, &number.into());
            }
        }
    }
}

/// The members of a run that the event which began it says too. Versions before the plan said neither what
/// kind of run it is nor who asked for it: then these are not compared.
fn began(event: &EventBody<'_>) -> Vec<(&'static str, Value)> {
    let EventBody::RunStarted {
        account,
        actor_id,
        approver,
        host,
        kind,
        operator,
        reason,
        tenant,
        ticket,
        version,
        ..
    } = event
    else {
        return Vec::new();
    };
    let mut members = vec![
        ("host", json!(host)),
        ("version", json!(version)),
        ("account", json!(account)),
    ];
    if let Some(kind) = kind {
        members.extend([
            ("kind", json!(kind.as_str())),
            ("operator", json!(operator)),
            ("actor_id", json!(actor_id)),
            ("tenant", json!(tenant)),
            ("ticket", json!(ticket)),
            ("reason", json!(reason)),
            ("approver", json!(approver)),
        ]);
    }
    members
}
