//! `check` looks at settings, sign-in, role, clock and roster before a job.

use serde_json::Value;

use crate::support::{Bed, finish};

#[tokio::test]
async fn check_looks_at_everything_before_a_job() {
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
