//! Verification: what a job did is looked at again, and who has drifted is told.

use serde_json::Value;

use crate::support::{Bed, finish};

#[tokio::test]
async fn whoever_was_changed_back_has_drifted() {
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

    bed.meddle(4, r#"[{"op":"replace","path":"active","value":true}]"#)
        .await;
    let ran = finish(bed.verb("verify", "")).await;
    assert_eq!(ran.code, Some(12), "{ran:?}");
    let told = "line 6: user00004@example.com: is active, no workspaces";
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
