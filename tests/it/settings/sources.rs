//! Where settings come from, and which source wins: flag, variable, file, profile.
//!
//! The refusal to start without a confirmation names target and account: what was settled is seen
//! there, and nothing is sent for any user.

use std::future::IntoFuture;
use std::process::Command;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::support::{Bed, finish};

/// A sign-in service that accepts each account.
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

#[apply(end_to_end!)]
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

    write(&bed, "file.toml", "file");
    let with_rest = |args: &[&str]| {
        let mut command = with_rest(args);
        command.args(["--config", "file.toml"]);
        command
    };
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

#[apply(end_to_end!)]
async fn a_named_file_takes_the_place_of_the_one_in_the_folder() {
    let (bed, auth) = (bed().await, anybody().await);
    let builtin = "https://api.anaplan.com/scim/1/0/v2";
    let folder = "username = \"folder@example.com\"\n";
    std::fs::write(bed.path("offboard.toml"), folder).unwrap();
    write(&bed, "other.toml", "named");
    let command = ask(&bed, &auth, &[]);
    assert_settled(command, builtin, "folder@example.com").await;
    let command = ask(&bed, &auth, &["--config", "other.toml"]);
    assert_settled(command, "https://named.example.com/v2", "named@example.com").await;
    let mut command = ask(&bed, &auth, &[]);
    command.env("OFFBOARD_CONFIG", "other.toml");
    assert_settled(command, "https://named.example.com/v2", "named@example.com").await;
}

#[apply(end_to_end!)]
async fn the_file_that_was_read_is_named_and_a_file_found_by_chance_may_not_redirect_secrets() {
    let bed = bed().await;
    let run = |text: &str, args: &[&str]| {
        std::fs::write(bed.path("offboard.toml"), text).unwrap();
        let mut command = bed.offboard(&["plan", "leavers.csv", "--disable"]);
        command.args(args);
        finish(command)
    };
    let ran = run("cap = 10\n", &[]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("settings: offboard.toml"), "{ran:?}");
    let planted = "sign-in = \"command\"\ntoken-command = \"touch ran\"\n";
    let ran = run(planted, &[]).await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    let names_both = ["`token-command`", "--config offboard.toml"];
    assert!(
        names_both.iter().all(|word| ran.stderr.contains(word)),
        "{ran:?}"
    );
    assert!(!bed.path("ran").exists());
    run(planted, &["--config", "offboard.toml"]).await;
    assert!(bed.path("ran").exists());
    // A verb that only reads the ledger sends no secret.
    let ran = finish(bed.offboard(&["status"])).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[apply(end_to_end!)]
async fn a_switch_is_off_if_the_stronger_source_says_so() {
    let bed = Bed::with_users(1).await;
    bed.write_roster(&["x y,nobody@example.com"]);
    std::fs::write(bed.path("own.toml"), "strict = true\n").unwrap();
    let run = |args: &'static [&str], variable: &'static str| {
        let mut command = bed.offboard(&["run", "leavers.csv", "--disable"]);
        command.args(args).env("OFFBOARD_STRICT", variable);
        finish(command)
    };
    for (args, variable, code) in [
        (&["--config", "own.toml"][..], "", 4),
        (&["--config", "own.toml"], "false", 6),
        (&["--config", "own.toml", "--strict=false"], "", 6),
        (&["--config", "own.toml", "--strict=no"], "true", 6),
        (&["--strict=true"], "false", 4),
        (&["--strict"], "false", 4),
    ] {
        let ran = run(args, variable).await;
        assert_eq!(ran.code, Some(code), "{args:?} {variable}: {ran:?}");
    }
    let wrong = "progress = \"loud\"\n";
    std::fs::write(bed.path("own.toml"), wrong).unwrap();
    let ran = run(&["--config", "own.toml"], "").await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.stderr.contains("settings `own.toml`"), "{ran:?}");
}

#[apply(end_to_end!)]
async fn settings_that_a_verb_looks_at_by_itself_have_their_place_in_the_file() {
    let bed = bed().await;
    std::fs::create_dir(bed.path("conf")).unwrap();
    let text = "profile = \"anaplan\"\nprogress = \"lines\"\nlog-file = \"log\"\nredact = true\n";
    std::fs::write(bed.path("conf/own.toml"), text).unwrap();
    let mut command = bed.run_all(2);
    command.args(["--config", "conf/own.toml"]);
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains(" of 2"), "{ran:?}");
    assert!(std::fs::metadata(bed.path("conf/log")).unwrap().len() > 0);
    let report = |args: &'static [&str]| {
        let mut command = bed.offboard(&["report", "--format", "csv"]);
        command.args(["--config", "conf/own.toml"]).args(args);
        finish(command)
    };
    let name = &bed.people[0].user_name;
    assert!(!report(&[]).await.stdout.contains(name));
    assert!(report(&["--redact=false"]).await.stdout.contains(name));
}

#[apply(end_to_end!)]
async fn p10_neither_help_nor_what_is_shown_repeats_a_secret_of_a_variable() {
    let bed = bed().await;
    let planted = |args: &[&str]| {
        let mut command = bed.offboard(args);
        command
            .env("OFFBOARD_TOKEN_COMMAND", "sh -c planted")
            .env("OFFBOARD_PROXY", "http://me:planted@127.0.0.1:9")
            .env("OFFBOARD_PROXY_PASSWORD", "planted");
        finish(command)
    };
    for args in [
        &["run", "--help"][..],
        &["users", "export", "--help"],
        &["config", "show"],
        &["config", "show", "--json"],
    ] {
        let ran = planted(args).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(!format!("{ran:?}").contains("planted"), "{ran:?}");
        assert!(ran.stdout.to_lowercase().contains("token"), "{ran:?}");
    }
}

#[apply(end_to_end!)]
async fn a_misspelt_variable_causes_a_message() {
    let bed = bed().await;
    let mut command = bed.offboard(&["plan", "leavers.csv", "--disable"]);
    command.env("OFFBOARD_PROTECTED", "ada@example.com");
    let ran = finish(command).await;
    assert!(ran.stderr.contains("`OFFBOARD_PROTECTED`"), "{ran:?}");
    assert!(ran.stderr.contains("`OFFBOARD_PROTECT`"), "{ran:?}");
}

#[apply(end_to_end!)]
async fn what_leaves_no_time_is_refused_before_anything_is_sent() {
    let bed = bed().await;
    for (flag, value) in [
        ("--until", "2020-01-31T15:00:00Z"),
        ("--until", "2030-01-31T15:00"),
        ("--until", "18"),
        ("--timeout", "0s"),
        ("--connect-timeout", "0s"),
    ] {
        let mut command = bed.offboard(&["plan", "leavers.csv", "--disable"]);
        command.args([flag, value]);
        let ran = finish(command).await;
        assert_eq!(ran.code, Some(3), "{flag} {value}: {ran:?}");
        assert!(ran.stderr.contains(flag), "{ran:?}");
    }
    for (flag, value, right) in [
        ("--rate", "10", "`10/s`"),
        ("--rate", "0.5/s", "`30/m`"),
        ("--cap-share", "20", "`20%`"),
    ] {
        let mut command = bed.offboard(&["plan", "leavers.csv", "--disable"]);
        command.args([flag, value]);
        let ran = finish(command).await;
        assert_eq!(ran.code, Some(2), "{flag} {value}: {ran:?}");
        assert!(ran.stderr.contains(right), "{ran:?}");
    }
    assert_eq!(bed.books.requests().len(), 0);
}

#[apply(end_to_end!)]
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

#[apply(end_to_end!)]
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

#[apply(end_to_end!)]
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

#[apply(end_to_end!)]
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
