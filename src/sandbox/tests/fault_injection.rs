//! Every fault as a client meets it, against what the books say was applied.

use std::time::{Duration, UNIX_EPOCH};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::sandbox::tests::sandbox_bed::{SandboxBed, disable, off_board, patch_body};
use crate::sandbox::{FaultKind, FaultSettings, RequestAllowance, SandboxSettings, clock};

/// What the books know of the first person: active, writes received, writes applied.
fn first(bed: &SandboxBed) -> (bool, u32, u32) {
    let user = bed.books.user(&bed.people[0].id).unwrap();
    (user.active, user.writes_received, user.writes_applied)
}

#[tokio::test]
async fn throttling_names_a_wait_and_early_requests_are_noticed() {
    let bed = SandboxBed::faulty("throttle=1,retry-after=7s").await;
    let answer = bed.patch(0, disable()).await;
    assert_eq!((answer.status, answer.text.as_str()), (429, ""));
    assert_eq!(answer.response_headers["retry-after"], "7");
    assert_eq!(bed.books.early_requests(Duration::ZERO), 0);
    bed.patch(0, disable()).await;
    assert!(bed.books.requests()[1].early_ms.is_some());
    assert_eq!(bed.books.early_requests(Duration::from_mins(1)), 0);
    assert_eq!(first(&bed), (true, 2, 0));
    assert_eq!(
        (
            bed.books.totals().throttled,
            bed.books.faults(FaultKind::Throttle)
        ),
        (2, 2)
    );
}

#[tokio::test]
async fn throttling_can_name_a_date() {
    let bed = SandboxBed::faulty("throttle-date=1,retry-after=5s").await;
    let answer = bed.patch(0, disable()).await;
    let date = answer.response_headers["retry-after"].to_str().unwrap();
    let date = httpdate::parse_http_date(date)
        .unwrap()
        .duration_since(UNIX_EPOCH)
        .unwrap();
    let distance = i64::try_from(date.as_millis()).unwrap() - clock::wall_ms();
    assert!((3_000..=6_000).contains(&distance), "{distance}");
}

#[tokio::test]
async fn gateway_errors_apply_nothing() {
    for (text, status) in [("error500=1", 500), ("unavailable503=1", 503)] {
        let bed = SandboxBed::faulty(text).await;
        assert_eq!(bed.patch(0, disable()).await.status, status);
        assert_eq!(bed.get("/Users").await.status, status);
        assert_eq!(first(&bed), (true, 1, 0));
    }
}

/// Sends a PATCH by hand and returns what came back before the connection broke.
async fn raw_patch(bed: &SandboxBed) -> (Vec<u8>, std::io::Result<usize>) {
    let body = patch_body(&disable()).to_string();
    let mut stream = TcpStream::connect(bed.sandbox.addr()).await.unwrap();
    let head = format!(
        "PATCH /scim/1/0/v2/Users/{} HTTP/1.1\r\nhost: sandbox\r\n\
         authorization: Basic YWRtaW5AZXhhbXBsZS5jb206c2FuZGJveA==\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        bed.people[0].id,
        body.len(),
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    let end = stream.read_to_end(&mut received).await;
    (received, end)
}

#[tokio::test]
async fn resets_leave_the_client_without_an_answer() {
    let kinds = [
        ("reset-before=1", true, 0),
        ("reset-after=1", false, 1),
        ("stall-before=1,stall=10ms", true, 0),
        ("stall-after=1,stall=10ms", false, 1),
        ("outage=0s+60s:reset", true, 0),
    ];
    for (text, active, applied) in kinds {
        let bed = SandboxBed::faulty(text).await;
        let (received, end) = raw_patch(&bed).await;
        assert_eq!(String::from_utf8_lossy(&received), "", "{text}");
        assert_eq!(
            end.unwrap_err().kind(),
            std::io::ErrorKind::ConnectionReset,
            "{text}"
        );
        assert_eq!(first(&bed), (active, 1, applied), "{text}");
        assert!(bed.try_disable(0).await.is_err(), "{text}");
        let requests = bed.books.requests();
        assert_eq!((requests.len(), requests[0].status), (2, None), "{text}");
        assert!(requests[0].fault.is_some(), "{text}");
    }
}

#[tokio::test]
async fn a_client_may_give_up_on_a_stalled_request() {
    let bed = SandboxBed::faulty("stall-after=1,stall=60s").await;
    let patience = bed.try_disable(0);
    assert!(
        tokio::time::timeout(Duration::from_millis(100), patience)
            .await
            .is_err()
    );
    assert_eq!(first(&bed), (false, 1, 1));
    // The open wait must not hold up the stop.
    tokio::time::timeout(Duration::from_secs(5), bed.sandbox.stop())
        .await
        .unwrap();
}

#[tokio::test]
async fn answers_can_be_odd_though_the_write_was_applied() {
    let bed = SandboxBed::faulty("garbage=1").await;
    let answer = bed.patch(0, disable()).await;
    assert_eq!((answer.status, answer.body.is_null()), (200, true));
    assert!(!answer.text.is_empty());
    assert_eq!(first(&bed), (false, 1, 1));

    let bed = SandboxBed::faulty("empty204=1").await;
    let answer = bed.patch(0, disable()).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(first(&bed), (false, 1, 1));
    assert_eq!(bed.get("/Users?count=1").await.status, 200);
}

#[tokio::test]
async fn partial_success_keeps_the_entitlements() {
    let bed = SandboxBed::faulty("multi207=1").await;
    let number = bed
        .people
        .iter()
        .position(|person| !person.workspaces.is_empty())
        .unwrap();
    assert_eq!(bed.patch(number, off_board()).await.status, 207);
    let user = bed.books.user(&bed.people[number].id).unwrap();
    assert!(!user.active);
    assert_eq!(user.workspaces, bed.people[number].workspaces);
}

#[tokio::test]
async fn a_write_can_be_ignored_with_a_straight_face() {
    let bed = SandboxBed::faulty("ignored200=1").await;
    let answer = bed.patch(0, disable()).await;
    assert_eq!((answer.status, &answer.body["active"]), (200, &true.into()));
    assert_eq!(first(&bed), (true, 1, 0));
}

#[tokio::test]
async fn faults_on_answers_spare_errors() {
    let bed = SandboxBed::faulty("reset-after=1").await;
    let missing = bed.get("/Users/unknown").await;
    assert_eq!(
        (missing.status, bed.books.faults(FaultKind::ResetAfter)),
        (404, 0)
    );
}

#[tokio::test]
async fn tokens_die_in_mid_run() {
    let bed = SandboxBed::faulty("unauthorized401=1").await;
    let url = format!("{}/token/authenticate", bed.sandbox.auth_url());
    let sign_in = || {
        bed.client
            .post(&url)
            .basic_auth("admin@example.com", Some("sandbox"))
            .send()
    };
    let body: serde_json::Value =
        serde_json::from_str(&sign_in().await.unwrap().text().await.unwrap()).unwrap();
    let header = format!(
        "AnaplanAuthToken {}",
        body["tokenInfo"]["tokenValue"].as_str().unwrap()
    );
    assert_eq!(bed.patch(0, disable()).await.status, 401);
    let validate = bed
        .client
        .get(format!("{}/token/validate", bed.sandbox.auth_url()));
    let status = validate
        .header("authorization", header)
        .send()
        .await
        .unwrap()
        .status();
    assert_eq!(status, 401);
    assert_eq!(sign_in().await.unwrap().status(), 201);
    assert_eq!(bed.books.totals().sign_ins, 2);
}

#[tokio::test]
async fn the_token_service_is_spared_unless_told() {
    for (text, status) in [("outage=0s+60s", 201), ("outage=0s+60s,token-service", 503)] {
        let bed = SandboxBed::faulty(text).await;
        let url = format!("{}/token/authenticate", bed.sandbox.auth_url());
        let request = bed
            .client
            .post(url)
            .basic_auth("admin@example.com", Some("sandbox"));
        assert_eq!(request.send().await.unwrap().status(), status);
        assert_eq!(bed.get("/Users").await.status, 503);
    }
}

#[tokio::test]
async fn an_outage_can_begin_with_a_request() {
    let bed = SandboxBed::faulty("outage=#3+60s").await;
    let mut statuses = Vec::new();
    for number in 0..4 {
        statuses.push(bed.patch(number, disable()).await.status);
    }
    assert_eq!(statuses, [200, 200, 503, 503]);
    assert_eq!(bed.books.faults(FaultKind::Outage), 2);
}

#[tokio::test]
async fn planned_faults_strike_one_user_in_order() {
    let bed = SandboxBed::plain().await;
    bed.sandbox.plan_faults(
        &bed.people[0].id,
        [FaultKind::Error500, FaultKind::ResetAfter],
    );
    assert_eq!(bed.patch(1, disable()).await.status, 200);
    assert_eq!(bed.patch(0, disable()).await.status, 500);
    assert!(bed.try_disable(0).await.is_err());
    assert_eq!(bed.patch(0, disable()).await.status, 200);
    assert_eq!(first(&bed), (false, 3, 2));
}

#[tokio::test]
async fn the_allowance_ends_in_429() {
    let allowance = Some(RequestAllowance {
        capacity: 3,
        per_second: 0.01,
    });
    let bed = SandboxBed::new(SandboxSettings {
        allowance,
        ..SandboxSettings::default()
    })
    .await;
    for number in 0..3 {
        assert_eq!(bed.patch(number, disable()).await.status, 200);
    }
    let answer = bed.patch(3, disable()).await;
    assert_eq!((answer.status, answer.text.as_str()), (429, ""));
    let wait: u64 = answer.response_headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((95..=100).contains(&wait), "{wait}");
    assert_eq!(bed.books.totals().out_of_permits, 1);
}

#[tokio::test]
async fn the_same_seed_and_order_give_the_same_run() {
    let mut faults = FaultSettings::harsh();
    faults.latency = crate::sandbox::fault::fault_settings::Latency::default();
    faults.stall = Duration::ZERO;
    let run = async |seed| {
        let faults = faults.clone();
        let bed = SandboxBed::new(SandboxSettings {
            seed,
            faults,
            ..SandboxSettings::default()
        })
        .await;
        for number in 0..100 {
            bed.try_disable(number).await.ok();
        }
        let requests = bed.books.requests();
        let story: Vec<_> = requests.iter().map(|one| (one.status, one.fault)).collect();
        let drawn = story.iter().filter(|(_, fault)| fault.is_some()).count();
        assert!((15..50).contains(&drawn), "{drawn}");
        story
    };
    assert_eq!(run(3).await, run(3).await);
    assert_ne!(run(3).await, run(4).await);
}
