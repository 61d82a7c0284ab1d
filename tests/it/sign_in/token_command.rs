//! A program that prints a token: what it is given, what is shown of it, and what it leaves behind.

use crate::support::{BOTH, Desk};
use crate::test_provider::crowd;

/// A desk that signs in by this script.
async fn desk(script: &str) -> Desk {
    let mut desk = Desk::plain(crowd(2)).await;
    desk.write("login.sh", script);
    desk.set("OFFBOARD_SIGN_IN", "command");
    desk.set("OFFBOARD_TOKEN_COMMAND", "sh login.sh planted-argument");
    desk
}

#[apply(end_to_end!)]
async fn p10_a_token_command_sees_no_other_secret() {
    let mut desk = desk("env > seen; echo bearer-token-1").await;
    for name in [
        "OFFBOARD_PASSWORD",
        "OFFBOARD_TOKEN",
        "OFFBOARD_CLIENT_SECRET",
        "OFFBOARD_KEY_PASSPHRASE",
        "OFFBOARD_PROXY_PASSWORD",
    ] {
        desk.set(name, "planted-secret");
    }
    let ran = desk.run(&format!("plan r.csv {BOTH}")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let seen = desk.read("seen");
    // What is no secret is handed on.
    assert!(
        seen.contains("PATH=") && seen.contains("OFFBOARD_SCIM_URL="),
        "{seen}"
    );
    assert!(!seen.contains("planted"), "{seen}");
}

#[apply(end_to_end!)]
async fn p10_what_a_token_command_says_is_shown_and_what_it_prints_is_not() {
    let desk = desk(
        "echo open https://x and type ABCD >&2; echo bearer-token-1; echo got bearer-token-1 >&2",
    )
    .await;
    let ran = desk.run(&format!("plan r.csv {BOTH} -q")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.stderr.contains("open https://x and type ABCD"),
        "{ran:?}"
    );
    assert!(ran.stderr.contains("got [redacted]"), "{ran:?}");
    assert!(!ran.stderr.contains("bearer-token-1"), "{ran:?}");
}
