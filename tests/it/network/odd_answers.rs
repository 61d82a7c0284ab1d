//! Odd answers to writes and to reads, with and without an effect behind them.

use offboard::domain::Status;

use super::answer_forms::all;
use super::faulty_proxy::{Act, Close};
use crate::support::Bed;

/// Short enough for silence, long enough for a loaded machine.
const PATIENT: &str = "--concurrency 32 --timeout 3s --max-attempts 8";

#[apply(end_to_end!)]
async fn p2_odd_answers_to_writes_neither_lose_nor_repeat_anything() {
    // Once with an effect behind the answer, once without.
    let odd = all();
    let mut acts: Vec<_> = odd.iter().map(|odd| (odd.name, odd.after())).collect();
    acts.extend(
        odd.iter()
            .filter_map(|odd| Some((odd.name, odd.instead()?))),
    );
    let bed = Bed::faulty(acts.len(), "").await;
    let planned = acts.clone();
    let wire = bed
        .wire(move |number, asked| match (asked.method, asked.nth) {
            ("PATCH", 1) => planned[number].1.clone(),
            _ => Act::Pass,
        })
        .await;
    let ran = bed.goes_through(&wire, PATIENT).await;
    for (number, (name, act)) in acts.iter().enumerate() {
        let (row, book) = (bed.row(number).await, bed.book(number));
        // A refusal because of a conflict is no write: another administrator has changed the user.
        let settled = match *name {
            "409" | "412" => matches!(row.status, Status::Removed | Status::Already),
            _ => row.status == Status::Removed,
        };
        assert!(settled, "{name}, {act:?}: {row:?}");
        assert!(bed.is_gone(&book.id), "{name}, {act:?}: {book:?}");
        assert!(book.writes_changed <= 1, "{name}, {act:?}: {book:?}");
    }
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(!ran.stderr.contains("panicked"), "{ran:?}");
    assert_eq!(wire.struck(), acts.len());
}

#[apply(end_to_end!)]
async fn p2_odd_answers_to_reads_fail_no_user_and_the_same_command_ends_it() {
    let odd = all();
    let bed = Bed::faulty(odd.len(), "").await;
    let names: Vec<_> = odd.iter().map(|odd| odd.name).collect();
    let wire = bed
        .wire(move |number, asked| match (asked.method, asked.nth) {
            ("PATCH", 1) => Act::CutAnswer(0, Close::Reset),
            ("GET", 1) => odd[number].after(),
            _ => Act::Pass,
        })
        .await;
    let mut ran = bed.goes_through(&wire, PATIENT).await;
    for (number, name) in names.iter().enumerate() {
        let row = bed.row(number).await;
        assert!(
            matches!(row.status, Status::Removed | Status::InDoubt),
            "{name}: {row:?}"
        );
    }
    if ran.code == Some(10) {
        ran = bed.goes_through(&wire, PATIENT).await;
    }
    bed.all_are_removed_once(&ran).await;
    for book in bed.books.users() {
        assert_eq!(book.writes_received, 1, "{book:?}");
    }
}

#[apply(end_to_end!)]
async fn p2_reads_that_lag_behind_a_write_fail_no_user() {
    // So many reads after the first write show what was before it.
    let bed = Bed::faulty(8, "").await;
    let wire = bed
        .wire(|number, asked| match (asked.method, asked.nth) {
            ("PATCH", 1) => Act::Stale(number),
            _ => Act::Pass,
        })
        .await;
    let ran = bed.goes_through(&wire, PATIENT).await;
    bed.all_are_removed_once(&ran).await;
}
