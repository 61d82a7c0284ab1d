//! `offboard explain`: everything that happened to one user, in order.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::cli::Exit;
use crate::cli::args::ExplainArgs;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::domain::on_one_line;
use crate::ledger::{EventRecord, Job, Reader, UserRow};

/// The version of the JSON form. Members may be added within one version.
const SCHEMA: u32 = 1;

/// One line that names the user, with its history.
struct Told {
    job: Job,
    row: UserRow,
    events: Vec<EventRecord>,
}

pub(in crate::cli) async fn explain(
    args: ExplainArgs,
    terminal: Terminal,
) -> Result<Exit, Failure> {
    if args.user.trim().is_empty() {
        let message = "an empty text names nobody";
        return Err(Failure::new(Exit::Usage, message)
            .hint("give the user's id, or an e-mail address".to_owned()));
    }
    let mut reader = Reader::open(&args.files.ledger()?).await?;
    reader.begin_snapshot().await?;
    let mut told = Vec::new();
    for job in reader.jobs().await?.into_iter().rev() {
        for row in reader.lines_of(&job, &args.user).await? {
            let events = reader.events_of(&job, row.line).await?;
            let job = job.clone();
            told.push(Told { job, row, events });
        }
    }
    reader.end_snapshot().await?;
    if told.is_empty() {
        let message = format!("no job in this ledger names `{}`", args.user);
        let hint = "give the user's id, or the address or user name as the roster or the provider \
                    spells it";
        return Err(Failure::new(Exit::Usage, message).hint(hint.to_owned()));
    }
    if args.json {
        let lines: Vec<_> = told.iter().map(to_json).collect();
        terminal.json(&json!({ "schema": SCHEMA, "lines": lines }))?;
    } else {
        let texts: Vec<_> = told.iter().map(to_text).collect();
        terminal.data(&texts.join("\n\n"))?;
    }
    Ok(Exit::Done)
}

fn to_json(told: &Told) -> Value {
    let events: Vec<_> = told
        .events
        .iter()
        .map(|event| {
            let body: Value = serde_json::from_str(&event.body).unwrap_or_default();
            json!({
                "at": event.at.to_string(), "run": event.run_id, "kind": event.kind, "body": body,
            })
        })
        .collect();
    json!({
        "job": told.job.id.as_str(),
        "change": told.job.change.to_string(),
        "line": told.row.line.0,
        "user_id": told.row.user_id,
        "user_name": told.row.user_name,
        "outcome": told.row.status.reported().as_str(),
        "reason": told.row.reason,
        "detail": told.row.detail,
        "events": events,
    })
}

fn to_text(told: &Told) -> String {
    let Told { job, row, events } = told;
    let who = [&row.display_name, &row.user_name, &row.user_id];
    let who: Vec<_> = who.into_iter().flatten().map(String::as_str).collect();
    let mut text = format!(
        "line {} of job {} ({}): {}\n  {}",
        row.line,
        job.id,
        on_one_line(&job.change.to_string()),
        on_one_line(&who.join(" · ")),
        row.status.reported().as_str().replace('_', " ")
    );
    if let Some(reason) = &row.reason {
        let _ = write!(text, " ({})", on_one_line(reason));
    }
    if let Some(detail) = &row.detail {
        let _ = write!(text, ": {}", on_one_line(detail));
    }
    for event in events {
        let body: Value = serde_json::from_str(&event.body).unwrap_or_default();
        let sentence = sentence(&event.kind, &body);
        let _ = write!(text, "\n  {}  {}", event.at, on_one_line(&sentence));
    }
    text
}

/// One event in words. What this version does not know is shown as it is stored.
fn sentence(kind: &str, body: &Value) -> String {
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let words = |name: &str| match text(name) {
        "" => String::new(),
        words => format!(": {words}"),
    };
    match kind {
        "looked_up" => format!("was seen: {}", state(body)),
        "look_forgotten" => "what was seen is too old: is looked up again".to_owned(),
        "begun" => format!("attempt {}: {}", body["attempt"], text("request")),
        "ended" => {
            let status = body["status"].as_u64().map(|code| format!("HTTP {code}"));
            let answer = status.unwrap_or_else(|| "no answer".to_owned());
            let reason = match text("reason") {
                "" => String::new(),
                reason => format!(" ({reason})"),
            };
            let id = match text("request_id") {
                "" => String::new(),
                id => format!(", request {id}"),
            };
            format!(
                "{} answered after {} ms: {answer}, {}{reason}{id}{}",
                text("kind"),
                body["elapsed_ms"],
                text("verdict"),
                words("detail")
            )
        }
        "settled" => {
            let by = match text("confirmed_by") {
                "" => String::new(),
                by => format!(", confirmed by {by}"),
            };
            let reason = match text("reason") {
                "" => String::new(),
                reason => format!(" ({reason})"),
            };
            let outcome = text("outcome").replace('_', " ");
            format!(
                "{outcome}{reason}{by}; is {}{}",
                state(body),
                words("detail")
            )
        }
        "set_aside" => {
            let outcome = text("outcome").replace('_', " ");
            let reason = match text("reason") {
                "" => String::new(),
                reason => format!(" ({reason})"),
            };
            format!("set aside: {outcome}{reason}{}", words("detail"))
        }
        "sampled" => format!("read again before the first write: is {}", state(body)),
        "verified" => format!(
            "verified: {}; is {}{}",
            text("finding"),
            state(body),
            words("detail")
        ),
        "released" => {
            let doubt = if body["in_doubt"] == true {
                ", in doubt"
            } else {
                ""
            };
            format!("goes back{doubt}{}", words("why"))
        }
        other => format!("{other} {body}"),
    }
}

fn state(body: &Value) -> String {
    let active = match body["active"].as_bool() {
        Some(true) => "active",
        Some(false) => "disabled",
        None => "not said whether active",
    };
    let workspaces = match body["workspaces"].as_array() {
        None => "workspaces not said".to_owned(),
        Some(ids) if ids.is_empty() => "no workspaces".to_owned(),
        Some(ids) => {
            let ids: Vec<_> = ids.iter().filter_map(Value::as_str).collect();
            format!("workspaces {}", ids.join(" "))
        }
    };
    format!("{active}, {workspaces}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_reads_as_a_sentence() {
        for (kind, body, expected) in [
            (
                "looked_up",
                json!({"id": "u", "active": true, "workspaces": ["a", "b"]}),
                "was seen: active, workspaces a b",
            ),
            (
                "look_forgotten",
                json!({}),
                "what was seen is too old: is looked up again",
            ),
            (
                "begun",
                json!({"attempt": 2, "request": "PATCH /Users/u {}"}),
                "attempt 2: PATCH /Users/u {}",
            ),
            (
                "ended",
                json!({"attempt": 2, "kind": "write", "verdict": "refused", "reason": "forbidden",
                       "status": 403, "request_id": "r1", "detail": "no", "elapsed_ms": 12}),
                "write answered after 12 ms: HTTP 403, refused (forbidden), request r1: no",
            ),
            (
                "ended",
                json!({"kind": "read", "verdict": "transient", "elapsed_ms": 5000}),
                "read answered after 5000 ms: no answer, transient",
            ),
            (
                "settled",
                json!({"outcome": "in_doubt", "reason": "no_answer"}),
                "in doubt (no_answer); is not said whether active, workspaces not said",
            ),
            (
                "settled",
                json!({"outcome": "removed", "confirmed_by": "body", "active": false,
                       "workspaces": []}),
                "removed, confirmed by body; is disabled, no workspaces",
            ),
            (
                "released",
                json!({"attempts": 1, "in_doubt": true, "why": "the run died"}),
                "goes back, in doubt: the run died",
            ),
            (
                "verified",
                json!({"finding": "drifted", "active": true, "detail": "is active"}),
                "verified: drifted; is active, workspaces not said: is active",
            ),
            (
                "set_aside",
                json!({"outcome": "invalid", "reason": "empty", "detail": "empty id"}),
                "set aside: invalid (empty): empty id",
            ),
            ("new_kind", json!({"a": 1}), r#"new_kind {"a":1}"#),
        ] {
            assert_eq!(sentence(kind, &body), expected);
        }
    }
}
