//! The plan: all users are looked up by the fewest requests, and a run works on what was planned.

use offboard::domain::Status;
use offboard::sandbox::{Route, SandboxSettings, Verb};
use serde_json::Value;
use sqlx::{ConnectOptions, Connection};

use crate::support::{Bed, Running, check_text, finish, tally};

fn json(text: &str) -> Value {
    serde_json::from_str(text.trim()).unwrap()
}

/// Requests for users that the provider has seen.
fn scim_requests(bed: &Bed) -> usize {
    let requests = bed.books.requests();
    requests.iter().filter(|one| one.route.is_scim()).count()
}

fn plan(bed: &Bed, flags: &str) -> std::process::Command {
    let mut command = bed.verb("plan", flags);
    command.arg(bed.path("leavers.csv"));
    command
}

#[tokio::test]
async fn a_plan_shows_what_would_change_and_changes_nothing() {
    let bed = Bed::new(SandboxSettings {
        users: 8,
        caller: Some(7),
        ..SandboxSettings::default()
    })
    .await;
    let off =
        r#"[{"op":"remove","path":"entitlements"},{"op":"replace","path":"active","value":false}]"#;
    bed.change_as_another_administrator(2, off).await;
    bed.write_roster(&[
        "00000000000000000000000000000000,gone@example.com",
        ",",
        "x",
    ]);
    let flags = "--disable --remove-access --protect user00003@example.com --csv plan.csv";
    let ran = finish(plan(&bed, flags)).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    check_text("plan", &ran.stdout, bed.dir.path());
    let table = std::fs::read_to_string(bed.path("plan.csv")).unwrap();
    check_text("plan_table", &table, bed.dir.path());
    assert!(
        bed.books
            .users()
            .iter()
            .all(|user| user.writes_received <= 1)
    );
    assert_eq!(
        bed.books.user(&bed.people[0].id).unwrap().writes_received,
        0
    );

    // What it says comes next does come next.
    let next = ran.stderr.lines().find(|line| line.contains("to go on: "));
    let next = next.unwrap();
    assert!(
        next.contains("offboard run") || next.contains("run "),
        "{next}"
    );
    assert!(next.ends_with("--confirm 5"), "{next}");

    let ran = finish(plan(&bed, "--disable --remove-access --json")).await;
    let plan = json(&ran.stdout);
    // Only the account itself is still protected.
    assert_eq!(plan["to_write"], 6, "{plan}");
    assert_eq!(plan["groups"]["protected"]["lines"], 1);
    assert_eq!(plan["groups"]["already"]["lines"], 1);
    let ran = finish(bed.run_all(6)).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    let tally = tally(&bed.rows().await);
    assert_eq!(tally[&Status::Removed], 6);
    assert_eq!(tally[&Status::Protected], 1);
}

#[tokio::test]
async fn p11_what_each_user_has_is_stored_before_the_first_write() {
    let bed = Bed::with_users(40).await;
    bed.write_roster(&[]);
    let had = bed.books.users();
    let ran = finish(bed.run_all(40)).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for row in bed.rows().await {
        let seen = row.before.expect("the state before the job");
        let book = had
            .iter()
            .find(|user| Some(&user.id) == row.user_id.as_ref());
        let book = book.unwrap();
        assert_eq!(seen.state.active, Some(book.active));
        assert_eq!(seen.state.workspaces.as_ref(), Some(&book.workspaces));
        assert!(Some(seen.at) <= row.first_attempt_at);
    }
}

#[tokio::test]
async fn the_whole_job_takes_hardly_more_than_one_request_for_each_user() {
    let bed = Bed::with_users(5000).await;
    let mut roster = String::from("User ID\n");
    for person in bed.people.iter().step_by(2).take(2000) {
        roster.push_str(&person.id);
        roster.push('\n');
    }
    std::fs::write(bed.path("leavers.csv"), roster).unwrap();
    let ran = finish(plan(&bed, "--disable --remove-access")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let ran = finish(bed.run_all(2000)).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let all = bed.books.requests().len();
    assert!(
        all <= 2100,
        "{all} requests for 2000 users, sign-in included"
    );
    let ran = finish(bed.verb("verify", "")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let more = bed.books.requests().len() - all;
    assert!(more <= 60, "{more} requests to verify 2000 users");
}

#[tokio::test]
async fn few_users_of_a_large_tenant_are_asked_for_one_by_one() {
    let bed = Bed::with_users(1000).await;
    let few = &bed.people[500..503];
    let roster: Vec<_> = few.iter().map(|person| person.id.as_str()).collect();
    let text = format!("User ID\n{}\n", roster.join("\n"));
    std::fs::write(bed.path("leavers.csv"), text).unwrap();
    let ran = finish(plan(&bed, "--disable --json")).await;
    let looked_up = &json(&ran.stdout)["looked_up"];
    assert_eq!(looked_up["method"], "singly");
    // The first page, three users, and the number of active ones: all are, so that the search may be one
    // that is ignored. What the first page has shown is enough for the share.
    assert_eq!(looked_up["requests"], 5, "{looked_up}");
    assert_eq!(looked_up["active"], 100);
    assert_eq!(looked_up["active_is_at_least"], true);
}

#[tokio::test]
async fn a_roster_with_addresses_alone_is_resolved() {
    for users in [40, 400] {
        let bed = Bed::with_users(users).await;
        let mut roster = String::from("Email\n");
        for person in bed.people.iter().take(35) {
            roster.push_str(&person.user_name.to_uppercase());
            roster.push('\n');
        }
        roster.push_str("stranger@example.com\nuser00000@example.com\n");
        std::fs::write(bed.path("leavers.csv"), roster).unwrap();
        let ran = finish(plan(&bed, "--disable --remove-access --json")).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let plan = json(&ran.stdout);
        assert_eq!(plan["to_write"], 35, "{plan}");
        assert_eq!(plan["groups"]["not_found"]["lines"], 1);
        assert_eq!(plan["groups"]["duplicate"]["lines"], 1);
        // A page for the small tenant, and three to see that it holds all users. Of the large one the first
        // page, two searches, one for the stranger alone, and one that shows that searches fold no case; so
        // the list decides, which takes four pages more.
        assert!(scim_requests(&bed) <= 9, "{}", scim_requests(&bed));
        let ran = finish(bed.run_all(35)).await;
        assert_eq!(ran.code, Some(10), "{ran:?}");
        let gone = bed.people.iter().filter(|person| bed.is_gone(&person.id));
        assert_eq!(gone.count(), 35);
    }
}

#[tokio::test]
async fn p3_a_kill_in_the_middle_of_the_plan_loses_no_look_up() {
    let bed = Bed::faulty(3000, "latency=30ms").await;
    let mut running = Running::start(plan(&bed, "--disable --remove-access --concurrency 1"));
    let books = bed.books.clone();
    running.reaches(|| books.requests().len() >= 12).await;
    running.kill().await;
    let seen = bed
        .rows()
        .await
        .iter()
        .filter(|row| row.before.is_some())
        .count();
    assert!(seen >= 800, "{seen}");
    let before = bed.books.requests().len();
    let ran = finish(plan(&bed, "--disable --remove-access --json")).await;
    assert_eq!(json(&ran.stdout)["to_write"], 3000, "{ran:?}");
    let pages = bed.books.requests()[before..]
        .iter()
        .filter(|one| one.route == Route::Users && one.verb == Verb::Get)
        .count();
    assert!(
        pages * 100 <= 3000 - seen + 200,
        "{pages} pages after {seen} users"
    );
    assert!(bed.rows().await.iter().all(|row| row.before.is_some()));
}

#[tokio::test]
async fn a_stale_plan_is_refused_and_says_what_has_changed() {
    let bed = Bed::with_users(6).await;
    bed.write_roster(&[]);
    let change = "--disable --remove-access";
    assert_eq!(finish(plan(&bed, change)).await.code, Some(0));
    let ran = finish(bed.run_with(6, "--plan-ttl 0s")).await;
    assert_eq!(ran.code, Some(6), "{ran:?}");
    assert!(
        ran.stderr.contains("the plan is stale: it was made"),
        "{ran:?}"
    );

    bed.change_as_another_administrator(3, r#"[{"op":"replace","path":"active","value":false}]"#)
        .await;
    let ran = finish(bed.run_all(6)).await;
    assert_eq!(ran.code, Some(6), "{ran:?}");
    let told = format!("\n  line 5: {} was active", bed.people[3].user_name);
    assert!(ran.stderr.contains(&told), "{ran:?}");
    assert!(ran.stderr.contains("and is disabled"), "{ran:?}");
    assert!(bed.people.iter().all(|person| !bed.is_gone(&person.id)));

    // Planned again, the plan is of today.
    assert_eq!(finish(plan(&bed, change)).await.code, Some(0));
    let ran = finish(bed.run_all(6)).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    // It was used, and is used up.
    let writes = bed.books.requests().len();
    let ran = finish(plan(&bed, change)).await;
    assert!(ran.stderr.contains("the job has begun"), "{ran:?}");
    assert_eq!(bed.books.requests().len(), writes);
}

#[tokio::test]
async fn a_plan_that_was_edited_is_refused() {
    let bed = Bed::with_users(5).await;
    bed.write_roster(&[]);
    assert_eq!(
        finish(plan(&bed, "--disable --remove-access")).await.code,
        Some(0)
    );
    let file = sqlx::sqlite::SqliteConnectOptions::new().filename(bed.ledger());
    let mut connection = file.connect().await.unwrap();
    sqlx::query("UPDATE users SET user_id = 'x', user_key = 'x' WHERE line = 3")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let ran = finish(bed.run_all(5)).await;
    assert_eq!(ran.code, Some(7), "{ran:?}");
    assert!(
        ran.stderr.contains("is not the plan that was made"),
        "{ran:?}"
    );
    assert!(bed.people.iter().all(|person| !bed.is_gone(&person.id)));
}

#[tokio::test]
async fn from_workspace_removes_only_that_workspace() {
    let bed = Bed::with_users(30).await;
    bed.write_roster(&[]);
    let had = bed.books.users();
    let target = had[0].workspaces[0].clone();
    let members = had.iter().filter(|user| user.workspaces.contains(&target));
    let members = members.count() as u64;
    let mut command = bed.verb("run", "--from-workspace");
    command.arg(&target).arg(bed.path("leavers.csv"));
    command.args(["--confirm", &members.to_string()]);
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for (now, had) in bed.books.users().iter().zip(&had) {
        let mut wanted = had.workspaces.clone();
        wanted.retain(|id| *id != target);
        let mut has = now.workspaces.clone();
        wanted.sort();
        has.sort();
        assert_eq!((has, now.active), (wanted, had.active));
        assert_eq!(
            now.writes_received,
            u32::from(had.workspaces.contains(&target))
        );
    }
}
