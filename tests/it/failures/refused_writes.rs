//! Answers of success that contain a refusal, redirects, and proxies: no user is written without end, and no
//! user fails for a problem between the program and the provider.

use serde_json::json;

use crate::support::{BOTH, Desk, OPEN};
use crate::test_provider::{Act, Habits, crowd};

fn yes(body: serde_json::Value) -> Act {
    Act::Answer {
        status: 200,
        body,
        headers: Vec::new(),
    }
}

/// Runs the job against a provider that answers each write so, and says how often users were written.
async fn written(answer: Act) -> (Desk, usize) {
    let desk = Desk::plain(crowd(3)).await;
    desk.provider.on_call(move |call| {
        if call.is_write() {
            answer.clone()
        } else {
            Act::Pass
        }
    });
    let ran = desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    let row = desk.row("U1").await;
    assert_eq!(row["outcome"], "failed", "{row:?}");
    assert_eq!(row["reason"], "not_applied", "{row:?}");
    let writes = desk.books().writes().len();
    (desk, writes)
}

#[tokio::test]
async fn a_refusal_in_the_body_of_a_success_is_final_and_keeps_its_words() {
    let error = "urn:ietf:params:scim:api:messages:2.0:Error";
    for body in [
        json!({ "schemas": [error], "status": "400", "detail": "owns shared items" }),
        json!({ "success": false, "message": "owns shared items" }),
    ] {
        let (desk, writes) = written(yes(body)).await;
        assert_eq!(writes, 3, "each user is written once");
        assert_eq!(desk.row("U2").await["detail"], "owns shared items");
    }
}

#[tokio::test]
async fn a_success_that_changes_nothing_is_tried_twice() {
    let (_desk, writes) = written(yes(json!({ "message": "accepted" }))).await;
    assert_eq!(writes, 6, "each user is written twice");
}

#[tokio::test]
async fn a_write_is_sent_to_where_the_provider_moved_and_to_no_other_origin() {
    let desk = Desk::plain(crowd(3)).await;
    desk.provider.on_call(|call| {
        if call.is_write() {
            Act::Answer {
                status: 307,
                body: json!({}),
                headers: vec![("Location", "https://other.example/Users/U1".to_owned())],
            }
        } else {
            Act::Pass
        }
    });
    let ran = desk.agree(&format!("run r.csv {BOTH} {OPEN}")).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    let row = desk.row("U1").await;
    assert_eq!(row["reason"], "redirected", "{row:?}");
    assert!(
        row["detail"].contains("https://other.example/Users/U1"),
        "{row:?}"
    );
}

#[tokio::test]
async fn a_proxy_variable_that_names_no_proxy_ends_the_run_before_anything_is_sent() {
    for (value, words) in [
        ("not a url", "no address"),
        ("socks5://127.0.0.1:9", "SOCKS"),
    ] {
        let mut desk = Desk::new(crowd(3), Habits::default()).await;
        desk.set("ALL_PROXY", value);
        desk.set("OFFBOARD_PROXY_LOOPBACK", "true");
        let ran = desk
            .run(&format!("run r.csv {BOTH} --confirm 3 {OPEN}"))
            .await;
        assert_eq!(ran.code, Some(3), "{ran:?}");
        assert!(
            ran.stderr.contains(words) && ran.stderr.contains("ALL_PROXY"),
            "{ran:?}"
        );
        assert_eq!(desk.books().calls().len(), 0);
        desk.set("NO_PROXY", "*");
        let ran = desk
            .run(&format!("run r.csv {BOTH} --confirm 3 {OPEN}"))
            .await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
}
