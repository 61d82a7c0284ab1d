//! Where settings come from, and which source wins: flag, variable, file, profile.
//!
//! The refusal to start without a confirmation names target and account: what was settled is seen
//! there, and nothing is sent for any user.

use std::future::IntoFuture;
use std::process::Command;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::support::{Bed, finish};

/// A sign-in service that lets everybody in.
struct Anybody {
    url: String,
    _tasks: JoinSet<std::io::Result<()>>,
}

async fn anybody() -> Anybody {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let token = r#"{"tokenInfo":{"tokenValue":"t","expiresAt":0}}"#;
    let app = axum::Router::new().fallback(async move || token);
    let mut tasks = JoinSet::new();
    tasks.spawn(axum::serve(listener, app).into_future());
    Anybody { url, _tasks: tasks }
}

/// `run` without a confirmation and with no target of the bed's own.
fn ask(bed: &Bed, auth: &Anybody, args: &[&str]) -> Command {
    let mut command = bed.offboard(&["run", "leavers.csv", "--disable", "--no-lookup"]);
    command
        .env_remove("OFFBOARD_SCIM_URL")
        .env_remove("OFFBOARD_USERNAME")
        .env("OFFBOARD_AUTH_URL", &auth.url)
        .args(args);
    command
}

/// The refusal names this target and this account.
async fn assert_settled(command: Command, target: &str, account: &str) {
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(6), "{ran:?}");
    let expected = format!("at {target} as {account},");
    assert!(ran.stderr.contains(&expected), "{expected}: {ran:?}");
}

async fn bed() -> Bed {
    let bed = Bed::with_users(2).await;
    bed.write_roster(&[]);
    bed
}

fn write(bed: &Bed, name: &str, who: &str) {
    let text = format!(
        "sign-in = \"anaplan-basic\"\nscim-url = \"https://{who}.example.com/v2\"\nusername = \"{who}@example.com\"\n"
    );
    std::fs::write(bed.path(name), text).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flag_beats_a_variable_beats_the_file_beats_the_profile() {
    let (bed, auth) = (bed().await, anybody().await);
    let (target, account) = (
        |who: &str| format!("https://{who}.example.com/v2"),
        |who: &str| format!("{who}@example.com"),
    );

    // The built-in profile has the provider's address, and no account.
    let builtin = "https://api.anaplan.com/scim/1/0/v2";
    let command = ask(&bed, &auth, &["--username", "flag@example.com"]);
    assert_settled(command, builtin, "flag@example.com").await;

    write(&bed, "own.toml", "profile");
    let profile = ["--profile", "own.toml"];
    let with_rest = |args: &[&str]| {
        let mut command = ask(&bed, &auth, args);
        command.args([
            "--rate",
            "8/s",
            "--timeout",
            "30s",
            "--connect-timeout",
            "5s",
        ]);
        command
    };
    assert_settled(with_rest(&profile), &target("profile"), &account("profile")).await;

    write(&bed, "offboard.toml", "file");
    assert_settled(with_rest(&profile), &target("file"), &account("file")).await;

    let with_variable = |args: &[&str]| {
        let mut command = with_rest(args);
        command.env("OFFBOARD_USERNAME", account("variable"));
        command
    };
    assert_settled(
        with_variable(&profile),
        &target("file"),
        &account("variable"),
    )
    .await;

    let mut command = with_variable(&profile);
    command.args(["--username", "flag@example.com"]);
    assert_settled(command, &target("file"), "flag@example.com").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_named_file_takes_the_place_of_the_one_in_the_folder() {
    let (bed, auth) = (bed().await, anybody().await);
    write(&bed, "offboard.toml", "folder");
    write(&bed, "other.toml", "named");
    let command = ask(&bed, &auth, &[]);
    assert_settled(
        command,
        "https://folder.example.com/v2",
        "folder@example.com",
    )
    .await;
    let command = ask(&bed, &auth, &["--config", "other.toml"]);
    assert_settled(command, "https://named.example.com/v2", "named@example.com").await;
    let mut command = ask(&bed, &auth, &[]);
    command.env("OFFBOARD_CONFIG", "other.toml");
    assert_settled(command, "https://named.example.com/v2", "named@example.com").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ledger_is_found_by_every_verb_in_the_same_way() {
    let bed = bed().await;
    let mut run = bed.run_all(2);
    run.env_remove("OFFBOARD_LEDGER");
    std::fs::write(bed.path("offboard.toml"), "ledger = \"kept.db\"\n").unwrap();
    let ran = finish(run).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(bed.path("kept.db").exists());
    let mut status = bed.offboard(&["status"]);
    status.env_remove("OFFBOARD_LEDGER");
    let ran = finish(status).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("removed             2"), "{ran:?}");

    std::fs::remove_file(bed.path("offboard.toml")).unwrap();
    let mut status = bed.offboard(&["status"]);
    status.env_remove("OFFBOARD_LEDGER");
    let ran = finish(status).await;
    assert_eq!(ran.code, Some(7), "{ran:?}");
    assert!(ran.stderr.contains("`offboard.db`"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_file_beats_the_variable_and_standard_input_works() {
    let bed = bed().await;
    std::fs::write(bed.path("wrong"), "wrong\n").unwrap();
    let mut command = bed.run_all(2);
    command.args(["--password-file", "wrong"]);
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(5), "{ran:?}");

    std::fs::write(bed.path("right"), "sandbox\r\n").unwrap();
    let mut command = bed.run_all(2);
    command
        .env_remove("OFFBOARD_PASSWORD")
        .args(["--password-file", "-"])
        .stdin(std::fs::File::open(bed.path("right")).unwrap());
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_variable_for_a_switch_says_yes_or_no_as_people_do() {
    let bed = Bed::with_users(1).await;
    bed.write_roster(&["x y,nobody@example.com"]);
    for (word, code) in [
        ("1", 4),
        ("yes", 4),
        ("true", 4),
        ("0", 6),
        ("off", 6),
        ("perhaps", 2),
    ] {
        let mut command = bed.offboard(&["run", "leavers.csv", "--disable"]);
        command.env("OFFBOARD_STRICT", word);
        let ran = finish(command).await;
        assert_eq!(ran.code, Some(code), "{word}: {ran:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_variable_that_is_set_to_nothing_is_not_set() {
    let bed = bed().await;
    let mut command = bed.run_all(2);
    for name in [
        "OFFBOARD_RATE",
        "OFFBOARD_BURST",
        "OFFBOARD_STRICT",
        "OFFBOARD_CONFIRM",
        "OFFBOARD_PROFILE",
        "OFFBOARD_CONFIG",
        "OFFBOARD_LOG_FILE",
        "OFFBOARD_PROGRESS",
        "OFFBOARD_PASSWORD_FILE",
        "OFFBOARD_ALLOW_HTTP",
        "OFFBOARD_ID_COLUMN",
    ] {
        command.env(name, "");
    }
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
}
