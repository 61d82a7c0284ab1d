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

#[tokio::test]
async fn refusals_that_differ_in_ids_alone_are_one_reason() {
    let desk = Desk::plain(crowd(6)).await;
    desk.provider.on_call(|call| {
        if !call.is_write() {
            return Act::Pass;
        }
        for (user, words) in [
            ("U1", "user U1 owns model 8a8b00ff"),
            ("U2", "user U2 owns model 8a8b00fe"),
            (
                "U3",
                "user U3 owns model 0190d3c2-7a5e-7c11-9f00-0123456789ab",
            ),
            ("U4", "the owner stays"),
        ] {
            if call.is_for(user) {
                return Act::refuse(403, words);
            }
        }
        Act::Pass
    });
    let ran = desk.agree(&format!("run r.csv --disable {OPEN}")).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    let page = desk.run("report --format html").await.stdout;
    let (_, quotes) = page.split_once("<ul class=\"quotes\">").unwrap();
    let (quotes, _) = quotes.split_once("</ul>").unwrap();
    let quotes: Vec<_> = quotes.lines().filter(|line| line.contains("<q>")).collect();
    assert_eq!(quotes.len(), 2, "{quotes:?}");
    assert!(
        quotes[0].contains("user [id] owns model [id]"),
        "{quotes:?}"
    );
    assert!(quotes[0].contains("3 lines"), "{quotes:?}");
    // A text that only one line has is quoted as it is.
    assert!(quotes[1].contains("the owner stays"), "{quotes:?}");
}
