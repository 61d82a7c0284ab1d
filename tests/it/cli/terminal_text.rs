//! Text from outside reaches a terminal with its control characters escaped.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::support::{Bed, Ran, finish};

/// A title, a colour, a CSI of one character, a turned direction, an unseen sign, a carriage return.
const ESCAPES: &str = "\u{1b}]0;T\u{7}\u{1b}[31m\u{9b}31m\u{202e}\u{200b}\r";

fn assert_plain(what: &str, ran: &Ran) {
    let all = format!("{}{}", ran.stdout, ran.stderr);
    let obeyed = |c: &char| c.is_control() && *c != '\n' || offboard::domain::is_unseen(*c);
    let found = all.chars().find(obeyed);
    assert_eq!(found, None, "{what}: {all:?}");
    assert!(!all.is_empty(), "{what}");
}

#[apply(end_to_end!)]
async fn control_characters_from_outside_do_not_reach_a_terminal() {
    let bed = Bed::with_users(2).await;
    let text = format!(
        "User ID,Email,\"N{ESCAPES}\"\n{},a@x.com,1\n\"n{ESCAPES}\",\"e{ESCAPES}@x.com\",2\n",
        bed.people[0].id
    );
    std::fs::write(bed.path("leavers.csv"), text).unwrap();
    let name = format!("r{ESCAPES}.csv");
    std::fs::copy(bed.path("leavers.csv"), bed.path(&name)).unwrap();
    let bad = format!("x{ESCAPES}");
    let ran = finish(bed.run_with(1, "--rate unlimited -v --new")).await;
    assert_plain("run", &ran);
    for args in [
        ["plan", &name, "--disable"].as_slice(),
        &["plan", &name, "--disable", "--json"],
        &["plan", &bad, "--disable"],
        &[
            "plan",
            "leavers.csv",
            "--disable",
            "--csv",
            &format!("{bad}/y"),
        ],
        &["plan", "leavers.csv", "--from-workspace", &bad],
        &["plan", "leavers.csv", "--id-column", &bad, "--disable"],
        &[
            "plan",
            "leavers.csv",
            "--disable",
            "--ledger",
            &format!("{bad}/y"),
        ],
        &[
            "run",
            "leavers.csv",
            "--disable",
            "--new",
            "--confirm",
            "77",
            "--ticket",
            &bad,
        ],
        &["roster", "check", &name],
        &["roster", "check", &name, "--json"],
        &["check", &name],
        &["explain", &bad],
        &["explain", "a@x.com"],
        &["status", &bad],
        &["status"],
        &["status", "--json"],
        &["jobs", "list"],
        &["jobs", "list", "--json"],
        &["report", "-o", &bad],
        &["audit", "verify", &bad],
        &["config", "show", "--id-column", &bad],
        &["config", "show", "--profile", &bad],
        &[&bad],
        &["status", "--no-such", &bad],
        &["run", "--cap", &bad],
        &["run", "--progress", &bad],
    ] {
        let ran = finish(bed.offboard(args)).await;
        assert_plain(&format!("{args:?}"), &ran);
    }
    for (variable, args) in [
        ("OFFBOARD_LOG_FILE", ["status", "-h"]),
        ("OFFBOARD_CAP", ["run", "leavers.csv"]),
        ("OFFBOARD_PROFILE", ["status", "--help"]),
    ] {
        let mut command = bed.offboard(&args);
        command.env(variable, &bad);
        assert_plain(variable, &finish(command).await);
    }
    // Not even bytes that are no text.
    let mut command = bed.offboard(&["plan", "--disable"]);
    command.arg(OsStr::from_bytes(b"a\x9b31m\xff"));
    assert_plain("bytes", &finish(command).await);
}

#[apply(end_to_end!)]
async fn json_escapes_control_characters() {
    let bed = Bed::with_users(1).await;
    let mail = "e\u{9b}\u{202e}\u{7f}é@x.com";
    let text = format!("User ID,Email\nnobody,{mail}\n");
    std::fs::write(bed.path("leavers.csv"), text).unwrap();
    let ran = finish(bed.offboard(&[
        "plan",
        "leavers.csv",
        "--disable",
        "--email-column",
        "Email",
    ]))
    .await;
    assert_plain("plan", &ran);
    let ran = finish(bed.offboard(&["explain", "nobody", "--json"])).await;
    assert_plain("explain", &ran);
    let told: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let name = &told["lines"][0]["user_name"];
    assert!(name.is_null() || name == mail, "{name}");
}
