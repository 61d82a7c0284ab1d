//! Outages of the provider and limits of a run, with the real program.

use offboard::sandbox::{FaultSettings, SandboxSettings};

use crate::fleet::in_postgres::on_each_ledger;
use crate::support::{Bed, finish};

async fn bed(users: usize, faults: &str) -> Bed {
    let bed = Bed::new(SandboxSettings {
        users,
        faults: FaultSettings::parse(faults).unwrap(),
        ..SandboxSettings::default()
    })
    .await;
    bed.write_roster(&[]);
    bed
}

#[apply(on_each_ledger)]
async fn p5_an_outage_is_waited_out_and_costs_no_user_an_attempt() {
    for answer in ["", ":reset"] {
        let faults = format!("latency=2ms,outage=#100+3s{answer}");
        let bed = bed(300, &faults).await;
        let ran = finish(bed.run_all(300)).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(
            ran.stderr.contains("the target fails for all users"),
            "{ran:?}"
        );
        assert!(ran.stderr.contains("the target answers again"), "{ran:?}");
        assert!(bed.people.iter().all(|person| bed.is_gone(&person.id)));
        let changed = bed.books.users();
        assert!(changed.iter().all(|user| user.writes_changed == 1));
        // 300 users, the sign-in, and what was in the air or probed while it lasted.
        let requests = bed.books.totals().requests;
        assert!(requests < 300 + 250, "{requests} requests");
    }
}

#[apply(end_to_end!)]
async fn p5_an_outage_without_end_stops_the_run_with_the_command_that_continues() {
    let bed = bed(50, "outage=#10+1m").await;
    let mut command = bed.run_all(50);
    command.args(["--max-outage", "2s"]);
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(11), "{ran:?}");
    assert!(
        ran.stderr.contains("the target was out for too long"),
        "{ran:?}"
    );
    assert!(ran.stderr.contains("to continue: "), "{ran:?}");
    assert!(!ran.stdout.contains("failed"), "{ran:?}");
}

#[apply(end_to_end!)]
async fn a_run_stops_at_the_limits_that_were_set() {
    let bed = Bed::new(SandboxSettings {
        users: 100,
        refused: 30,
        faults: FaultSettings::parse("latency=100ms").unwrap(),
        ..SandboxSettings::default()
    })
    .await;
    bed.write_roster(&[]);
    for (limit, code, words) in [
        (
            ["--max-duration", "100ms"],
            11,
            "the time that was set is over",
        ),
        (["--max-failures", "2"], 6, "users failed: too many"),
    ] {
        let mut command = bed.run_all(100);
        command.args(limit);
        let ran = finish(command).await;
        assert_eq!(ran.code, Some(code), "{ran:?}");
        assert!(ran.stderr.contains(words), "{ran:?}");
        assert!(ran.stderr.contains("to continue: "), "{ran:?}");
    }
    let ran = finish(bed.run_all(100)).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    let gone = bed.people.iter().filter(|person| bed.is_gone(&person.id));
    assert_eq!(gone.count(), 70);
}

#[apply(end_to_end!)]
async fn a_run_stops_at_its_time_and_the_command_that_continues_leaves_the_time_out() {
    let bed = Bed::with_users(100).await;
    bed.write_roster(&[]);
    let moment = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(4);
    let moment = moment.to_string();
    let mut command = bed.run_with(100, "--rate 5/s --until");
    command.arg(&moment);
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(11), "{ran:?}");
    assert!(
        ran.stderr.contains("the time that was set is over"),
        "{ran:?}"
    );
    let next = ran
        .stderr
        .lines()
        .find(|line| line.starts_with("to continue: "));
    let next = next.unwrap();
    assert!(
        next.contains("--rate 5/s") && !next.contains("--until"),
        "{next}"
    );
    assert!(!next.contains(&moment), "{next}");
}

/// How often a text is in another.
fn times(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

#[apply(end_to_end!)]
async fn why_a_run_stops_early_is_printed_once_in_every_mode() {
    for shown in [
        &["--progress", "off"][..],
        &["--progress", "bar"],
        &["--progress", "lines"],
        &["--quiet"],
    ] {
        for (limit, code, why) in [
            (
                ["--max-duration", "100ms"],
                11,
                "the time that was set is over",
            ),
            (["--max-failures", "1"], 6, "users failed: too many"),
        ] {
            let bed = Bed::new(SandboxSettings {
                users: 100,
                refused: 30,
                faults: FaultSettings::parse("latency=50ms").unwrap(),
                ..SandboxSettings::default()
            })
            .await;
            bed.write_roster(&[]);
            let mut command = bed.run_all(100);
            command.args(limit).args(shown).arg("--json");
            let ran = finish(command).await;
            assert_eq!(ran.code, Some(code), "{ran:?}");
            assert_eq!(times(&ran.stderr, why), 1, "{shown:?}: {ran:?}");
            let told: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
            let stopped = told["stopped"].as_str().unwrap();
            assert!(stopped.contains(why), "{told}");
            let run = told["runs"].as_array().unwrap().last().unwrap();
            assert_eq!(run["stopped"], stopped);
            let (_, summary) = bed.report("evidence").await;
            let runs = summary["runs"].as_array().unwrap();
            assert!(runs.iter().any(|run| run["stopped"] == stopped));
            let ran = finish(bed.offboard(&["audit", "verify", "evidence"])).await;
            assert_eq!(ran.code, Some(0), "{ran:?}");
        }
    }
}
