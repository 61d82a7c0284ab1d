//! `verify` reads the users again and lists those that have drifted.

use offboard::domain::Status;
use offboard::sandbox::SandboxSettings;
use serde_json::Value;

use crate::fleet::in_postgres::on_each_ledger;
use crate::support::{Bed, finish, half_done, tally};

#[tokio::test]
async fn a_user_that_was_changed_back_has_drifted() {
    let bed = Bed::with_users(20).await;
    bed.write_roster(&[]);
    let ran = finish(bed.verb("verify", "")).await;
    assert_eq!(ran.code, Some(7), "{ran:?}");
    assert_eq!(finish(bed.run_all(20)).await.code, Some(0));
    let ran = finish(bed.verb("verify", "--json")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(found["findings"]["confirmed"], 20);
    assert_eq!(found["requests"], 1);
    assert_eq!(found["holds"], true);

    bed.change_as_another_administrator(4, r#"[{"op":"replace","path":"active","value":true}]"#)
        .await;
    let ran = finish(bed.verb("verify", "")).await;
    assert_eq!(ran.code, Some(12), "{ran:?}");
    let told = "line 6: User 00004 <user00004@example.com> (def434e398051d63d1d36f1dca5eab3d): is active, no workspaces";
    assert!(ran.stdout.contains(told), "{ran:?}");
    assert!(ran.stdout.contains("confirmed          19"), "{ran:?}");

    // It is part of the ledger, and of the user's history.
    let ran = finish(bed.offboard(&["explain", "USER00004@example.com"])).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("verified: drifted"), "{ran:?}");
    let ran = finish(bed.offboard(&["jobs", "show"])).await;
    assert!(ran.stdout.contains("\nverify "), "{ran:?}");
}

#[tokio::test]
async fn a_few_users_of_a_large_tenant_are_read_one_by_one() {
    let bed = Bed::with_users(900).await;
    let ids: Vec<_> = bed.people[500..504]
        .iter()
        .map(|person| person.id.as_str())
        .collect();
    std::fs::write(
        bed.path("leavers.csv"),
        format!("User ID\n{}\n", ids.join("\n")),
    )
    .unwrap();
    assert_eq!(finish(bed.run_all(4)).await.code, Some(0));
    let ran = finish(bed.verb("verify", "--json")).await;
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    // The first page says how long the list is.
    assert_eq!(found["requests"], 5, "{found}");
    assert_eq!(found["findings"]["confirmed"], 4);
}

#[apply(on_each_ledger)]
async fn p2_users_of_an_unfinished_job_do_not_count_as_verified() {
    let bed = half_done(rustix::process::Signal::TERM).await;
    let rows = bed.rows().await;
    let removed = tally(&rows)[&Status::Removed];
    let left = rows.len() - removed;
    assert!(left > 0 && removed > 0, "{left} of {}", rows.len());
    let ran = finish(bed.verb("verify", "")).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    let told = format!("{left} users were not verified");
    assert!(ran.stdout.contains(&told), "{ran:?}");
    let ran = finish(bed.verb("verify", "--json")).await;
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(found["not_verified"], left);
    assert_eq!(found["findings"]["confirmed"], removed);
    // A user that has drifted has more to say.
    let person = rows
        .iter()
        .position(|row| row.status == Status::Removed)
        .unwrap();
    bed.change_as_another_administrator(
        person,
        r#"[{"op":"replace","path":"active","value":true}]"#,
    )
    .await;
    assert_eq!(finish(bed.verb("verify", "")).await.code, Some(12));
}

#[tokio::test]
async fn p2_a_job_with_no_user_done_is_not_verified() {
    let bed = Bed::with_users(3).await;
    bed.write_roster(&[]);
    // Planned, and not confirmed.
    assert_eq!(finish(bed.run_all(99)).await.code, Some(6));
    let ran = finish(bed.verb("verify", "")).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    assert!(ran.stderr.contains("3 users were not verified"), "{ran:?}");
}

#[tokio::test]
async fn p2_a_verification_with_the_later_time_of_a_wrong_clock_does_not_count() {
    use sqlx::{ConnectOptions, Connection};
    let bed = Bed::with_users(2).await;
    bed.write_roster(&[]);
    assert_eq!(finish(bed.run_all(2)).await.code, Some(0));
    assert_eq!(finish(bed.verb("verify", "")).await.code, Some(0));
    // As if the clock had been an hour ahead then.
    let mut connection = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(bed.ledger())
        .connect()
        .await
        .unwrap();
    sqlx::raw_sql("UPDATE users SET verified_at_ms = verified_at_ms + 3600000")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    bed.change_as_another_administrator(0, r#"[{"op":"replace","path":"active","value":true}]"#)
        .await;
    let ran = finish(bed.verb("verify", "--json")).await;
    assert_eq!(ran.code, Some(12), "{ran:?}");
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(found["findings"]["drifted"], 1);
    assert_eq!(found["findings"]["confirmed"], 1);
}

#[tokio::test]
async fn p2_a_run_after_a_drift_is_no_success() {
    let bed = Bed::with_users(5).await;
    bed.write_roster(&[]);
    assert_eq!(finish(bed.run_all(5)).await.code, Some(0));
    bed.change_as_another_administrator(2, r#"[{"op":"replace","path":"active","value":true}]"#)
        .await;
    assert_eq!(finish(bed.run_all(5)).await.code, Some(0));
    assert_eq!(finish(bed.verb("verify", "")).await.code, Some(12));
    let ran = finish(bed.run_all(5)).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    assert!(
        ran.stderr.contains("found 1 user in another state"),
        "{ran:?}"
    );
}

#[tokio::test]
async fn p7_a_job_is_not_worked_on_in_another_tenant() {
    let bed = Bed::with_users(5).await;
    bed.write_roster(&[]);
    assert_eq!(finish(bed.run_all(5)).await.code, Some(0));
    // The same address, and an account of another tenant.
    let elsewhere = Bed::new(SandboxSettings {
        seed: 99,
        users: 5,
        username: "other.admin@example.com".to_owned(),
        ..SandboxSettings::default()
    })
    .await;
    let there = |mut command: std::process::Command| {
        command
            .env("OFFBOARD_AUTH_URL", elsewhere.sandbox.auth_url())
            .env("OFFBOARD_USERNAME", "other.admin@example.com");
        command
    };
    let log = bed.books.requests().len();
    for command in [
        bed.run_all(5),
        bed.verb("verify", ""),
        bed.verb("undo", "--confirm 5"),
    ] {
        let ran = finish(there(command)).await;
        assert_eq!(ran.code, Some(3), "{ran:?}");
        assert!(ran.stderr.contains("is signed in to tenant"), "{ran:?}");
    }
    let scim = bed.books.requests().len();
    assert_eq!(scim, log, "something was asked of the wrong tenant");
}
