//! Verbs that read the ledger: `jobs`, `explain` and `status --watch`.

use serde_json::Value;

use crate::support::{Bed, Running, check_text, finish};

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
    let (undo, job) = (&jobs["jobs"][0]["job"], &jobs["jobs"][1]["job"]);
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
async fn the_history_of_one_user_is_in_order() {
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
    assert_eq!(kinds, ["looked_up", "begun", "settled"]);
}

#[tokio::test]
async fn status_watch_ends_with_the_job() {
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
