//! `--json`: one object from each verb, whether it does its work or not.

use serde_json::Value;

use crate::fleet::fleet_bed::{FleetBed, TenantKind};
use crate::fleet::in_postgres::in_postgres;
use crate::support::{Bed, Ran, Running, all_done, finish};

/// The only object that was printed.
fn object(ran: &Ran) -> Value {
    assert_eq!(ran.stdout.lines().count(), 1, "{ran:?}");
    let object: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(object["schema"], 1, "{ran:?}");
    assert_eq!(object["version"], env!("CARGO_PKG_VERSION"), "{ran:?}");
    object
}

/// Compares the members of an object with the schema of its form: none that must be there is missing, and each one is
/// documented.
fn assert_documented(form: &str, object: &Value) {
    let path = format!("{}/docs/schemas/{form}.json", env!("CARGO_MANIFEST_DIR"));
    let schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let required = schema["required"].as_array().unwrap().iter();
    for member in required.map(|member| member.as_str().unwrap()) {
        assert!(
            object.get(member).is_some(),
            "{form} lacks {member}: {object}"
        );
    }
    let documented = schema["properties"].as_object().unwrap();
    for (member, value) in object.as_object().unwrap() {
        let kind = &documented
            .get(member)
            .unwrap_or_else(|| panic!("{form}: {member}"))["type"];
        let kinds = kind
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec![kind.clone()]);
        let is_one = kinds.iter().any(|kind| match kind.as_str() {
            Some("string") => value.is_string(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("boolean") => value.is_boolean(),
            Some("array") => value.is_array(),
            Some("object") => value.is_object(),
            Some("null") => value.is_null(),
            // A form of its own, or any value.
            _ => true,
        });
        assert!(is_one, "{form}: {member} is no {kind}: {value}");
    }
}

#[apply(end_to_end!)]
async fn each_verb_prints_one_object() {
    let bed = all_done().await;
    std::fs::copy(bed.path("leavers.csv"), bed.path("other.csv")).unwrap();
    for (args, form) in [
        (&["check", "leavers.csv"][..], "check"),
        (&["plan", "leavers.csv", "--disable", "--new"], "plan"),
        (&["run", "leavers.csv", "--disable", "--dry-run"], "plan"),
        (
            &["run", "leavers.csv", "--disable", "--remove-access"],
            "run",
        ),
        (&["resume"], "nothing"),
        (&["retry"], "run"),
        (&["verify"], "verify"),
        (&["status"], "status"),
        (&["jobs", "list"], "jobs"),
        (&["jobs", "show"], "status"),
        (&["jobs", "copy", "latest", "--to", "copy.db"], "copy"),
        (&["jobs", "prune", "--older-than", "1d"], "prune"),
        (&["report", "-o", "evidence"], "report"),
        (&["audit", "verify", "evidence"], "audit"),
        (&["explain", "user00001@example.com"], "explain"),
        (&["roster", "check", "leavers.csv"], "roster"),
        (&["config", "show"], "settings"),
        (&["config", "profiles"], "profiles"),
        (&["undo", "--plan-only"], "plan"),
        (&["undo", "--confirm", "3"], "run"),
        (&["undo"], "run"),
    ] {
        let mut command = bed.offboard(args);
        command.arg("--json");
        let ran = finish(command).await;
        let object = object(&ran);
        assert!(object.get("error").is_none(), "{args:?}: {object}");
        assert_documented(form, &object);
    }
    let mut command = bed.verb("users", "export -o users.csv --json");
    command.envs([
        ("OFFBOARD_SCIM_URL", bed.sandbox.scim_url()),
        ("OFFBOARD_AUTH_URL", bed.sandbox.auth_url()),
        ("OFFBOARD_USERNAME", "admin@example.com".to_owned()),
        ("OFFBOARD_PASSWORD", "sandbox".to_owned()),
    ]);
    let exported = object(&finish(command).await);
    assert_documented("export", &exported);
    assert_eq!(exported["users"], 3);
}

#[apply(end_to_end!)]
async fn each_verb_about_workers_prints_one_object() {
    in_postgres(async {
        let kind = TenantKind {
            users: 2,
            faults: "",
            settings: "rate = \"unlimited\"",
        };
        let bed = FleetBed::new(1, kind).await;
        let mut detached = bed.leave(&bed.tenants[0]);
        detached.arg("--json");
        assert_documented("detach", &object(&finish(detached).await));
        for (args, form) in [
            (&["status"][..], "status"),
            (&["jobs", "list"], "jobs"),
            (&["cancel", "latest"], "cancel"),
        ] {
            let mut command = bed.offboard(args);
            command.arg("--json");
            let object = object(&finish(command).await);
            assert!(object.get("error").is_none(), "{args:?}: {object}");
            assert_documented(form, &object);
        }
        let mut command = bed.worker();
        command.args(["--json", "--listen", "127.0.0.1:0"]);
        let mut worker = Running::start(command);
        let line = worker.prints("listens").await;
        assert_documented("worker", &serde_json::from_str(&line).unwrap());
    })
    .await;
}

#[apply(end_to_end!)]
async fn a_failure_is_an_object_with_its_kind_and_exit_code() {
    let bed = Bed::with_users(3).await;
    bed.write_roster(&[]);
    for (args, code, exit) in [
        (
            &["run", "leavers.csv", "--disable", "--confirm", "2"][..],
            "rail",
            6,
        ),
        (
            &["run", "leavers.csv", "--disable", "--nonsense"],
            "usage",
            2,
        ),
        (&["run", "leavers.csv"], "usage", 2),
        (&["run", "nowhere.csv", "--disable"], "roster", 4),
        (&["status", "--ledger", "nowhere.db"], "ledger", 7),
        (&["check", "--rate", "0/s"], "usage", 2),
        (&["check", "--scim-url", "nonsense"], "settings", 3),
        (
            &["check", "--username", "onlooker@example.com"],
            "sign_in",
            5,
        ),
    ] {
        let mut command = bed.offboard(args);
        command.arg("--json");
        let ran = finish(command).await;
        assert_eq!(ran.code, Some(exit), "{ran:?}");
        let failure = object(&ran);
        assert_documented("failure", &failure);
        let error = &failure["error"];
        assert_eq!(error["code"], code, "{ran:?}");
        assert_eq!(error["exit"], exit, "{ran:?}");
        let message = error["message"].as_str().unwrap();
        let first = message.lines().next().unwrap();
        assert!(ran.stderr.contains(first), "{ran:?}");
    }
    let ran = finish(bed.offboard(&["run", "leavers.csv", "--disable", "--json"])).await;
    let hint = object(&ran)["error"]["hint"].as_str().unwrap().to_owned();
    assert!(hint.contains("--confirm 3"), "{hint}");
}

#[apply(end_to_end!)]
async fn p9_evidence_that_does_not_hold_is_one_object_too() {
    let bed = all_done().await;
    finish(bed.offboard(&["report", "-o", "evidence"])).await;
    let table = bed.path("evidence/report.csv");
    let text = std::fs::read_to_string(&table).unwrap();
    std::fs::write(&table, text.replace("removed", "already")).unwrap();
    let ran = finish(bed.offboard(&["audit", "verify", "evidence", "--json"])).await;
    assert_eq!(ran.code, Some(7), "{ran:?}");
    assert_eq!(object(&ran)["holds"], false);
    assert!(
        ran.stderr.contains("error: the evidence does not hold"),
        "{ran:?}"
    );
}

#[apply(end_to_end!)]
async fn a_run_names_the_users_that_failed_and_the_command_that_continues() {
    let bed = Bed::with_users(3).await;
    bed.write_roster(&["8a8b00000000000000000000000000ff,gone@example.com"]);
    let mut command = bed.run_with(3, "--rate unlimited --json --max-duration 0s");
    let ran = finish(bed.run_with(3, "--rate unlimited --json --max-duration 0s")).await;
    let stopped = object(&ran);
    assert_eq!(stopped["exit"], 11, "{ran:?}");
    let next = stopped["next"].as_str().unwrap();
    assert!(
        next.contains(" run ") && ran.stderr.contains(next),
        "{ran:?}"
    );
    command.args(["--max-duration", "1h"]);
    let ran = finish(bed.run_with(3, "--rate unlimited --json")).await;
    let done = object(&ran);
    assert_eq!((&done["exit"], &done["next"]), (&10.into(), &Value::Null));
    assert_eq!(done["failures_in_all"], 1);
    let failure = &done["failures"][0];
    assert_eq!(failure["outcome"], "not_found");
    assert_eq!(failure["user_name"], "gone@example.com");
    assert_eq!(failure["line"], 5);
}

#[apply(end_to_end!)]
async fn json_progress_has_an_object_with_its_time_for_each_event() {
    let bed = Bed::with_users(3).await;
    bed.write_roster(&["8a8b00000000000000000000000000ff,gone@example.com"]);
    let ran = finish(bed.run_with(3, "--rate unlimited --progress json")).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    let lines = ran.stderr.lines().filter(|line| line.starts_with('{'));
    let events: Vec<Value> = lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for event in &events {
        assert_eq!(event["schema"], 1, "{event}");
        assert!(event["at"].as_str().unwrap().ends_with('Z'), "{event}");
    }
    let kinds: Vec<_> = events
        .iter()
        .map(|event| event["event"].as_str().unwrap())
        .collect();
    assert_eq!(
        (kinds.first(), kinds.last()),
        (Some(&"started"), Some(&"ended"))
    );
    let settled: Vec<_> = events
        .iter()
        .filter(|event| event["event"] == "settled")
        .collect();
    assert_eq!(settled.len(), 3, "{ran:?}");
    assert!(
        settled.iter().all(|event| event["outcome"] == "removed"),
        "{ran:?}"
    );
    let names: Vec<_> = settled
        .iter()
        .map(|event| event["user_name"].as_str())
        .collect();
    assert!(names.contains(&Some("user00001@example.com")), "{names:?}");
    assert_eq!(events.last().unwrap()["done"], 4);
}

#[apply(end_to_end!)]
async fn lines_of_progress_off_a_terminal_carry_the_time() {
    let bed = Bed::with_users(1).await;
    bed.write_roster(&[]);
    let ran = finish(bed.run_with(1, "--rate unlimited")).await;
    let line = ran
        .stderr
        .lines()
        .find(|line| line.ends_with("0 of 1 users (0 %)"));
    let time = line.unwrap().split(' ').next().unwrap();
    assert!(time.len() == 20 && time.ends_with('Z'), "{ran:?}");
}

#[apply(end_to_end!)]
async fn the_log_is_json_if_that_is_asked_for_and_is_appended_to_itself() {
    let bed = Bed::with_users(1).await;
    bed.write_roster(&[]);
    let flags = "--rate unlimited --log-file log.jsonl --log-format json";
    for code in [0, 0] {
        let ran = finish(bed.run_with(1, flags)).await;
        assert_eq!(ran.code, Some(code), "{ran:?}");
    }
    let log = std::fs::read_to_string(bed.path("log.jsonl")).unwrap();
    assert!(log.lines().count() > 2, "{log}");
    for line in log.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        assert!(
            event["timestamp"].is_string() && event["fields"].is_object(),
            "{event}"
        );
    }
    // Another file is not taken for a log.
    let flags = "--rate unlimited --log-file leavers.csv --log-format json";
    let ran = finish(bed.run_with(1, flags)).await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
}
