//! Starting, stopping, the log file, many requests at once.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::sandbox::tests::sandbox_bed::{SandboxBed, disable, off_board};
use crate::sandbox::{FaultKind, FaultSettings, Sandbox, SandboxSettings};

#[tokio::test]
async fn the_port_is_free_after_stop_and_after_drop() {
    let bed = SandboxBed::plain().await;
    assert_eq!(bed.get("/Users").await.status, 200);
    let bind = bed.sandbox.addr();
    tokio::time::timeout(Duration::from_secs(1), bed.sandbox.stop())
        .await
        .unwrap();
    assert!(TcpStream::connect(bind).await.is_err());
    assert_eq!(
        bed.books.totals().requests,
        1,
        "the books outlive the server"
    );
    let again = Sandbox::start(SandboxSettings {
        bind,
        ..SandboxSettings::default()
    })
    .await;
    let again = again.unwrap();
    let taken = Sandbox::start(SandboxSettings {
        bind,
        ..SandboxSettings::default()
    })
    .await;
    assert!(taken.is_err());
    drop(again);
}

#[tokio::test]
async fn a_stop_ends_open_waits() {
    let faults = FaultSettings::parse("stall-before=1,stall=60s").unwrap();
    let bed = SandboxBed::new(SandboxSettings {
        faults,
        ..SandboxSettings::default()
    })
    .await;
    let request = bed.request(reqwest::Method::GET, "/Users");
    let request = request
        .basic_auth("admin@example.com", Some("sandbox"))
        .send();
    let stop = async {
        while bed.books.totals().requests == 0 {
            tokio::task::yield_now().await;
        }
        tokio::time::timeout(Duration::from_secs(1), bed.sandbox.stop()).await
    };
    let (answer, stopped) = tokio::join!(request, stop);
    assert!(answer.is_err() && stopped.is_ok());
}

#[tokio::test]
async fn the_log_holds_what_was_really_applied() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("applied.jsonl");
    let settings = SandboxSettings {
        log: Some(log.clone()),
        ..SandboxSettings::default()
    };
    let bed = SandboxBed::new(settings).await;
    let id = &bed.people[0].id;
    let kinds = [
        FaultKind::ResetAfter,
        FaultKind::ResetBefore,
        FaultKind::Ignored200,
    ];
    bed.sandbox.plan_faults(id, kinds);
    for _ in 0..3 {
        bed.try_disable(0).await.ok();
    }
    bed.patch(0, off_board()).await;
    let url = format!("{}/token/authenticate", bed.sandbox.auth_url());
    let sign_in = bed
        .client
        .post(url)
        .basic_auth("admin@example.com", Some("sandbox"));
    sign_in.send().await.unwrap();
    let text = std::fs::read_to_string(log).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert_eq!(
        (&lines[0]["user"], &lines[0]["fault"]),
        (&json!(id), &json!("reset-after"))
    );
    assert_eq!(
        (&lines[0]["active"], &lines[0]["changed"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(
        (&lines[1]["workspaces"], &lines[1]["fault"]),
        (&json!(0), &Value::Null)
    );
    let account = json!("admin@example.com");
    assert_eq!(
        (&lines[2]["event"], &lines[2]["account"]),
        (&json!("sign-in"), &account)
    );
}

#[tokio::test]
async fn requests_at_once_are_counted_and_lose_nothing() {
    let faults = FaultSettings::parse("latency=20ms").unwrap();
    let bed = SandboxBed::new(SandboxSettings {
        faults,
        ..SandboxSettings::default()
    })
    .await;
    let bed = std::sync::Arc::new(bed);
    let mut tasks = JoinSet::new();
    for turn in 0..8 {
        let bed = std::sync::Arc::clone(&bed);
        tasks.spawn(async move {
            for number in (turn..100).step_by(8) {
                assert_eq!(bed.patch(number, disable()).await.status, 200);
            }
        });
    }
    while let Some(joined) = tasks.join_next().await {
        joined.unwrap();
    }
    let totals = bed.books.totals();
    assert_eq!(totals.requests, 100);
    assert!(
        (2..=8).contains(&totals.peak_concurrency),
        "{}",
        totals.peak_concurrency
    );
    assert!(
        bed.books
            .users()
            .iter()
            .all(|user| !user.active && user.writes_changed == 1)
    );
    let requests = bed.books.requests();
    assert!(requests.is_sorted_by_key(|request| request.at_ms));
    assert_eq!(requests[0].verb, crate::sandbox::Verb::Patch);
}

#[tokio::test]
async fn the_request_log_can_be_off() {
    let bed = SandboxBed::new(SandboxSettings {
        request_log: false,
        ..SandboxSettings::default()
    })
    .await;
    assert_eq!(bed.get("/Users").await.status, 200);
    assert!(bed.books.requests().is_empty());
    assert_eq!(bed.books.totals().requests, 1);
}
