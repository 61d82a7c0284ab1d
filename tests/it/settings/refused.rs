//! Settings, secrets and command lines that cannot be used.

use std::process::Command;

use crate::support::{Bed, Ran, Transcript, finish};

/// Runs, and makes sure that no ledger appeared.
async fn refused(bed: &Bed, what: &str, command: Command, code: i32, told: &mut Transcript) -> Ran {
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(code), "{what}: {ran:?}");
    bed.assert_no_ledger(what);
    told.add(what, &ran);
    ran
}

#[apply(end_to_end!)]
async fn a_command_line_that_cannot_be_meant_is_refused() {
    let bed = Bed::with_users(1).await;
    bed.write_roster(&[]);
    let mut told = Transcript::default();
    for (what, args) in [
        (
            "neither --disable nor --remove-access",
            ["run", "leavers.csv"].as_slice(),
        ),
        ("no roster", &["run", "--disable"]),
        (
            "a rate without a unit",
            &["run", "leavers.csv", "--disable", "--rate", "8"],
        ),
        (
            "a rate of nothing",
            &["run", "leavers.csv", "--disable", "--rate", "0/s"],
        ),
        (
            "a time without a unit",
            &["run", "leavers.csv", "--disable", "--timeout", "30"],
        ),
        (
            "no users at once",
            &["run", "leavers.csv", "--disable", "--concurrency", "0"],
        ),
        (
            "a number that is none",
            &["run", "leavers.csv", "--disable", "--confirm", "all"],
        ),
        ("flags that exclude each other", &["status", "-q", "-v"]),
        ("an unknown flag", &["run", "leavers.csv", "--disabel"]),
        ("an unknown verb", &["remove", "leavers.csv"]),
        (
            "a password as a flag",
            &["run", "leavers.csv", "--disable", "--password", "x"],
        ),
        ("a fault that is none", &["sandbox", "--fault", "fire=0.1"]),
    ] {
        refused(&bed, what, bed.offboard(args), 2, &mut told).await;
    }
    told.check("input_usage", bed.dir.path());
}

#[apply(end_to_end!)]
async fn settings_that_cannot_be_used_are_refused_before_anything_is_opened() {
    let bed = Bed::with_users(1).await;
    bed.write_roster(&[]);
    std::fs::write(bed.path("bad.toml"), "rate = \"8/s\"\nretries = 3\n").unwrap();
    std::fs::write(bed.path("rate.toml"), "burst = 2\nrate = \"fast\"\n").unwrap();
    std::fs::write(bed.path("secret.toml"), "password = \"planted\"\n").unwrap();
    std::fs::write(bed.path("text.toml"), "rate: 8/s\n").unwrap();
    let mut told = Transcript::default();
    for (what, args) in [
        (
            "a URL without a scheme",
            ["--scim-url", "scim.example.com/v2"].as_slice(),
        ),
        (
            "another scheme",
            &["--scim-url", "ftp://scim.example.com/v2"],
        ),
        (
            "a URL with a password",
            &["--scim-url", "https://admin:planted@example.com/v2"],
        ),
        ("plain http", &["--scim-url", "http://scim.example.com/v2"]),
        (
            "plain http to sign in",
            &["--auth-url", "http://auth.example.com"],
        ),
        ("an unknown profile", &["--profile", "okta"]),
        (
            "a profile file that is not there",
            &["--profile", "./okta.toml"],
        ),
        (
            "a settings file that is not there",
            &["--config", "nobody.toml"],
        ),
        ("a settings file that is a folder", &["--config", "."]),
        ("an unknown key", &["--config", "bad.toml"]),
        ("a secret", &["--config", "secret.toml"]),
        ("a wrong value", &["--config", "rate.toml"]),
        ("a file that is no TOML", &["--config", "text.toml"]),
        (
            "more requests at once than can be",
            &["--concurrency", "18446744073709551615"],
        ),
        (
            "a burst that lasts longer than any clock",
            &["--rate", "1/m", "--burst", "4294967295"],
        ),
        ("no username", &["--username", ""]),
        ("a username with a colon", &["--username", "a:b"]),
    ] {
        let mut command = bed.offboard(&["run", "leavers.csv", "--disable", "--confirm", "1"]);
        command.args(args);
        let ran = refused(&bed, what, command, 3, &mut told).await;
        assert!(!ran.stderr.contains("planted"), "{ran:?}");
    }
    told.check("input_settings", bed.dir.path());
}

#[apply(end_to_end!)]
async fn plain_http_is_allowed_by_its_flag() {
    let bed = Bed::with_users(1).await;
    bed.write_roster(&[]);
    let mut command = bed.offboard(&[
        "run",
        "leavers.csv",
        "--disable",
        "--allow-http",
        "--no-lookup",
    ]);
    command.args(["--scim-url", "http://scim.example.com/v2"]);
    // The confirmation is asked for next: the URL was no hindrance, and nothing was sent.
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(6), "{ran:?}");
}

#[apply(end_to_end!)]
async fn a_missing_password_is_an_error_before_anything_is_opened() {
    let bed = Bed::with_users(1).await;
    bed.write_roster(&[]);
    std::fs::write(bed.path("empty"), "\n").unwrap();
    std::fs::write(bed.path("lines"), "planted\nplanted\n").unwrap();
    std::fs::write(bed.path("bytes"), b"planted\xff\xfe").unwrap();
    std::fs::write(bed.path("long"), "planted".repeat(1000)).unwrap();
    let mut told = Transcript::default();
    for (what, file) in [
        ("no password and no terminal", None),
        ("no such password file", Some("nobody")),
        ("a folder", Some(".")),
        ("an empty file", Some("empty")),
        ("two lines", Some("lines")),
        ("no text", Some("bytes")),
        ("the wrong file", Some("long")),
        ("nothing on standard input", Some("-")),
    ] {
        let mut command = bed.offboard(&["run", "leavers.csv", "--disable", "--confirm", "1"]);
        command.env_remove("OFFBOARD_PASSWORD");
        if let Some(file) = file {
            command.args(["--password-file", file]);
        }
        let ran = refused(&bed, what, command, 3, &mut told).await;
        assert!(!ran.stderr.contains("planted"), "{ran:?}");
    }
    told.check("input_password", bed.dir.path());
}
