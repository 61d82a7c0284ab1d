//! What comes after a job: the failed once more, the jobs of a ledger, one user's history, and a look
//! at everything before a job.

use offboard::domain::Status;
use offboard::sandbox::{FaultKind, SandboxSettings};
use serde_json::Value;

use crate::support::text::check_text;
use crate::support::{Bed, Running, finish, tally};

#[tokio::test]
async fn the_failed_are_tried_once_more() {
    let bed = Bed::new(SandboxSettings {
        users: 20,
        refused: 2,
        ..SandboxSettings::default()
    })
    .await;
    bed.write_roster(&[]);
    for (person, book) in bed.people.iter().zip(bed.books.users()).step_by(4) {
        if !book.refused {
            bed.sandbox.plan_faults(&person.id, [FaultKind::Error500]);
        }
    }
    let ran = finish(bed.run_with(20, "--rate unlimited --max-attempts 1")).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    let failed = tally(&bed.rows().await)[&Status::Failed];
    assert!(failed > 4, "{failed}");
    // One reason alone; an unknown one is misuse.
    let ran = finish(bed.verb("retry", "--confirm 20 --only sometimes")).await;
    assert_eq!(ran.code, Some(2), "{ran:?}");
    // The number of the job is not that of the retry.
    let of_one_reason = failed - 2;
    let retry = |users| format!("--confirm {users} --only server_error --max-attempts 9");
    let ran = finish(bed.verb("retry", &retry(20))).await;
    assert_eq!(ran.code, Some(6), "{ran:?}");
    let ran = finish(bed.verb("retry", &retry(of_one_reason))).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    let said = format!("{of_one_reason} users are tried again");
    assert!(ran.stderr.contains(&said), "{ran:?}");
    let rows = bed.rows().await;
    let still: Vec<_> = rows
        .iter()
        .filter(|row| row.status == Status::Failed)
        .collect();
    assert_eq!(still.len(), 2, "{still:?}");
    assert!(
        still
            .iter()
            .all(|row| row.reason.as_deref() == Some("forbidden"))
    );
    for person in 0..20 {
        assert!(bed.book(person).writes_changed <= 1);
    }
}

#[tokio::test]
async fn jobs_are_listed_shown_and_pruned() {
    let bed = Bed::with_users(5).await;
    bed.write_roster(&[]);
    assert_eq!(finish(bed.run_all(5)).await.code, Some(0));
    assert_eq!(finish(bed.verb("undo", "--confirm 5")).await.code, Some(0));
    let ran = finish(bed.offboard(&["jobs", "list"])).await;
    check_text("jobs_list", &ran.stdout, bed.dir.path());
    let ran = finish(bed.offboard(&["jobs", "list", "--json"])).await;
    let jobs: Value = serde_json::from_str(&ran.stdout).unwrap();
    let (undo, job) = (&jobs[0]["job"], &jobs[1]["job"]);
    let (undo, job) = (undo.as_str().unwrap(), job.as_str().unwrap());

    let ran = finish(bed.offboard(&["jobs", "prune", "--older-than", "0s", "--dry-run"])).await;
    assert_eq!(ran.stdout.lines().count(), 2, "{ran:?}");
    let ran = finish(bed.offboard(&["jobs", "prune", job, "--confirm", "1"])).await;
    assert_eq!(ran.code, Some(7), "{ran:?}");
    assert!(
        ran.stderr.contains(&format!("prune job {undo} too")),
        "{ran:?}"
    );
    let ran = finish(bed.offboard(&["jobs", "prune", job, undo])).await;
    assert_eq!(ran.code, Some(6), "{ran:?}");
    assert!(ran.stderr.contains("--confirm 2"), "{ran:?}");
    let ran = finish(bed.offboard(&["jobs", "prune", job, undo, "--confirm", "2"])).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let ran = finish(bed.offboard(&["jobs", "list"])).await;
    assert_eq!(ran.stdout, "the ledger holds no job yet\n");
    // Nothing of the users is left in the file.
    let bytes = std::fs::read(bed.ledger()).unwrap();
    let name = bed.people[1].user_name.as_bytes();
    assert!(!bytes.windows(name.len()).any(|found| found == name));
    // A new job is not taken for the old one.
    assert_eq!(finish(bed.run_all(5)).await.code, Some(0));
}

#[tokio::test]
async fn a_job_that_is_not_finished_is_not_pruned() {
    let bed = Bed::with_users(3).await;
    bed.write_roster(&[]);
    assert_eq!(finish(bed.run_all(99)).await.code, Some(6));
    let ran = finish(bed.offboard(&["jobs", "prune", "latest", "--confirm", "1"])).await;
    assert_eq!(ran.code, Some(6), "{ran:?}");
    assert!(ran.stderr.contains("is not finished"), "{ran:?}");
}

#[tokio::test]
async fn one_users_history_is_told_in_order() {
    let bed = Bed::with_users(3).await;
    bed.write_roster(&["x y,nobody@example.com"]);
    assert_eq!(finish(bed.run_all(3)).await.code, Some(10));
    for user in [
        bed.people[1].id.to_uppercase(),
        bed.people[1].user_name.clone(),
    ] {
        let ran = finish(bed.offboard(&["explain", &user])).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        check_text("explain", &ran.stdout, bed.dir.path());
    }
    let ran = finish(bed.offboard(&["explain", "nobody@example.com"])).await;
    assert!(ran.stdout.contains("invalid"), "{ran:?}");
    let ran = finish(bed.offboard(&["explain", "stranger@example.com"])).await;
    assert_eq!(ran.code, Some(2), "{ran:?}");
    let ran = finish(bed.offboard(&["explain", &bed.people[0].id, "--json"])).await;
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    let kinds: Vec<_> = told["lines"][0]["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["looked_up", "begun", "ended", "settled"]);
}

#[tokio::test]
async fn whoever_watches_sees_the_job_come_to_its_end() {
    let bed = Bed::faulty(60, "latency=20ms").await;
    let mut run = Running::start(bed.run_with(60, "--rate unlimited --concurrency 2"));
    let ledger = bed.ledger();
    run.says("looked up").await;
    assert!(ledger.exists());
    let watch = Running::start(bed.offboard(&["status", "--watch"]));
    let watched = watch.end().await;
    assert_eq!(watched.code, Some(0), "{watched:?}");
    let first = watched.stderr.lines().next().unwrap();
    assert!(first.contains(" of 60 users ("), "{watched:?}");
    assert!(first.contains("; in use by process "), "{watched:?}");
    assert_eq!(run.end().await.code, Some(0));
}

#[tokio::test]
async fn everything_is_looked_at_before_a_job() {
    let bed = Bed::with_users(250).await;
    bed.write_roster(&["1.2E+30,mangled@example.com"]);
    let mut command = bed.verb("check", "--json");
    command.arg(bed.path("leavers.csv"));
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(told["users"]["total"], 250);
    assert_eq!(told["roster"]["requests"], 253);
    assert_eq!(told["secret"], "variable OFFBOARD_PASSWORD");
    assert_eq!(told["account"]["name"], "admin@example.com");
    assert!(told["clock"]["skew_ms"].as_i64().unwrap().abs() < 5000);
    assert!(!bed.ledger().exists());
    let signed_out = bed.books.totals().logouts;
    assert_eq!(signed_out, 1);

    let mut command = bed.verb("check", "");
    command.env("OFFBOARD_USERNAME", "onlooker@example.com");
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(5), "{ran:?}");
    assert!(ran.stderr.contains("USER_ADMIN"), "{ran:?}");
}
