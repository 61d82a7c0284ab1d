//! The connection is cut after so many bytes, of the request or of the answer.

use std::time::Duration;

use super::faulty_proxy::{Act, Close, Wire};
use super::http_message::Message;
use crate::support::{Bed, finish};

/// After how many bytes of a message with such a head it is cut: everywhere around its joints, and
/// here and there between.
fn places(message: &Message, step: usize) -> Vec<usize> {
    let (head, length) = (message.head, message.bytes.len());
    let joints = [0, 5, 20, head, usize::midpoint(head, length), length];
    let dense = joints
        .into_iter()
        .flat_map(|joint| joint.saturating_sub(2)..=joint + 2);
    let mut places: Vec<_> = dense
        .chain((0..length).step_by(step))
        .filter(|place| *place <= length)
        .collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// A write as it looks on the wire, and its answer. Those of other users differ by a few bytes.
async fn one_exchange() -> (Message, Message) {
    let bed = Bed::faulty(1, "").await;
    let wire = bed.wire(|_, _| Act::Pass).await;
    let ran = bed.goes_through(&wire, "").await;
    bed.all_are_removed_once(&ran).await;
    wire.passed()
}

/// Each user's first write meets a cut of its own. Returns how many cuts there were.
async fn cut_everywhere(step: usize) -> usize {
    let (request, answer) = one_exchange().await;
    let request = places(&request, step).into_iter();
    let answer = places(&answer, step).into_iter();
    let both = [Close::Fin, Close::Reset];
    let cuts: Vec<_> = request
        .flat_map(|place| both.map(|close| Act::CutRequest(place, close)))
        .chain(answer.flat_map(|place| both.map(|close| Act::CutAnswer(place, close))))
        .collect();
    let bed = Bed::faulty(cuts.len(), "").await;
    let planned = cuts.clone();
    let wire = bed
        .wire(move |number, asked| match asked {
            asked if asked.method == "PATCH" && asked.nth == 1 => planned[number].clone(),
            _ => Act::Pass,
        })
        .await;
    let ran = bed.goes_through(&wire, "--concurrency 32").await;
    bed.all_are_removed_once(&ran).await;
    assert_eq!(wire.struck(), cuts.len());
    for (number, cut) in cuts.iter().enumerate() {
        let book = bed.book(number);
        let writes = (book.writes_received, book.writes_applied);
        match cut {
            // A write that took effect is never sent again, whatever became of its answer.
            Act::CutAnswer(..) => assert_eq!(writes, (1, 1), "{cut:?}: {book:?}"),
            _ => assert_eq!(book.writes_applied, 1, "{cut:?}: {book:?}"),
        }
    }
    assert!(cuts.len() > 100);
    cuts.len()
}

#[apply(end_to_end!)]
async fn p4_a_connection_cut_anywhere_fails_no_user_and_repeats_no_write() {
    cut_everywhere(16).await;
}

#[apply(end_to_end!)]
#[ignore = "cutting after each single byte takes a while"]
#[expect(clippy::print_stderr, reason = "the number is what it is run for")]
async fn p4_a_connection_cut_after_every_single_byte_fails_no_user() {
    eprintln!("{} cuts", cut_everywhere(1).await);
}

#[apply(end_to_end!)]
async fn a_slow_connection_that_closes_after_each_answer_only_takes_longer() {
    let bed = Bed::faulty(60, "").await;
    let wire = bed
        .wire(|number, _| match number % 2 {
            0 => Act::ThenClose,
            _ => Act::Dribble(Duration::from_millis(1)),
        })
        .await;
    let ran = bed.goes_through(&wire, "--concurrency 8").await;
    bed.all_are_removed_once(&ran).await;
    for book in bed.books.users() {
        assert_eq!(book.writes_applied, 1, "{book:?}");
    }
}

#[apply(end_to_end!)]
async fn a_sign_in_that_is_cut_is_done_again() {
    for (place, close) in [(0, Close::Reset), (40, Close::Fin), (200, Close::Reset)] {
        let bed = Bed::faulty(2, "").await;
        let wire = Wire::before(bed.sandbox.addr(), move |asked| match asked.nth {
            1 if asked.who == "authenticate" => Act::CutAnswer(place, close),
            2 if asked.who == "authenticate" => Act::CutRequest(place, close),
            _ => Act::Pass,
        })
        .await;
        let mut command = bed.run_behind(&wire, "");
        command.env("OFFBOARD_AUTH_URL", wire.url(""));
        let ran = finish(command).await;
        bed.all_are_removed_once(&ran).await;
        assert_eq!(wire.struck(), 2);
    }
}
