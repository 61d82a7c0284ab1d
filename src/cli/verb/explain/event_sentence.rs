//! An event of the ledger as a sentence.

use serde_json::Value;

/// One event in words. What this version does not know is shown as it is stored.
pub(super) fn sentence(kind: &str, body: &Value) -> String {
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
    use serde_json::json;

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
