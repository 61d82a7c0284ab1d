//! Why a run stopped early is said on standard error in every mode, and in `--json`.

use serde_json::Value;

use crate::support::{BOTH, Desk, OPEN, Ran, at_once};
use crate::test_provider::{Act, crowd};

/// How progress is shown.
const MODES: [&str; 3] = ["lines", "auto", "off"];

/// What is said, without the command that continues and what is said of every job.
fn reasons(ran: &Ran) -> String {
    let lines = ran.stderr.lines().filter(|line| {
        !["to continue", "job ", "warning: the provider does not tell"]
            .iter()
            .any(|start| line.starts_with(start))
    });
    lines.collect::<Vec<_>>().join("\n").to_lowercase()
}

/// Whether a JSON value has a word of text under a key that is called like a reason.
fn has_a_reason(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.iter().any(|(name, value)| {
            let named = [
                "reason", "why", "stopped", "ending", "ended", "error", "message",
            ]
            .iter()
            .any(|word| name.contains(word));
            (named && value.as_str().is_some_and(|text| !text.is_empty())) || has_a_reason(value)
        }),
        Value::Array(items) => items.iter().any(has_a_reason),
        _ => false,
    }
}

/// Runs a job whose third write meets this, in each mode.
async fn stopped(act: Act, code: i32, words: &[&str]) {
    let cases = MODES
        .into_iter()
        .flat_map(|mode| [(mode, ""), (mode, "--json")]);
    at_once(cases.map(|(mode, json)| stopped_in(mode, json, act.clone(), code, words))).await;
}

async fn stopped_in(mode: &str, json: &str, act: Act, code: i32, words: &[&str]) {
    let mut desk = Desk::plain(crowd(6)).await;
    desk.set("OFFBOARD_PROGRESS", mode);
    let books = desk.books();
    desk.provider.on_call(move |call| {
        if books.written().len() > 2 && call.user.is_some() {
            act.clone()
        } else {
            Act::Pass
        }
    });
    let ran = desk
        .run(&format!(
            "run r.csv {BOTH} {json} --confirm 6 --concurrency 1 --max-outage 1s {OPEN}"
        ))
        .await;
    assert_eq!(ran.code, Some(code), "{mode}: {ran:?}");
    let said = reasons(&ran);
    let told = words.iter().any(|word| said.contains(word));
    assert!(told, "{mode}: no reason: {ran:?}");
    if !json.is_empty() {
        let told: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert!(has_a_reason(&told), "{mode}: {told}");
    }
}

#[tokio::test]
async fn the_reason_of_a_refused_credential_is_said_in_every_mode() {
    let act = Act::refuse(401, "the token has expired");
    stopped(act, 5, &["401", "credential", "token", "signed in"]).await;
}

#[tokio::test]
async fn the_reason_of_a_lost_role_is_said_in_every_mode() {
    let act = Act::refuse(403, "you have no role");
    stopped(act, 5, &["403", "role", "may not", "forbidden"]).await;
}

#[tokio::test]
async fn the_reason_of_an_outage_is_said_in_every_mode() {
    let act = Act::refuse(503, "maintenance");
    stopped(
        act,
        11,
        &["503", "out for too long", "outage", "maintenance"],
    )
    .await;
}

#[tokio::test]
async fn the_reason_of_an_answer_that_is_no_scim_is_said_in_every_mode() {
    at_once(MODES.map(|mode| async move {
        let mut desk = Desk::plain(crowd(3)).await;
        desk.set("OFFBOARD_PROGRESS", mode);
        desk.provider.on_call(|_| Act::Answer {
            status: 404,
            body: Value::String("<html>nothing here</html>".to_owned()),
            headers: Vec::new(),
        });
        let ran = desk
            .run(&format!(
                "run r.csv {BOTH} --no-lookup --confirm 3 --max-outage 1s {OPEN}"
            ))
            .await;
        assert!(![Some(0), Some(1)].contains(&ran.code), "{ran:?}");
        if ran.code == Some(3) {
            assert!(reasons(&ran).contains("scim"), "{mode}: {ran:?}");
        }
    }))
    .await;
}
