//! The state of a job after an undo: each verb and each report says that the job was undone, and
//! another undo is made for users that were written since.

use std::fmt::Write;

use offboard::sandbox::{FaultKind, SandboxSettings};
use rustix::process::Signal;
use serde_json::Value;

use crate::fleet::in_postgres::on_each_ledger;
use crate::support::{Bed, Ran, ended, finish, run_one_by_one, send, start, until};

const ENABLE: &str = r#"[{"op":"replace","path":"active","value":true}]"#;
const NO_SPACES: &str = r#"[{"op":"remove","path":"entitlements"}]"#;

/// A job of so many users that was done and undone.
async fn undone(users: usize) -> Bed {
    let bed = Bed::with_users(users).await;
    bed.write_roster(&[]);
    let all = users as u64;
    assert_eq!(finish(bed.run_all(all)).await.code, Some(0));
    let ran = finish(bed.verb("undo", &format!("--confirm {all}"))).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    bed
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap()
}

/// The first headline of the page.
async fn headline(bed: &Bed) -> String {
    let ran = finish(bed.offboard(&["report", "--format", "html"])).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let (_, rest) = ran.stdout.split_once("<h1>").unwrap();
    rest.split_once("</h1>").unwrap().0.to_owned()
}

async fn jobs(bed: &Bed) -> usize {
    let ran = finish(bed.offboard(&["jobs", "list", "--json"])).await;
    json(&ran)["jobs"].as_array().unwrap().len()
}

/// Makes the next write of a user fail for good.
fn refuse_once(bed: &Bed, person: usize) {
    let id = &bed.people[person].id;
    bed.sandbox.plan_faults(id, [FaultKind::Error500]);
}

/// Tries the failed once more, confirmed by whichever of these numbers it wants.
async fn retry(bed: &Bed, numbers: [u64; 2]) -> Ran {
    let [first, second] = numbers.map(|users| format!("--confirm {users}"));
    let ran = finish(bed.verb("retry", &first)).await;
    if ran.code == Some(6) {
        return finish(bed.verb("retry", &second)).await;
    }
    ran
}

#[tokio::test]
async fn p2_each_verb_about_the_job_says_that_it_was_undone() {
    let bed = undone(4).await;
    let told = "4 of 4 users have back what was taken";
    let ran = finish(bed.offboard(&["status"])).await;
    assert!(ran.stdout.contains("\nundone by job 0"), "{ran:?}");
    assert!(ran.stdout.contains(told), "{ran:?}");
    let undo = {
        let ran = finish(bed.offboard(&["jobs", "list", "--json"])).await;
        json(&ran)["jobs"][0].clone()
    };
    let summary = json(&finish(bed.offboard(&["status", "--json"])).await);
    assert_eq!(undo["undoes"], summary["job"]);
    assert_eq!(summary["undone"]["given_back"], 4);
    assert_eq!(summary["undone"]["taken"], 4);
    assert_eq!(summary["undone"]["jobs"][0]["job"], undo["job"]);
    assert_eq!(summary["undone"]["jobs"][0]["finished"], true);

    // The same command does nothing, and is no success.
    let requests = bed.books.requests().len();
    let ran = finish(bed.run_all(4)).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    assert!(ran.stderr.contains(told), "{ran:?}");
    assert!(ran.stderr.contains("`--new`"), "{ran:?}");
    assert_eq!(bed.books.requests().len(), requests);
    let ran = finish(bed.run_with(4, "--json")).await;
    assert_eq!(json(&ran)["undone"]["given_back"], 4);

    // The users are as the undo left them.
    let ran = finish(bed.verb("verify", "")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains(told), "{ran:?}");
    assert!(ran.stdout.contains("confirmed           4"), "{ran:?}");

    let (rows, summary) = bed.report("evidence").await;
    assert_eq!(summary["undone"]["verified_before"], 0);
    for row in &rows {
        assert_eq!(row["outcome"], "removed");
        assert_eq!(row["undo_outcome"], "restored");
        assert_eq!(undo["job"], row["undo_job"]);
        assert!(row["undo_at"].ends_with('Z'), "{row:?}");
        let detail = &row["verified_detail"];
        assert!(detail.starts_with("has back what was taken"), "{row:?}");
    }
    let page = std::fs::read_to_string(bed.path("evidence/report.html")).unwrap();
    let title = format!("<h1>Undone: {told}</h1>");
    assert!(page.contains(&title), "{page}");
    assert!(page.contains("Undone by job"), "{page}");
    // The chain of the job itself says so too, and the evidence holds.
    let events = std::fs::read_to_string(bed.path("evidence/events.jsonl")).unwrap();
    let event = events.lines().find(|line| line.contains("\"undone\""));
    assert!(event.unwrap().contains("\"restored\":4"), "{events}");
    let ran = finish(bed.offboard(&["audit", "verify", "evidence"])).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");

    let ran = finish(bed.run_with(4, "--rate unlimited --new")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    bed.all_are_removed().await;
}

#[tokio::test]
async fn p2_a_verification_from_before_an_undo_confirms_nothing_any_more() {
    let bed = Bed::with_users(3).await;
    bed.write_roster(&[]);
    assert_eq!(finish(bed.run_all(3)).await.code, Some(0));
    assert_eq!(finish(bed.verb("verify", "")).await.code, Some(0));
    assert_eq!(finish(bed.verb("undo", "--confirm 3")).await.code, Some(0));
    let summary = json(&finish(bed.offboard(&["status", "--json"])).await);
    assert_eq!(summary["undone"]["verified_before"], 3);
    let ran = finish(bed.offboard(&["report", "--format", "html"])).await;
    let told = "3 as left by the job (3 of these before the undo)";
    assert!(ran.stdout.contains(told), "{ran:?}");
    // The headline does not repeat what the verification said before the undo.
    let told = "Undone: 3 of 3 users have back what was taken";
    assert_eq!(headline(&bed).await, told);
}

#[tokio::test]
async fn a_user_changed_after_an_undo_has_drifted_from_what_it_gave_back() {
    let bed = undone(3).await;
    bed.change_as_another_administrator(1, NO_SPACES).await;
    let ran = finish(bed.verb("verify", "")).await;
    assert_eq!(ran.code, Some(12), "{ran:?}");
    let told = "line 3: User 00001 <user00001@example.com> (86d6fd953217ae035cf4eda69f20e470): was given back what was taken, and was changed since: is \
                active, no workspaces";
    assert!(ran.stdout.contains(told), "{ran:?}");
    assert!(ran.stdout.contains("confirmed           2"), "{ran:?}");
}

#[tokio::test]
async fn p11_another_undo_gives_back_what_was_taken_since() {
    let bed = Bed::with_users(6).await;
    bed.write_roster(&[]);
    let had = bed.books.users();
    (3..6).for_each(|person| refuse_once(&bed, person));
    let ran = finish(bed.run_with(6, "--rate unlimited --max-attempts 1")).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    let ran = finish(bed.verb("undo", "--confirm 3")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let ran = retry(&bed, [3, 6]).await;
    // Three are removed, and three are not: they were given it back.
    assert_eq!(ran.code, Some(10), "{ran:?}");
    assert!(ran.stderr.contains("3 of 6 users have back"), "{ran:?}");

    let ran = finish(bed.verb("undo", "--confirm 3")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("made for the rest: 3 users"), "{ran:?}");
    assert!(ran.stderr.contains("6 of 6 users have back"), "{ran:?}");
    for (had, has) in had.iter().zip(bed.books.users()) {
        assert_eq!(
            (had.active, had.workspaces.len()),
            (has.active, has.workspaces.len())
        );
        assert!(has.writes_changed <= 2, "{has:?}");
    }
    // Now it is done, and is known to be.
    let (count, requests) = (jobs(&bed).await, bed.books.requests().len());
    let ran = finish(bed.verb("undo", "--confirm 3")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("nothing is left to do"), "{ran:?}");
    assert!(ran.stderr.contains("undone by job"), "{ran:?}");
    assert_eq!(
        (jobs(&bed).await, bed.books.requests().len()),
        (count, requests)
    );
    // Both undo jobs have to go before the job that they take back.
    let ran =
        finish(bed.offboard(&["jobs", "prune", "--older-than", "0s", "--confirm", "3"])).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[tokio::test]
async fn p11_an_undo_that_was_only_planned_gives_way_to_one_that_knows_more() {
    let bed = Bed::with_users(4).await;
    bed.write_roster(&[]);
    refuse_once(&bed, 3);
    let ran = finish(bed.run_with(4, "--rate unlimited --max-attempts 1")).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    assert_eq!(finish(bed.verb("undo", "--plan-only")).await.code, Some(0));
    // As long as nothing has happened, the plan is the one that is worked on.
    let count = jobs(&bed).await;
    assert_eq!(finish(bed.verb("undo", "--plan-only")).await.code, Some(0));
    assert_eq!(jobs(&bed).await, count);
    assert_eq!(retry(&bed, [1, 4]).await.code, Some(0));
    // A plan undoes nothing.
    let summary = json(&finish(bed.offboard(&["status", "--json"])).await);
    assert_eq!(summary["undone"], Value::Null);
    let ran = finish(bed.verb("undo", "--confirm 4")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(bed.books.users().iter().all(|user| user.active));
}

#[tokio::test]
async fn p11_a_user_that_was_left_alone_is_not_read_again() {
    let bed = Bed::with_users(3).await;
    bed.write_roster(&[]);
    let had = bed.books.users();
    assert_eq!(finish(bed.run_all(3)).await.code, Some(0));
    let mut others: Vec<_> = had.iter().flat_map(|user| &user.workspaces).collect();
    others.retain(|id| had[0].workspaces != [(*id).clone()]);
    let mut given = String::new();
    write!(
        given,
        r#"[{{"op":"replace","path":"entitlements","value":[{{"value":"{}","type":"WORKSPACE"}}]}}]"#,
        others[0]
    )
    .unwrap();
    bed.change_as_another_administrator(0, &given).await;
    for jobs_before in [1, 2] {
        assert_eq!(jobs(&bed).await, jobs_before);
        let ran = finish(bed.verb("undo", "--confirm 2")).await;
        assert_eq!(ran.code, Some(10), "{ran:?}");
        assert!(ran.stderr.contains("1 users were left alone"), "{ran:?}");
        assert!(ran.stderr.contains("2 of 3 users have back"), "{ran:?}");
    }
    assert_eq!(jobs(&bed).await, 2);
    let (rows, _) = bed.report("evidence").await;
    assert_eq!(rows[0]["undo_outcome"], "failed");
    assert_eq!(rows[1]["undo_outcome"], "restored");
    // Of the job's own claim this user is the one who does not keep it.
    let ran = finish(bed.verb("verify", "")).await;
    assert_eq!(ran.code, Some(12), "{ran:?}");
    assert!(ran.stdout.contains("drifted             1"), "{ran:?}");
}

#[tokio::test]
async fn a_drift_is_in_the_report_until_the_user_is_written_again() {
    let bed = Bed::new(SandboxSettings {
        users: 3,
        ..SandboxSettings::default()
    })
    .await;
    bed.write_roster(&[]);
    assert_eq!(finish(bed.run_all(3)).await.code, Some(0));
    assert_eq!(
        headline(&bed).await,
        "All of 3 users are in the wanted state"
    );
    bed.change_as_another_administrator(1, ENABLE).await;
    assert_eq!(finish(bed.verb("verify", "")).await.code, Some(12));
    let told = "2 of 3 users are in the wanted state, 1 was changed since";
    assert_eq!(headline(&bed).await, told);
    let (_, summary) = bed.report("evidence").await;
    assert_eq!(summary["drift"]["drifted"], 1);
    let page = std::fs::read_to_string(bed.path("evidence/report.html")).unwrap();
    for words in [
        r#"<p class="verdict bad">"#,
        r#"<div class="tile bad"><p class="tile-number">1</p><p class="tile-name">need a look</p><p class="tile-note">1 changed since</p>"#,
        r#"<span class="outcome-name">Changed since</span>"#,
        "is active, no workspaces",
    ] {
        assert!(page.contains(words), "`{words}` is missing");
    }
    assert!(!page.contains("Nothing: no user failed"));
    let ran = finish(bed.offboard(&["status"])).await;
    let told = "by the last verification: 1 found in another state";
    assert!(ran.stdout.contains(told), "{ran:?}");
    let ran = finish(bed.offboard(&["audit", "verify", "evidence"])).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");

    bed.change_as_another_administrator(1, &ENABLE.replace("true", "false"))
        .await;
    assert_eq!(finish(bed.verb("verify", "")).await.code, Some(0));
    let told = headline(&bed).await;
    let verified = "All of 3 users are in the wanted state, verified on ";
    assert!(told.starts_with(verified), "{told}");
}

#[tokio::test]
async fn the_report_of_an_undo_says_undo_and_who_asked_for_it() {
    let bed = Bed::with_users(3).await;
    bed.write_roster(&[]);
    assert_eq!(finish(bed.run_all(3)).await.code, Some(0));
    let flags = "--confirm 3 --ticket CHG-7 --approver head-of-it";
    assert_eq!(finish(bed.verb("undo", flags)).await.code, Some(0));
    let jobs = json(&finish(bed.offboard(&["jobs", "list", "--json"])).await);
    let mut jobs = jobs["jobs"].as_array().unwrap().iter();
    let undo = jobs.find(|job| job["change"] == "restore").unwrap();
    let id = undo["job"].as_str().unwrap();
    let ran = finish(bed.offboard(&["report", id, "--format", "html"])).await;
    let (top, _) = ran.stdout.split_once("<nav").unwrap();
    for words in [
        "<title>Undo report: All of 3 users have back what was taken</title>",
        "<h1>All of 3 users have back what was taken</h1>",
        "<dt>When</dt>",
        "<dt>Ticket</dt><dd><bdi>CHG-7</bdi></dd>",
        "<dt>Approved by</dt><dd><bdi>head-of-it</bdi></dd>",
        "<dt>Operator</dt>",
        "<dt>Signed in as</dt>",
    ] {
        assert!(top.contains(words), "{words}: {top}");
    }
    assert!(!top.contains("Offboarding report"), "{top}");
}

/// An undo that was refused at its confirmation has looked users up in the middle of the job. What it saw then says
/// nothing about what the job has done since.
#[apply(on_each_ledger)]
async fn p2_an_undo_that_was_not_confirmed_has_given_nothing_back() {
    let bed = Bed::new(SandboxSettings {
        users: 20,
        refused: 4,
        ..SandboxSettings::default()
    })
    .await;
    bed.write_roster(&[]);
    let child = start(run_one_by_one(&bed, "10/s", 20));
    let writes = || bed.books.users().iter().filter(|user| !user.active).count();
    until("two users are gone", || writes() >= 2).await;
    send(&child, Signal::KILL);
    ended(child).await;
    let ran = finish(bed.verb("undo", "--confirm 0")).await;
    assert_eq!(ran.code, Some(6), "{ran:?}");
    let ran = finish(bed.run_all(20)).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    assert!(ran.stdout.contains("failed              4"), "{ran:?}");

    let found = json(&finish(bed.verb("verify", "--json")).await);
    assert_eq!(found["findings"]["confirmed"], 16, "{found}");
    assert_eq!(found["not_verified"], 4, "{found}");
    let summary = json(&finish(bed.offboard(&["status", "--json"])).await);
    assert_eq!(summary["undone"], Value::Null, "{summary}");

    let ran = finish(bed.verb("undo", "--confirm 16")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.stderr.contains("and has done nothing; another undo"),
        "{ran:?}"
    );
    let summary = json(&finish(bed.offboard(&["status", "--json"])).await);
    assert_eq!(summary["undone"]["taken"], 16, "{summary}");
    assert_eq!(summary["undone"]["given_back"], 16, "{summary}");
    assert_eq!(summary["undone"]["jobs"].as_array().unwrap().len(), 1);
}
