//! Accounts and addresses that are wrong.

use std::future::IntoFuture;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::support::{Bed, Transcript, finish, run_one_by_one};

async fn bed() -> Bed {
    let bed = Bed::with_users(3).await;
    bed.write_roster(&[]);
    bed
}

fn assert_untouched(bed: &Bed) {
    assert!(bed.books.users().iter().all(|user| user.active));
}

#[apply(end_to_end!)]
async fn an_account_that_is_refused_ends_the_run_and_fails_no_user() {
    let bed = bed().await;
    let mut told = Transcript::default();
    for (what, variable, value) in [
        ("a wrong password", "OFFBOARD_PASSWORD", "wrong"),
        (
            "an unknown account",
            "OFFBOARD_USERNAME",
            "nobody@example.com",
        ),
    ] {
        let mut command = run_one_by_one(&bed, "unlimited", 3);
        command.env(variable, value);
        let ran = finish(command).await;
        assert_eq!(ran.code, Some(5), "{what}: {ran:?}");
        told.add(what, &ran);
        told.add("status", &finish(bed.offboard(&["status"])).await);
    }
    assert_untouched(&bed);
    told.check("input_account", bed.dir.path());
}

#[apply(end_to_end!)]
async fn an_account_without_the_role_changes_no_user() {
    let bed = bed().await;
    let mut command = run_one_by_one(&bed, "unlimited", 3);
    command.env("OFFBOARD_USERNAME", "onlooker@example.com");
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(5), "{ran:?}");
    assert!(!ran.stdout.contains("removed"), "{ran:?}");
    assert!(!ran.stdout.contains("failed"), "{ran:?}");
    assert!(ran.stderr.contains("USER_ADMIN"), "{ran:?}");
    assert_untouched(&bed);
}

#[apply(end_to_end!)]
async fn a_sign_in_service_that_is_down_is_an_outage() {
    let bed = bed().await;
    let mut command = run_one_by_one(&bed, "unlimited", 3);
    // A port that no service has and no other test can be given.
    command.env("OFFBOARD_AUTH_URL", "http://127.0.0.1:1");
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(11), "{ran:?}");
    let mut told = Transcript::default();
    told.add("nobody listens at --auth-url", &ran);
    assert_untouched(&bed);
    told.check("input_sign_in_down", bed.dir.path());
}

/// A web server that has one page for every address.
async fn web_page() -> (String, JoinSet<std::io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/home", listener.local_addr().unwrap());
    let app = axum::Router::new()
        .fallback(async || axum::response::Html("<html><title>Welcome</title></html>"));
    let mut tasks = JoinSet::new();
    tasks.spawn(axum::serve(listener, app).into_future());
    (url, tasks)
}

#[apply(end_to_end!)]
async fn a_web_page_is_no_sign_in_service() {
    let bed = bed().await;
    let (url, _tasks) = web_page().await;
    let mut command = run_one_by_one(&bed, "unlimited", 3);
    command.env("OFFBOARD_AUTH_URL", &url);
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(11), "{ran:?}");
    let mut told = Transcript::default();
    told.add("a web page for --auth-url", &ran);
    assert_untouched(&bed);
    told.check("input_web_page", bed.dir.path());
}

#[apply(end_to_end!)]
async fn p2_a_web_page_is_no_provider() {
    let bed = bed().await;
    let (url, _tasks) = web_page().await;
    let mut command = run_one_by_one(&bed, "unlimited", 3);
    command.env("OFFBOARD_SCIM_URL", &url);
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.stderr.contains("check `--scim-url`"), "{ran:?}");
    assert!(!ran.stdout.contains("removed"), "{ran:?}");
    assert!(ran.stderr.contains("to continue: "), "{ran:?}");
    assert_untouched(&bed);
}
