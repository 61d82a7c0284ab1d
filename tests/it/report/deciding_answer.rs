//! A row shows the answer that decided, its status and its words, and every attempt of every run.

use crate::support::{Desk, OPEN, Row};
use crate::test_provider::{Act, crowd};

async fn refused(status: u16, words: &'static str, flags: &str) -> (Desk, Row) {
    let desk = Desk::plain(crowd(4)).await;
    desk.provider.on_call(move |call| {
        if call.is_write() && call.is_for("U3") {
            Act::refuse(status, words)
        } else {
            Act::Pass
        }
    });
    let ran = desk
        .agree(&format!("run r.csv --disable {flags} {OPEN}"))
        .await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    let row = desk.row("U3").await;
    assert_eq!(row["outcome"], "failed", "{row:?}");
    (desk, row)
}

#[tokio::test]
async fn a_refusal_is_reported_with_its_status_and_its_words() {
    for status in [400, 403, 404, 409] {
        let (desk, row) = refused(status, "the owner stays", "").await;
        assert_eq!(row["http_status"], status.to_string(), "{row:?}");
        assert!(row["detail"].contains("the owner stays"), "{row:?}");
        let page = desk.run("report --format html").await.stdout;
        assert!(page.contains("the owner stays"), "{page}");
        let ran = desk.run("explain U3").await;
        assert!(ran.stdout.contains(&status.to_string()), "{ran:?}");
    }
}

#[tokio::test]
async fn attempts_are_counted_over_all_runs() {
    let (desk, row) = refused(500, "out of order", "--max-attempts 3").await;
    assert_eq!(row["attempts"], "3", "{row:?}");
    assert_eq!(row["http_status"], "500", "{row:?}");
    let ran = desk.agree(&format!("retry --max-attempts 2 {OPEN}")).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    let writes = desk
        .books()
        .count(|call| call.is_write() && call.is_for("U3"));
    let row = desk.row("U3").await;
    assert_eq!(row["attempts"], writes.to_string(), "{row:?}");
}

#[tokio::test]
async fn the_answer_that_decided_is_the_last_and_not_an_earlier_one() {
    let desk = Desk::plain(crowd(3)).await;
    let books = desk.books();
    desk.provider.on_call(move |call| {
        if !(call.is_write() && call.is_for("U3")) {
            return Act::Pass;
        }
        match books.count(|call| call.is_write() && call.is_for("U3")) {
            1 => Act::Drop,
            _ => Act::refuse(403, "the owner stays"),
        }
    });
    desk.agree(&format!("run r.csv --disable {OPEN}")).await;
    let row = desk.row("U3").await;
    assert_eq!(row["outcome"], "failed", "{row:?}");
    assert_eq!(row["http_status"], "403", "{row:?}");
    assert!(row["detail"].contains("the owner stays"), "{row:?}");
}
