//! The evidence of real jobs: interrupted, continued, reported, and checked by the program itself.

use std::process::Command;

use crate::fleet::in_postgres::on_each_ledger;
use crate::support::{Bed, Ran, finish, half_done, run_one_by_one};

/// The head that a run has printed.
fn head(ran: &Ran) -> String {
    let line = ran
        .stderr
        .lines()
        .find(|line| line.starts_with("chain of "));
    let line = line.unwrap_or_else(|| panic!("no head: {ran:?}"));
    line.rsplit(' ').next().unwrap().to_owned()
}

fn again(bed: &Bed) -> Command {
    let mut command = run_one_by_one(bed, "unlimited", 20);
    command.args([
        "--ticket",
        "CHG-4711",
        "--reason",
        "left",
        "--approver",
        "Ada",
    ]);
    command
}

#[apply(on_each_ledger)]
async fn p9_the_evidence_of_a_killed_and_continued_job_holds() {
    let bed = half_done(rustix::process::Signal::KILL).await;
    let early = finish(bed.offboard(&["status", "--json"])).await;
    let early: serde_json::Value = serde_json::from_str(&early.stdout).unwrap();
    let early = early["chain"]["head"].as_str().unwrap().to_owned();
    let ran = finish(again(&bed)).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let late = head(&ran);
    let status = finish(bed.offboard(&["status"])).await;
    assert!(status.stdout.contains(&late), "{status:?}");

    let (rows, summary) = bed.report("evidence").await;
    for subject in ["evidence", "latest"] {
        for kept in [&early, &late] {
            let verify = bed.offboard(&["audit", "verify", subject, "--head", kept]);
            let ran = finish(verify).await;
            assert_eq!(ran.code, Some(0), "{subject}: {ran:?}");
            assert!(ran.stdout.contains("the evidence holds"), "{ran:?}");
        }
    }
    let verify = bed.offboard(&["audit", "verify", "evidence", "--head", &"0".repeat(64)]);
    assert_eq!(finish(verify).await.code, Some(7));

    // Operator and reason are stored with each user of the second run.
    let with_ticket = rows
        .iter()
        .filter(|row| row["ticket"] == "CHG-4711")
        .count();
    assert!((1..20).contains(&with_ticket), "{with_ticket}");
    let runs = summary["runs"].as_array().unwrap();
    let last = runs.last().unwrap();
    assert_eq!(
        (&last["approver"], &last["reason"]),
        (&"Ada".into(), &"left".into())
    );
    assert!(last["requests"].as_u64().unwrap() > 0, "{last}");
    assert!(!last["operator"].as_str().unwrap().is_empty(), "{last}");
    assert!(runs.iter().any(|run| run["ending"] == "died"), "{runs:?}");
    assert_eq!(summary["interruptions"], 1);

    // One cell, with the digests made anew.
    let path = bed.path("evidence/report.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("\"removed\"", "\"already\"", 1)).unwrap();
    crate::evidence::altered_bundle::seal(&bed.path("evidence"));
    let ran = finish(bed.offboard(&["audit", "verify", "evidence"])).await;
    assert_eq!(ran.code, Some(7), "{ran:?}");
    assert!(
        ran.stdout.contains("expected `removed`, found `already`"),
        "{ran:?}"
    );
    let ran = finish(bed.offboard(&["audit", "verify", "evidence", "--json"])).await;
    assert_eq!(ran.code, Some(7), "{ran:?}");
    let told: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (&told["holds"], &told["schema"]),
        (&false.into(), &1.into())
    );
    assert_eq!(told["faults"]["first"][0]["found"], "already");
}

#[apply(end_to_end!)]
async fn p7_what_the_file_requires_must_be_given_before_anything_is_sent() {
    let bed = Bed::with_users(3).await;
    bed.write_roster(&[]);
    let required = "require = [\"ticket\", \"reason\", \"approver\"]\nreason = \"they left\"\n";
    std::fs::write(bed.path("offboard.toml"), required).unwrap();
    let ran = finish(bed.run_with(3, "--ticket CHG-1 --rate unlimited")).await;
    assert_eq!(ran.code, Some(6), "{ran:?}");
    assert!(
        ran.stderr.contains("`--approver`") && !ran.stderr.contains("--ticket"),
        "{ran:?}"
    );
    assert_eq!(bed.books.totals().requests, 0);
    let mut command = bed.run_with(3, "--ticket CHG-1 --rate unlimited");
    command.env("OFFBOARD_APPROVER", "Ada Lovelace");
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let (rows, summary) = bed.report("evidence").await;
    assert!(
        rows.iter()
            .all(|row| row["approver"] == "Ada Lovelace" && row["ticket"] == "CHG-1")
    );
    assert_eq!(summary["runs"][0]["reason"], "they left");
}

#[apply(end_to_end!)]
async fn one_file_goes_to_standard_output_as_it_is_in_the_bundle() {
    let bed = crate::support::all_done().await;
    for redact in [&[][..], &["--redact"]] {
        let dir = format!("evidence{}", redact.len());
        let mut bundle = bed.offboard(&["report", "-o", &dir]);
        bundle.args(redact);
        assert_eq!(finish(bundle).await.code, Some(0));
        for (format, file) in [
            ("csv", "report.csv"),
            ("jsonl", "events.jsonl"),
            ("json", "summary.json"),
        ] {
            let mut single = bed.offboard(&["report", "--format", format]);
            single.args(redact);
            let ran = finish(single).await;
            assert_eq!(ran.code, Some(0), "{ran:?}");
            let written = std::fs::read_to_string(bed.path(&dir).join(file)).unwrap();
            // The mark of UTF-8 is for spreadsheets, which open files.
            let text = written.trim_start_matches('\u{feff}');
            assert_eq!(ran.stdout, text, "{file}");
        }
    }
    let ran = finish(bed.offboard(&["report"])).await;
    assert_eq!(ran.code, Some(2), "{ran:?}");
}
