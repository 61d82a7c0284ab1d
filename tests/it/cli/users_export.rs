//! `users export`: all users once, in a table that a run takes as its roster, whatever interrupts it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use offboard::sandbox::{FaultSettings, SandboxSettings};

use crate::support::{Bed, Ran, Running, finish};

/// The export of this bed's provider, as fast as it goes.
fn export(bed: &Bed, flags: &[&str]) -> Command {
    let mut command = bed.offboard(&["users", "export", "--rate", "unlimited"]);
    command
        .args(flags)
        .env_remove("OFFBOARD_LEDGER")
        .env("OFFBOARD_SCIM_URL", bed.sandbox.scim_url())
        .env("OFFBOARD_AUTH_URL", bed.sandbox.auth_url())
        .env("OFFBOARD_USERNAME", "admin@example.com")
        .env("OFFBOARD_PASSWORD", "sandbox");
    command
}

/// The ids in a table.
fn ids(table: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    assert_eq!(&reader.headers().unwrap()[0], "User ID");
    let records = reader.records();
    records
        .map(|record| record.unwrap()[0].to_owned())
        .collect()
}

/// Each user of the provider once.
fn assert_whole(bed: &Bed, table: &str) {
    let found = ids(table);
    let expected: BTreeSet<_> = bed.people.iter().map(|person| person.id.clone()).collect();
    assert_eq!(found.len(), expected.len());
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
}

fn assert_done(ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[apply(end_to_end!)]
async fn the_users_of_a_provider_become_a_roster() {
    let bed = Bed::with_users(250).await;
    let ran = finish(export(&bed, &["-o", "leavers.csv"])).await;
    assert_done(&ran);
    assert_eq!(ran.stdout, "");
    let table = std::fs::read_to_string(bed.path("leavers.csv")).unwrap();
    assert!(
        table.starts_with("\"User ID\",\"user_name\",\"display_name\",\"active\",\"workspaces\"\n")
    );
    assert_whole(&bed, &table);
    assert_eq!(left(bed.dir.path()), ["leavers.csv"]);
    assert_done(&finish(bed.run_all(250)).await);

    // The file is never overwritten; standard output has the same rows, as they are by now.
    let ran = finish(export(&bed, &["-o", "leavers.csv"])).await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.stderr.contains("exists already"), "{ran:?}");
    let ran = finish(export(&bed, &["--columns", "user_id,active"])).await;
    assert_done(&ran);
    assert_whole(&bed, &ran.stdout);
    assert!(
        ran.stdout
            .lines()
            .skip(1)
            .all(|row| row.ends_with(",\"false\"")),
        "{ran:?}"
    );
    let ran = finish(export(&bed, &["--filter", "active eq true"])).await;
    assert_done(&ran);
    assert_eq!(ran.stdout.lines().count(), 1, "{ran:?}");
}

fn left(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| !name.starts_with("ledger")).collect();
    names.sort();
    names
}

#[apply(end_to_end!)]
async fn an_export_that_is_killed_continues_where_it_was() {
    let bed = Bed::new(SandboxSettings {
        users: 1500,
        faults: FaultSettings::parse("latency=30ms").unwrap(),
        ..SandboxSettings::default()
    })
    .await;
    let part = bed.path("users.csv.part");
    let rows = || std::fs::read_to_string(&part).map_or(0, |text| text.lines().count());
    let mut before = 0;
    for _ in 0..3 {
        let mut running = Running::start(export(&bed, &["-o", "users.csv"]));
        let begun = before;
        assert!(
            running.reaches(|| rows() > begun + 150).await,
            "it ended too soon"
        );
        running.kill().await;
        before = rows();
    }
    // What a dying process has written half does not count.
    let mut text = std::fs::read_to_string(&part).unwrap();
    text.push_str("half a row,\"");
    std::fs::write(&part, text).unwrap();
    let ran = finish(export(&bed, &["-o", "users.csv"])).await;
    assert_done(&ran);
    assert!(ran.stderr.contains("going on after "), "{ran:?}");
    assert_whole(
        &bed,
        &std::fs::read_to_string(bed.path("users.csv")).unwrap(),
    );
    assert_eq!(left(bed.dir.path()), ["users.csv"]);
}

#[apply(end_to_end!)]
async fn an_export_does_not_continue_the_file_of_another() {
    let bed = Bed::with_users(150).await;
    let record = r#"{"version":1,"order":{"target":"https://elsewhere.example.com","filter":null,"columns":["user_id"]},"place":{"passed":100,"total":150,"first":"x","latest":"x","was_full":true},"progress":{"users":100,"duplicates":0},"bytes":8}"#;
    std::fs::write(bed.path("users.csv.part"), "User ID\nnobody\n").unwrap();
    std::fs::write(bed.path("users.csv.part.json"), record).unwrap();
    let ran = finish(export(&bed, &["-o", "users.csv", "--columns", "user_id"])).await;
    assert_done(&ran);
    assert_whole(
        &bed,
        &std::fs::read_to_string(bed.path("users.csv")).unwrap(),
    );
}

#[apply(end_to_end!)]
async fn an_export_writes_over_nothing_and_follows_no_planted_link() {
    let bed = Bed::with_users(3).await;
    let victim = bed.path("victim");
    let record = r#"{"version":3}"#;
    let precious = [
        "precious",
        // Even what looks like ours is not written through another name.
        r#"{"version":3,"precious":true}"#,
    ];
    for name in [
        "users.csv",
        "users.csv.part",
        "users.csv.part.json",
        "users.csv.part.json.new",
    ] {
        for (text, is_hard) in precious
            .into_iter()
            .flat_map(|text| [(text, false), (text, true)])
        {
            std::fs::write(&victim, text).unwrap();
            std::fs::write(bed.path("users.csv.part.json"), record).unwrap();
            let _ = std::fs::remove_file(bed.path(name));
            if is_hard {
                std::fs::hard_link(&victim, bed.path(name)).unwrap();
            } else {
                std::os::unix::fs::symlink(&victim, bed.path(name)).unwrap();
            }
            let ran = finish(export(&bed, &["-o", "users.csv"])).await;
            assert_eq!(
                std::fs::read_to_string(&victim).unwrap(),
                text,
                "{name}: {ran:?}"
            );
            for name in left(bed.dir.path()) {
                std::fs::remove_file(bed.path(&name)).unwrap();
            }
        }
    }
    std::fs::write(bed.path("users.csv.part"), "precious").unwrap();
    let ran = finish(export(&bed, &["-o", "users.csv"])).await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(
        ran.stderr.contains("`users.csv.part` exists already"),
        "{ran:?}"
    );
    assert_eq!(left(bed.dir.path()), ["users.csv.part"]);
}

#[apply(end_to_end!)]
async fn faults_cost_an_export_time_and_no_user() {
    let bed = Bed::new(SandboxSettings {
        users: 600,
        faults: FaultSettings::parse("error500=0.2,reset-after=0.1,unauthorized401=0.1").unwrap(),
        ..SandboxSettings::default()
    })
    .await;
    let ran = finish(export(&bed, &["--timeout", "2s"])).await;
    assert_done(&ran);
    assert_whole(&bed, &ran.stdout);
}

#[apply(end_to_end!)]
async fn what_cannot_be_exported_is_refused_in_words() {
    let bed = Bed::with_users(3).await;
    for (flags, code, words) in [
        (&["--filter", "active is true"][..], 2, "refuses the filter"),
        (&["--columns", "password"], 2, "no column `password`"),
        (&["-o", "missing/users.csv"], 3, "missing/users.csv.part"),
    ] {
        let ran = finish(export(&bed, flags)).await;
        assert_eq!(ran.code, Some(code), "{ran:?}");
        assert!(ran.stderr.contains(words), "{ran:?}");
    }
    std::fs::write(
        bed.path("offboard.toml"),
        "[scim.find]\nnames-per-search = 0\ncount-active = false\n",
    )
    .unwrap();
    let ran = finish(export(&bed, &["--filter", "active eq true"])).await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.stderr.contains("cannot filter"), "{ran:?}");
}
