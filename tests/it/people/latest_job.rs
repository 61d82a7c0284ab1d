//! `latest` means a job that was begun, and is named before anything is done to it.

use crate::support::{Bed, all_done, finish};

/// A finished job of three users, and a later plan for a roster of one of them.
async fn with_a_later_plan() -> Bed {
    let bed = all_done().await;
    let roster = format!("User ID\n{}\n", bed.people[0].id);
    std::fs::write(bed.path("later.csv"), roster).unwrap();
    let ran = finish(bed.offboard(&["plan", "later.csv", "--disable"])).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    bed
}

#[apply(end_to_end!)]
async fn p7_a_later_plan_is_not_what_undo_verify_report_and_audit_mean() {
    let bed = with_a_later_plan().await;
    for args in [
        &["verify"][..],
        &["report", "-o", "evidence"],
        &["audit", "verify", "latest"],
        &["retry"],
        &["undo", "--plan-only"],
    ] {
        let ran = finish(bed.offboard(args)).await;
        assert_eq!(ran.code, Some(0), "{args:?}: {ran:?}");
        let is_named = |line: &str| {
            line.starts_with("the latest job is ")
                && line.ends_with("leavers.csv, loaded less than a minute ago")
        };
        assert!(ran.stderr.lines().any(is_named), "{args:?}: {ran:?}");
        let later = "later.csv, loaded less than a minute ago, is later, but no run has begun it";
        assert!(ran.stderr.contains(later), "{args:?}: {ran:?}");
    }
    let table = std::fs::read_to_string(bed.path("evidence/report.csv")).unwrap();
    assert_eq!(table.lines().count(), 4, "{table}");
    // `status` shows what was done last, a plan too.
    let ran = finish(bed.offboard(&["status"])).await;
    assert!(ran.stdout.contains("later.csv"), "{ran:?}");
}

#[apply(end_to_end!)]
async fn a_job_that_is_named_by_its_id_is_meant_whatever_is_later() {
    let bed = with_a_later_plan().await;
    let ran = finish(bed.offboard(&["jobs", "list", "--json"])).await;
    let jobs: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let planned = jobs["jobs"][0]["job"].as_str().unwrap();
    let ran = finish(bed.offboard(&["report", planned, "-o", "evidence"])).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(!ran.stderr.contains("the latest job"), "{ran:?}");
    let table = std::fs::read_to_string(bed.path("evidence/report.csv")).unwrap();
    assert_eq!(table.lines().count(), 2, "{table}");
}

#[apply(end_to_end!)]
async fn where_no_job_was_begun_the_last_plan_is_the_latest() {
    let bed = Bed::with_users(1).await;
    bed.write_roster(&[]);
    finish(bed.offboard(&["plan", "leavers.csv", "--disable"])).await;
    let ran = finish(bed.offboard(&["report", "-o", "evidence"])).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(!ran.stderr.contains("is later"), "{ran:?}");
}
