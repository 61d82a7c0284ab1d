//! Whether the summary says what the events say: the job, where its lines stand, whether it adds up, the
//! runs, and the end of the chain.

use serde_json::Value;

use crate::audit::chain::ChainCheck;
use crate::audit::fault::{Fault, Faults};
use crate::audit::replay::{Replay, RunState};

/// Members of a run that the event which began it says too.
const BEGAN: [&str; 9] = [
    "kind", "host", "version", "account", "operator", "actor_id", "tenant", "ticket", "reason",
];
const APPROVER: &str = "approver";

/// Compares a summary with the events.
pub(super) fn check(
    file: &'static str,
    summary: &Value,
    replay: &Replay,
    chain: &ChainCheck,
    faults: &mut Faults,
) {
    let mut compare = |field: &str, expected: &Value, found: Option<&Value>| {
        let found = found.unwrap_or(&Value::Null);
        if expected != found {
            let what = "the summary does not say what the events say";
            faults.push(Fault::of(file, what).field(field).but(expected, found));
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
    if let Some(outcomes) = replay.outcomes() {
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
    let told = |member: &str| -> u64 {
        let told = replay
            .runs
            .iter()
            .filter_map(|run| run.ended.get(member)?.as_u64());
        told.sum()
    };
    for member in ["requests", "throttled"] {
        if !replay.has_past {
            compare(member, &told(member).into(), summary.get(member));
        }
    }
    let mut found: std::collections::BTreeMap<&str, u64> = std::collections::BTreeMap::new();
    for state in replay
        .lines
        .values()
        .filter(|state| !state.verified[1].is_empty())
    {
        *found.entry(&state.verified[1]).or_default() += 1;
    }
    let found = serde_json::json!(found);
    compare("verification", &found, summary.get("verification"));
}

fn runs(summary: &Value, replay: &Replay, compare: &mut impl FnMut(&str, &Value, Option<&Value>)) {
    let nothing = Vec::new();
    let told = summary["runs"].as_array().unwrap_or(&nothing);
    let count = Value::from(replay.runs.len());
    compare("runs", &count, Some(&told.len().into()));
    let cut_short = |run: &&RunState| run.ending.as_ref().is_some_and(|how| how != "finished");
    let interruptions = replay.runs.iter().filter(cut_short).count();
    compare(
        "interruptions",
        &interruptions.into(),
        summary.get("interruptions"),
    );
    for (index, (run, told)) in replay.runs.iter().zip(told).enumerate() {
        let field = |member: &str| format!("runs.{index}.{member}");
        compare(&field("id"), &run.id.as_str().into(), told.get("id"));
        let started = Value::from(run.started_at.as_str());
        compare(&field("started_at"), &started, told.get("started_at"));
        for (member, state) in [("ended_at", &run.ended_at), ("ending", &run.ending)] {
            let state = state.as_deref().map_or(Value::Null, Value::from);
            compare(&field(member), &state, told.get(member));
        }
        for member in BEGAN.into_iter().chain([APPROVER]) {
            // What old events do not say is not compared.
            if let Some(said) = run.began.get(member) {
                compare(&field(member), said, told.get(member));
            }
        }
        let result = run.result.clone().unwrap_or_default();
        compare(&field("result"), &result, told.get("result"));
        if let Some(said) = run.ended.get("why") {
            compare(&field("stopped"), said, told.get("stopped"));
        }
        for member in ["requests", "throttled"] {
            if let Some(said) = run.ended.get(member) {
                compare(&field(member), said, told.get(member));
            }
        }
    }
}
