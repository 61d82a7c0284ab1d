//! P2 and P4 over real sockets: answers that are lost, empty, unreadable, partly true or untrue.

use offboard::domain::Status;
use offboard::sandbox::FaultKind;

use crate::support::{Bed, tally};

#[apply(end_to_end!)]
async fn p4_a_lost_answer_is_settled_by_reading_and_never_by_a_second_write() {
    let bed = Bed::faulty(120, "").await;
    for person in bed.people.iter().step_by(2) {
        bed.sandbox.plan_faults(&person.id, [FaultKind::ResetAfter]);
    }
    let ran = bed.run_fast("--concurrency 16").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(bed.books.faults(FaultKind::ResetAfter), 60);
    bed.all_removed_with_one_effect().await;
    bed.settled_by_one_read((0..120).step_by(2)).await;
    for person in (1..120).step_by(2) {
        let (row, book) = (bed.row(person).await, bed.book(person));
        assert_eq!(row.confirmed_by.as_deref(), Some("body"), "{row:?}");
        assert_eq!((book.writes_received, book.reads), (1, 0), "{book:?}");
    }
}

#[apply(end_to_end!)]
async fn p4_lost_answers_to_reads_and_writes_change_no_user_twice() {
    let bed = Bed::faulty(300, "reset-after=0.25").await;
    let ran = bed.run_fast("--concurrency 64 --max-attempts 12").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(bed.books.faults(FaultKind::ResetAfter) > 40);
    bed.all_removed_with_one_effect().await;
    for user in bed.books.users() {
        assert_eq!(user.writes_received, 1, "{user:?}");
    }
}

#[apply(end_to_end!)]
async fn p2_an_answer_that_shows_no_user_proves_nothing() {
    let bed = Bed::faulty(40, "").await;
    for (number, person) in bed.people.iter().enumerate() {
        let kind = [FaultKind::Garbage, FaultKind::Empty204][number % 2];
        bed.sandbox.plan_faults(&person.id, [kind]);
    }
    let ran = bed.run_fast("--concurrency 8").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    bed.all_removed_with_one_effect().await;
    bed.settled_by_one_read(0..40).await;
}

#[apply(end_to_end!)]
async fn p2_a_partial_success_is_continued_until_the_user_is_removed() {
    let bed = Bed::faulty(40, "").await;
    for person in &bed.people {
        bed.sandbox.plan_faults(&person.id, [FaultKind::Multi207]);
    }
    let ran = bed.run_fast("--concurrency 40").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let members = bed.members();
    for person in 0..40 {
        let (row, book) = (bed.row(person).await, bed.book(person));
        // A user without a workspace is done by the half that took effect.
        let member = members.contains(&person);
        let (writes, by) = if member { (2, "body") } else { (1, "reread") };
        assert_eq!(book.writes_received, writes, "{book:?}");
        assert_eq!(row.confirmed_by.as_deref(), Some(by), "{row:?}");
        assert!(bed.is_gone(&book.id), "{book:?}");
    }
}

#[apply(end_to_end!)]
async fn p2_a_success_that_changes_nothing_is_a_failure_in_the_end() {
    let bed = Bed::faulty(8, "").await;
    for person in &bed.people {
        let ignored = [FaultKind::Ignored200; 3];
        bed.sandbox.plan_faults(&person.id, ignored);
    }
    let ran = bed.run_fast("--concurrency 8 --max-attempts 3").await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    assert!(ran.stderr.contains("failed (not_applied)"), "{ran:?}");
    for person in 0..8 {
        let (row, book) = (bed.row(person).await, bed.book(person));
        assert_eq!(row.status, Status::Failed, "{row:?}");
        assert_eq!(row.reason.as_deref(), Some("not_applied"), "{row:?}");
        assert_eq!((row.confirmed_by.as_ref(), row.attempts), (None, 2));
        assert_eq!((book.writes_received, book.writes_applied), (2, 0));
        assert!(book.active, "{book:?}");
    }
}

#[apply(end_to_end!)]
async fn p4_a_server_error_is_tried_again_and_ends_with_a_last_read() {
    let bed = Bed::faulty(20, "").await;
    for (number, person) in bed.people.iter().enumerate() {
        let errors = if number < 4 { 3 } else { 1 };
        let errors = std::iter::repeat_n(FaultKind::Error500, errors);
        bed.sandbox.plan_faults(&person.id, errors);
    }
    let ran = bed.run_fast("--concurrency 20 --max-attempts 3").await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
    let rows = bed.rows().await;
    let tally = tally(&rows);
    assert_eq!((tally[&Status::Removed], tally[&Status::Failed]), (16, 4));
    for person in 0..4 {
        let (row, book) = (bed.row(person).await, bed.book(person));
        assert_eq!(row.reason.as_deref(), Some("server_error"), "{row:?}");
        assert_eq!(row.active_after, Some(true), "shown by the last look");
        assert_eq!((book.writes_received, book.reads), (3, 1), "{book:?}");
    }
    for person in 4..20 {
        let book = bed.book(person);
        assert_eq!((book.writes_received, book.writes_changed), (2, 1));
    }
}

#[apply(end_to_end!)]
async fn p4_a_user_is_read_after_an_answer_that_does_not_come_in_time() {
    let bed = Bed::faulty(32, "").await;
    for (number, person) in bed.people.iter().enumerate() {
        let kind = [FaultKind::StallAfter, FaultKind::StallBefore][number % 2];
        bed.sandbox.plan_faults(&person.id, [kind]);
    }
    let ran = bed.run_fast("--concurrency 32 --timeout 500ms").await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    bed.all_removed_with_one_effect().await;
    for person in (0..32).step_by(2) {
        let row = bed.row(person).await;
        assert_eq!(row.confirmed_by.as_deref(), Some("reread"), "{row:?}");
        let (done, lost) = (bed.book(person), bed.book(person + 1));
        assert_eq!(
            (done.writes_received, done.reads > 0),
            (1, true),
            "{done:?}"
        );
        // A write that never took effect goes again, but only after a read has shown that.
        assert_eq!(
            (lost.writes_received, lost.reads > 0),
            (2, true),
            "{lost:?}"
        );
    }
}
