//! Every loop of attempts ends: a user that cannot be changed fails alone, with a reason.

use crate::support::{BOTH, Desk, OPEN};
use crate::test_provider::{Act, Habits, crowd};

#[tokio::test]
async fn a_deletion_that_is_forbidden_together_with_reading_fails_one_user() {
    for status in [403, 401] {
        let desk = Desk::plain(crowd(4)).await;
        let books = desk.books();
        desk.provider.on_call(move |call| {
            let begun = !books.writes().is_empty();
            if call.is_for("U3") && (begun || call.is_write()) {
                Act::refuse(status, "may not")
            } else {
                Act::Pass
            }
        });
        let ran = desk
            .run(&format!(
                "run r.csv --delete --confirm 4 --concurrency 1 --max-outage 2s {OPEN}"
            ))
            .await;
        // A second 401 may end the run; a 403 of one user does not.
        if status == 403 {
            assert_eq!(ran.code, Some(10), "{ran:?}");
            assert_eq!(desk.row("U3").await["outcome"], "failed");
            assert_eq!(desk.books().people().len(), 1);
        }
        assert!(desk.books().state("U3").is_some());
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_built_fails_its_user_and_no_other() {
    // The version goes into a header, and no header can hold it.
    let habits = Habits {
        version: Some("W/\"1\""),
        ..Habits::default()
    };
    let mut desk = Desk::new(crowd(4), habits).await;
    desk.set("OFFBOARD_PROFILE", "rfc7644-put");
    let meta = serde_json::json!({ "resourceType": "User", "version": "W/\"1\r\n2\"" });
    desk.books().change("U2", |user| {
        user.more.insert("meta".to_owned(), meta);
    });
    let ran = desk
        .agree(&format!(
            "run r.csv {BOTH} --max-attempts 2 --max-outage 2s {OPEN}"
        ))
        .await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    let row = desk.row("U2").await;
    assert_eq!(row["outcome"], "failed", "{row:?}");
    assert_ne!(row["reason"], "", "{row:?}");
    assert!(desk.are_gone(&["U1", "U3", "U4"]));
    desk.untouched(&["U2"]);
}
