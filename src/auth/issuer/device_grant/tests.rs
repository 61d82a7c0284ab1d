//! The device grant against a raw server, step by step. Each step returns how long to wait, and the tests do not
//! wait.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex as StdMutex};
use std::time::Duration;

use secrecy::ExposeSecret;

use super::*;
use crate::auth::issuer::Grant;
use crate::auth::issuer::token_cache::TokenCache;
use crate::auth::paced_client::PacedClient;
use crate::domain::Clock;
use crate::http::raw_server::{Act, Server};
use crate::http::{Http, HttpSettings};
use crate::pace::{Pace, Rate};

struct Bed {
    server: Server,
    device: Device,
    shown: Arc<StdMutex<Vec<DevicePrompt>>>,
    dir: tempfile::TempDir,
}

fn device(url: &str, path: &std::path::Path, shown: &Arc<StdMutex<Vec<DevicePrompt>>>) -> Device {
    let pace = Arc::new(Pace::new(Rate::Unlimited, NonZeroU32::MIN));
    paced(url, path, shown, pace)
}

fn paced(
    url: &str,
    path: &std::path::Path,
    shown: &Arc<StdMutex<Vec<DevicePrompt>>>,
    pace: Arc<Pace>,
) -> Device {
    let http = Http::new(&HttpSettings::default()).unwrap();
    let service = DeviceService {
        device_url: format!("{url}/code").parse().unwrap(),
        token_url: format!("{url}/token").parse().unwrap(),
        client_id: "c 1".to_owned(),
        scope: Some("openid offline_access".to_owned()),
    };
    let shown = Arc::clone(shown);
    let notify = Box::new(move |prompt: &DevicePrompt| shown.lock().unwrap().push(prompt.clone()));
    let wire = PacedClient::new(http, pace, Clock::System);
    Device::new(wire, service, path.join("tokens.json"), notify)
}

/// A service that gives a code, and answers polls and refreshes with these, one after the other.
async fn bed(interval: &str, answers: &[(&str, &str)]) -> Bed {
    let code = format!(
        r#"{{"device_code":"dev1ce-code","user_code":"ABCD-EFGH","verification_uri":"https://x/activate",
        "expires_in":900,"interval":{interval}}}"#
    );
    let mut answers: Vec<_> = answers
        .iter()
        .map(|(status, body)| Act::json(status, body))
        .collect();
    answers.reverse();
    let answers = StdMutex::new(answers);
    let server = Server::start(move |request| {
        if request.starts_with("POST /code ") {
            Act::json("200 OK", &code)
        } else {
            answers.lock().unwrap().pop().unwrap()
        }
    })
    .await;
    let dir = tempfile::tempdir().unwrap();
    let shown = Arc::default();
    Bed {
        device: device(&server.url, dir.path(), &shown),
        server,
        shown,
        dir,
    }
}

impl Bed {
    async fn step(&self) -> String {
        match self.device.ask().await {
            Grant::Issued(token, life) => {
                format!(
                    "given {} {}",
                    token.expose_secret(),
                    life.unwrap().as_secs_f64().ceil()
                )
            }
            // What a clock has taken away meanwhile does not matter.
            Grant::Pending(wait) => {
                format!("pending {}", (wait.as_secs_f64() * 10.0).ceil() / 10.0)
            }
            Grant::Refused(why) => format!("refused {why}"),
            Grant::Blocked(why) => format!("blocked {why}"),
            Grant::Failed { why, .. } => format!("failed {why}"),
        }
    }

    fn kept(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("tokens.json")).unwrap_or_default()
    }
}

const PENDING: (&str, &str) = ("400 Bad Request", r#"{"error":"authorization_pending"}"#);
const GIVEN: (&str, &str) = (
    "200 OK",
    r#"{"access_token":"token-one","refresh_token":"refresh-one","expires_in":2100}"#,
);

#[tokio::test]
async fn a_code_is_shown_and_polled_for_until_it_is_approved() {
    let bed = bed("0.000001", &[PENDING, GIVEN]).await;
    assert_eq!(bed.step().await, "pending 0.1");
    let shown = bed.shown.lock().unwrap().clone();
    assert_eq!(shown.len(), 1);
    assert_eq!(
        (shown[0].code.as_str(), shown[0].life.as_secs()),
        ("ABCD-EFGH", 900)
    );
    assert_eq!(bed.step().await, "pending 0.1");
    assert_eq!(bed.step().await, "given token-one 2100");
    assert!(bed.kept().contains("refresh-one"), "{}", bed.kept());
    let answer = bed.server.requests();
    let body = |request: &str| request.split("\r\n\r\n").nth(1).unwrap().to_owned();
    assert_eq!(
        body(&answer[0]),
        "client_id=c+1&scope=openid+offline_access"
    );
    assert_eq!(
        body(&answer[1]),
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=dev1ce-code\
     &client_id=c+1"
    );
}

#[tokio::test]
async fn no_caller_polls_sooner_than_the_service_wants() {
    let slow_down = ("400 Bad Request", r#"{"error":"slow_down"}"#);
    let bed = bed("0.000001", &[slow_down]).await;
    bed.step().await;
    assert_eq!(bed.step().await, "pending 5.1");
    // A caller that comes early, after one that was dropped, waits for the rest without asking.
    assert!(bed.step().await.starts_with("pending 5"));
    assert_eq!(bed.server.requests().len(), 2);
}

#[tokio::test]
async fn a_refused_code_is_reported_in_the_words_of_the_service() {
    for (code, result) in [
        ("access_denied", "refused HTTP 400: access_denied: no"),
        ("expired_token", "refused HTTP 400: expired_token: no"),
    ] {
        let body = format!(r#"{{"error":"{code}","error_description":"no"}}"#);
        let bed = bed("0.000001", &[("400 Bad Request", &body)]).await;
        bed.step().await;
        assert_eq!(bed.step().await, result);
        // Another sign-in begins with another code.
        assert_eq!(bed.step().await, "pending 0.1");
    }
}

#[tokio::test]
async fn a_service_that_fails_is_asked_for_the_same_code_again() {
    let bed = bed("0.000001", &[("503 Service Unavailable", ""), GIVEN]).await;
    bed.step().await;
    assert_eq!(bed.step().await, "failed HTTP 503");
    assert_eq!(bed.step().await, "given token-one 2100");
    assert_eq!(bed.shown.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_refresh_token_is_replaced_on_disk_and_one_that_is_refused_is_forgotten() {
    let rotated = (
        "200 OK",
        r#"{"access_token":"t2","refresh_token":"r2","expires_in":2100}"#,
    );
    let same = ("200 OK", r#"{"access_token":"t3","expires_in":2100}"#);
    let refused = ("400 Bad Request", r#"{"error":"invalid_grant"}"#);
    let bed = bed("0.000001", &[GIVEN, rotated, same, refused]).await;
    bed.step().await;
    bed.step().await;
    assert_eq!(bed.step().await, "given t2 2100");
    assert!(bed.kept().contains("r2") && !bed.kept().contains("refresh-one"));
    // Another process goes on with what it finds.
    let other = device(&bed.server.url, bed.dir.path(), &bed.shown);
    assert!(matches!(other.ask().await, Grant::Issued(..)));
    assert!(bed.kept().contains("r2"));
    let last = bed.server.requests().pop().unwrap();
    assert!(
        last.ends_with("grant_type=refresh_token&refresh_token=r2&client_id=c+1"),
        "{last}"
    );
    assert_eq!(bed.step().await, "pending 0");
    assert!(!bed.kept().contains("r2"));
    assert_eq!(bed.step().await, "pending 0.1");
    assert_eq!(bed.shown.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn p10_every_token_of_the_grant_is_redacted() {
    let bed = bed("0.000001", &[GIVEN]).await;
    bed.step().await;
    bed.step().await;
    let result = bed
        .device
        .secrets()
        .redact("dev1ce-code token-one refresh-one");
    assert_eq!(result, "[redacted] [redacted] [redacted]");
    let shown = format!("{:?}", bed.device);
    assert!(
        !shown.contains("dev1ce-code") && !shown.contains("token-one"),
        "{shown}"
    );
}

#[tokio::test]
async fn an_answer_without_a_code_is_reported() {
    let server = Server::always(Act::json("200 OK", r#"{"device_code":"d"}"#)).await;
    let dir = tempfile::tempdir().unwrap();
    let device = device(&server.url, dir.path(), &Arc::default());
    match device.ask().await {
        Grant::Failed { why, .. } => assert_eq!(why, "HTTP 200 without a usable code"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_poll_that_is_answered_by_200_and_a_form_is_still_pending() {
    let pending = (
        "200 OK",
        "error=authorization_pending&error_description=not+yet",
    );
    let slow_down = ("200 OK", r#"{"error":"slow_down"}"#);
    let denied = ("200 OK", "error=access_denied");
    let bed = bed("0.000001", &[pending, denied, slow_down]).await;
    bed.step().await;
    assert_eq!(bed.step().await, "pending 0.1");
    assert_eq!(bed.step().await, "refused HTTP 200: access_denied");
    bed.step().await;
    assert_eq!(bed.step().await, "pending 5.1");
}

#[tokio::test]
async fn intervals_and_lives_of_codes_are_limited() {
    for (number, interval, life) in [
        ("1e308", 300.0, 86_400),
        ("9223372036854775807", 300.0, 86_400),
        ("\"inf\"", 300.0, 86_400),
        ("-1e308", 5.0, 900),
        ("\"NaN\"", 5.0, 900),
        ("null", 5.0, 900),
        ("1.5", 1.5, 1),
    ] {
        let code = format!(
            r#"{{"device_code":"d","user_code":"u","verification_uri":"https://x","expires_in":{number},"interval":{number}}}"#
        );
        let server = Server::always(Act::json("200 OK", &code)).await;
        let (dir, shown) = (tempfile::tempdir().unwrap(), Arc::default());
        let device = device(&server.url, dir.path(), &shown);
        match device.ask().await {
            Grant::Pending(wait) => {
                assert!((wait.as_secs_f64() - interval).abs() < 1e-9, "{number}");
            }
            other => panic!("{number}: {other:?}"),
        }
        assert_eq!(shown.lock().unwrap()[0].life.as_secs(), life, "{number}");
    }
}

#[tokio::test]
async fn a_process_that_waits_for_a_permit_does_not_hold_the_cache() {
    let rotated = (
        "200 OK",
        r#"{"access_token":"t2","refresh_token":"r2","expires_in":2100}"#,
    );
    let bed = bed("0.000001", &[GIVEN, rotated]).await;
    bed.step().await;
    bed.step().await;
    let pace = Arc::new(Pace::new(Rate::Unlimited, NonZeroU32::MIN));
    pace.hold(Duration::from_hours(1), "a long Retry-After");
    let waiting = paced(&bed.server.url, bed.dir.path(), &bed.shown, pace);
    tokio::select! {
        biased;
        grant = waiting.ask() => panic!("{grant:?}"),
        result = bed.step() => assert_eq!(result, "given t2 2100"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_cache_in_use_is_a_temporary_failure() {
    let bed = bed("0.000001", &[]).await;
    let other = TokenCache::new(bed.dir.path().join("tokens.json"), "s", "c");
    let _locked = other.lock().await.unwrap();
    let result = bed.step().await;
    assert!(result.starts_with("failed "), "{result}");
}
