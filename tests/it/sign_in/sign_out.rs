//! A verb gives its token back however it ends.

use serde_json::json;

use crate::support::{BOTH, Desk, OPEN, Ran};
use crate::test_provider::{Act, Call, Gate, Habits, crowd};

/// What is done with a request that is not about the token.
type Scim = fn(&Call) -> Act;

/// A desk that signs in at Anaplan's token service, which is part of the provider.
async fn desk(scim: impl Fn(&Call) -> Act + Send + Sync + 'static) -> Desk {
    let mut desk = Desk::new(crowd(3), Habits::default()).await;
    let origin = desk.provider.url.trim_end_matches("/scim").to_owned();
    desk.sign_in_as("admin@x.com", "pw-secret-1");
    desk.set("OFFBOARD_SIGN_IN", "anaplan-basic");
    desk.set("OFFBOARD_AUTH_URL", &origin);
    desk.provider.on_call(move |call| {
        let body = match call.path.as_str() {
            "/token/authenticate" => {
                json!({ "tokenInfo": { "tokenValue": "token-1", "expiresAt": null } })
            }
            "/token/validate" => {
                json!({ "userInfo": { "userGuid": "admin", "userId": "a@x.com" } })
            }
            "/token/logout" => json!({}),
            _ => return scim(call),
        };
        Act::Answer {
            status: 200,
            body,
            headers: Vec::new(),
        }
    });
    desk
}

fn assert_given_back(desk: &Desk, ran: &Ran, code: i32) {
    assert_eq!(ran.code, Some(code), "{ran:?}");
    let count = |path: &str| desk.books().count(|call| call.path == path);
    assert_eq!(count("/token/authenticate"), 1, "{ran:?}");
    assert_eq!(count("/token/logout"), 1, "{ran:?}");
}

fn is_users(call: &Call) -> bool {
    call.path.starts_with("/scim/Users")
}

#[apply(end_to_end!)]
async fn a_token_is_given_back_whichever_verb_fails() {
    let forbidden: Scim = |call| {
        if is_users(call) {
            Act::refuse(403, "no role")
        } else {
            Act::Pass
        }
    };
    let down: Scim = |call| {
        if is_users(call) {
            Act::refuse(503, "maintenance")
        } else {
            Act::Pass
        }
    };
    for (verb, scim, code) in [
        (format!("plan r.csv {BOTH}"), forbidden, 5),
        ("check".to_owned(), forbidden, 5),
        ("users export -o out.csv".to_owned(), forbidden, 5),
        (
            format!("run r.csv {BOTH} --confirm 3 {OPEN} --max-outage 100ms"),
            down,
            11,
        ),
    ] {
        let desk = desk(scim).await;
        let ran = desk.run(&verb).await;
        assert_given_back(&desk, &ran, code);
    }
}

#[apply(end_to_end!)]
async fn a_token_is_given_back_when_a_verb_is_done_or_refused_by_a_rail() {
    let desk = desk(|_| Act::Pass).await;
    for (verb, code) in [
        (format!("plan r.csv {BOTH}"), 0),
        (format!("run r.csv {BOTH} {OPEN}"), 6),
        (format!("run r.csv {BOTH} {OPEN} --confirm 3"), 0),
        ("verify".to_owned(), 0),
    ] {
        desk.books().clear();
        let ran = desk.run(&verb).await;
        assert_given_back(&desk, &ran, code);
    }
}

#[apply(end_to_end!)]
async fn a_token_is_given_back_when_a_verb_is_interrupted() {
    for verb in [
        format!("plan r.csv {BOTH}"),
        "users export -o out.csv".to_owned(),
        "check".to_owned(),
    ] {
        let gate = Gate::closed();
        let closed = gate.clone();
        let desk = desk(move |call| {
            if is_users(call) {
                Act::Pass.after(&closed)
            } else {
                Act::Pass
            }
        })
        .await;
        let mut running = desk.start(&verb);
        let books = desk.books();
        assert!(running.reaches(|| books.count(is_users) > 0).await);
        running.signal(rustix::process::Signal::TERM);
        let ran = running.end().await;
        assert_given_back(&desk, &ran, 143);
        gate.open();
    }
}
