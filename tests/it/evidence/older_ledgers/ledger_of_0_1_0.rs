//! A ledger that version 0.1.0 has written, before events had one type: every command reads it as that
//! version did, and the job in it that was interrupted continues.
//!
//! Its jobs work on [`ADDRESS`], so that the sandbox listens there. The sandbox has [`USERS`] users.
//! Job 1 names the first half of them, and some lines that cannot be used: it was run under faults, tried
//! again, verified and undone. Job 2 names the other half, and was killed after a few users.

use std::fmt::Write;
use std::net::{Ipv4Addr, SocketAddr};

use offboard::sandbox::SandboxSettings;

use crate::support::{Bed, Transcript, finish};

const LEDGER: &[u8] = include_bytes!("ledger_of_0_1_0.sqlite");

/// A loopback address that no other program takes.
const ADDRESS: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(127, 41, 83, 6)), 41836);

const USERS: usize = 24;

/// Lines of the first roster that no write follows from.
const ODD_LINES: [&str; 3] = [
    "ffffffffffffffffffffffffffffffff,unknown@example.com",
    "not an id at all,broken@example.com",
    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF,unknown@example.com",
];

/// The provider of the jobs, with the rosters `first.csv` and `second.csv`.
async fn bed() -> Bed {
    let bed = Bed::new(SandboxSettings {
        bind: ADDRESS,
        users: USERS,
        seed: 5,
        refused: 2,
        ..SandboxSettings::default()
    })
    .await;
    rosters(&bed);
    bed
}

fn rosters(bed: &Bed) {
    let (first, second) = bed.people.split_at(USERS / 2);
    for (name, people, more) in [
        ("first.csv", first, &ODD_LINES[..]),
        ("second.csv", second, &[]),
    ] {
        let mut text = String::from("User ID,Email\n");
        for person in people {
            writeln!(text, "{},{}", person.id, person.user_name).unwrap();
        }
        for line in more {
            writeln!(text, "{line}").unwrap();
        }
        std::fs::write(bed.path(name), text).unwrap();
    }
}

#[apply(end_to_end!)]
async fn the_ledger_of_0_1_0_reads_as_before_and_its_interrupted_job_continues() {
    let bed = bed().await;
    std::fs::write(bed.ledger(), LEDGER).unwrap();
    let jobs = finish(bed.offboard(&["jobs", "list", "--json"])).await;
    let jobs: serde_json::Value = serde_json::from_str(&jobs.stdout).unwrap();
    // The latest comes first: job 2, the undo, job 1.
    let id = |nth: usize| jobs["jobs"][nth]["job"].as_str().unwrap().to_owned();
    let (second, undo, first) = (id(0), id(1), id(2));

    let mut transcript = Transcript::default();
    for (job, name) in [(&first, "JOB1"), (&undo, "UNDO"), (&second, "JOB2")] {
        for args in [
            &["status"][..],
            &["status", "--json"],
            &["audit", "verify"],
            &["audit", "verify", "--json"],
            &["report", "--format", "csv"],
            &["report", "--format", "json"],
        ] {
            let mut args = args.to_vec();
            args.insert(if args[0] == "audit" { 2 } else { 1 }, job);
            let ran = finish(bed.offboard(&args)).await;
            transcript.add(&args.join(" ").replace(job.as_str(), name), &ran);
        }
    }
    for person in [0, 3, 7, 11, 12, 14] {
        let ran = finish(bed.offboard(&["explain", &bed.people[person].id])).await;
        transcript.add(&format!("explain USER{person}"), &ran);
    }
    let ran = finish(bed.offboard(&["explain", "broken@example.com", "--json"])).await;
    transcript.add("explain broken@example.com --json", &ran);
    transcript.check("ledger_of_0_1_0", bed.dir.path());

    for (job, dir) in [(&first, "one"), (&second, "two")] {
        let ran = finish(bed.offboard(&["report", job, "-o", dir])).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let ran = finish(bed.offboard(&["audit", "verify", dir])).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }

    let mut command = bed.offboard(&["run", "second.csv", "--disable", "--remove-access"]);
    command.args(["--rate", "unlimited", "--confirm", "12"]);
    let ran = finish(command).await;
    // One of its users is refused by the provider.
    assert_eq!(ran.code, Some(10), "{ran:?}");
    assert!(ran.stderr.contains(&second[..8]), "{ran:?}");
    let ran = finish(bed.offboard(&["audit", "verify", &second])).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let removed = bed.people[USERS / 2..]
        .iter()
        .filter(|person| bed.is_gone(&person.id))
        .count();
    assert!(removed > 0, "the continued job has written no user");
    let status = finish(bed.offboard(&["status", &second, "--json"])).await;
    let status: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
    assert_eq!(status["finished"], true, "{status}");
}
