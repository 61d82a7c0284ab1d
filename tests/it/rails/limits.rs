//! The rails one by one, at their limits: above one of them nothing starts.

use offboard::domain::Status;
use offboard::sandbox::{FaultSettings, SandboxSettings};

use crate::support::{Bed, Ran, finish, tally};

/// Runs the whole roster with the standard rails and these flags.
async fn run(bed: &Bed, confirm: u64, flags: &str) -> Ran {
    let mut command = bed.run_all(confirm);
    command
        .env_remove("OFFBOARD_CAP")
        .env_remove("OFFBOARD_CAP_SHARE");
    command.args(flags.split_whitespace());
    finish(command).await
}

fn no_user_was_written(bed: &Bed) {
    let written = |user: &offboard::sandbox::UserBook| user.writes_received > 0;
    assert!(!bed.books.users().iter().any(written));
}

#[tokio::test]
async fn p7_one_user_above_the_cap_and_nothing_starts() {
    let bed = Bed::with_users(21).await;
    bed.write_roster(&[]);
    let ran = run(&bed, 21, "--cap 20 --cap-share 100%").await;
    assert_eq!(ran.code, Some(6), "{ran:?}");
    for said in [
        "21 users are to be written, and the cap is 20",
        "beyond the cap: line 22 User 00020 <user00020@example.com> (",
        "give `--cap 21`",
        "nothing was written",
    ] {
        assert!(ran.stderr.contains(said), "{said}: {ran:?}");
    }
    no_user_was_written(&bed);
    let ran = run(&bed, 21, "--cap 21 --cap-share 100%").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[tokio::test]
async fn p7_the_cap_is_500_users_unless_said_otherwise() {
    let bed = Bed::with_users(501).await;
    bed.write_roster(&[]);
    let ran = run(&bed, 501, "--cap-share 100%").await;
    assert_eq!(ran.code, Some(6), "{ran:?}");
    assert!(ran.stderr.contains("the cap is 500"), "{ran:?}");
    no_user_was_written(&bed);
}

#[tokio::test]
async fn p7_more_than_a_fifth_of_the_tenant_does_not_start() {
    let bed = Bed::with_users(20).await;
    let roster = |users: usize| {
        let ids = bed.people[..users].iter().map(|person| person.id.as_str());
        let text = format!("User ID\n{}\n", ids.collect::<Vec<_>>().join("\n"));
        std::fs::write(bed.path("leavers.csv"), text).unwrap();
    };
    roster(5);
    let ran = run(&bed, 5, "").await;
    assert_eq!(ran.code, Some(6), "{ran:?}");
    for said in ["5 of the tenant's 20 active users", "`--cap-share 25%`"] {
        assert!(ran.stderr.contains(said), "{said}: {ran:?}");
    }
    no_user_was_written(&bed);
    roster(4);
    let ran = run(&bed, 4, "").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[tokio::test]
async fn p7_the_protected_and_the_account_itself_are_never_touched() {
    let bed = Bed::new(SandboxSettings {
        users: 12,
        caller: Some(5),
        ..SandboxSettings::default()
    })
    .await;
    bed.write_roster(&[]);
    let by_id = bed.people[1].id.to_uppercase();
    std::fs::write(
        bed.path("vips.txt"),
        format!("# the board\nUSER00002@example.com\n{by_id}\n"),
    )
    .unwrap();
    let other = &bed.people[6].id;
    let flags = format!(
        "--cap-share 100% --protect-file vips.txt --protect user0001?@* --self {other} --confirm 6"
    );
    let mut command = bed.verb("run", &flags);
    command
        .args(["--disable", "--remove-access"])
        .arg(bed.path("leavers.csv"));
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let tally = tally(&bed.rows().await);
    // By address, by id, two by pattern, the caller, and who is called so: all protected.
    assert_eq!(tally[&Status::Protected], 6, "{tally:?}");
    for safe in [1, 2, 5, 6, 10, 11] {
        assert_eq!(bed.book(safe).writes_received, 0, "{safe}");
    }
}

#[tokio::test]
async fn p7_a_protected_domain_and_the_account_by_its_address() {
    let bed = Bed::with_users(10).await;
    bed.write_roster(&[]);
    let mut command = bed.verb("run", "--disable --protect @example.com --confirm 0");
    command.arg(bed.path("leavers.csv"));
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(tally(&bed.rows().await)[&Status::Protected], 10);
    no_user_was_written(&bed);

    let named = "user00004@example.com";
    let bed = Bed::new(SandboxSettings {
        users: 10,
        username: named.to_owned(),
        ..SandboxSettings::default()
    })
    .await;
    bed.write_roster(&[]);
    let mut command = bed.run_all(9);
    command.env("OFFBOARD_USERNAME", named);
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(bed.book(4).writes_received, 0);
    assert_eq!(bed.row(4).await.status, Status::Protected);
}

#[tokio::test]
async fn p7_a_user_protected_after_the_plan_is_not_written() {
    let bed = Bed::with_users(6).await;
    bed.write_roster(&[]);
    let mut plan = bed.verb("plan", "--disable --remove-access");
    plan.arg(bed.path("leavers.csv"));
    assert_eq!(finish(plan).await.code, Some(0));
    let ran = run(&bed, 6, "--cap-share 100% --protect user00002@example.com").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.stderr.contains("1 user is protected, though the plan"),
        "{ran:?}"
    );
    assert_eq!(bed.book(2).writes_received, 0);
}

#[tokio::test]
async fn p7_a_wrong_number_confirms_nothing() {
    let bed = Bed::with_users(6).await;
    bed.write_roster(&[]);
    for wrong in [5, 7, 0] {
        let ran = finish(bed.run_all(wrong)).await;
        assert_eq!(ran.code, Some(6), "{ran:?}");
        assert!(ran.stderr.contains("--confirm 6"), "{ran:?}");
    }
    no_user_was_written(&bed);
}

#[tokio::test]
async fn p7_a_canary_that_was_ignored_stops_the_job() {
    // The server says yes to every write and does nothing.
    let bed = Bed::new(SandboxSettings {
        users: 30,
        faults: FaultSettings::parse("ignored200=1").unwrap(),
        ..SandboxSettings::default()
    })
    .await;
    bed.write_roster(&[]);
    let ran = run(&bed, 30, "--cap-share 100% --canary 3 --max-attempts 1").await;
    assert_eq!(ran.code, Some(6), "{ran:?}");
    assert!(
        ran.stderr.contains("the canary failed: 3 of the first 3"),
        "{ran:?}"
    );
    let written = bed
        .books
        .users()
        .iter()
        .filter(|user| user.writes_received > 0)
        .count();
    assert_eq!(written, 3);
}

#[tokio::test]
async fn p7_the_others_follow_a_canary_that_succeeds() {
    let bed = Bed::with_users(30).await;
    bed.write_roster(&[]);
    let ran = run(&bed, 30, "--cap-share 100% --canary 3").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.stderr
            .contains("canary: the first 3 users are as wanted; going on"),
        "{ran:?}"
    );
    bed.all_are_removed().await;
    // Read back after the write and before the fourth user was written.
    let log = bed.books.requests();
    let reads = log.iter().position(|one| {
        one.verb == offboard::sandbox::Verb::Get
            && matches!(one.route, offboard::sandbox::Route::User(_))
    });
    let writes = log[..reads.unwrap()]
        .iter()
        .filter(|one| one.verb == offboard::sandbox::Verb::Patch);
    assert_eq!(writes.count(), 3);
}
