//! The clock of the provider, as its answers show it, and that of this machine differ by hours.

use std::sync::Arc;

use crate::network::faulty_proxy::{Act, Then, Wire};
use crate::network::http_message::Message;
use crate::support::{Bed, finish};

const HOUR: i64 = 3600;

/// An answer of a provider whose clock differs from ours by so many seconds; what its token says of
/// its end is on that clock too, if it is `consistent`.
fn shifted(answer: &Message, seconds: i64, consistent: bool) -> Vec<u8> {
    let text = str::from_utf8(&answer.bytes).unwrap();
    let (head, body) = text.split_at(answer.head);
    let lines: Vec<_> = head
        .split("\r\n")
        .map(|line| match line.split_once(": ") {
            Some((name, date)) if name.eq_ignore_ascii_case("date") => {
                let date = jiff::fmt::rfc2822::parse(date).unwrap().timestamp();
                let date = date + jiff::SignedDuration::from_secs(seconds);
                let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
                format!(
                    "{name}: {}",
                    printer.timestamp_to_rfc9110_string(&date).unwrap()
                )
            }
            _ => line.to_owned(),
        })
        .collect();
    let mut body = body.to_owned();
    if consistent && let Some((before, rest)) = body.split_once("\"expiresAt\":") {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap();
        let end: i64 = rest[..digits].parse().unwrap();
        body = format!(
            "{before}\"expiresAt\":{}{}",
            end + seconds * 1000,
            &rest[digits..]
        );
    }
    // The length may have changed by a digit.
    let head = lines.join("\r\n").to_ascii_lowercase();
    let (before, rest) = head.split_once("content-length: ").unwrap();
    let (_, after) = rest.split_once("\r\n").unwrap();
    let status = before.replacen("http/1.1", "HTTP/1.1", 1);
    format!("{status}content-length: {}\r\n{after}{body}", body.len()).into_bytes()
}

#[apply(end_to_end!)]
async fn clocks_that_differ_by_hours_cost_neither_users_nor_sign_ins() {
    for (seconds, consistent) in [
        (5 * HOUR, true),
        (-5 * HOUR, true),
        (5 * HOUR, false),
        (-5 * HOUR, false),
    ] {
        let bed = Bed::faulty(60, "throttle-date=0.02,unauthorized401=0.02").await;
        let wire = Wire::before(bed.sandbox.addr(), move |_| {
            let edit = move |answer: &Message| shifted(answer, seconds, consistent);
            Act::Edit(Arc::new(edit), Then::GoOn)
        })
        .await;
        let mut command = bed.run_behind(&wire, "--concurrency 8 --throttle-wait 1s");
        command.env("OFFBOARD_AUTH_URL", wire.url(""));
        let ran = finish(command).await;
        bed.all_are_removed_once(&ran).await;
        let sign_ins = bed.books.totals().sign_ins + bed.books.totals().refreshes;
        let refused = bed
            .books
            .faults(offboard::sandbox::FaultKind::Unauthorized401);
        assert!(
            sign_ins <= refused + 1,
            "{seconds} s: {sign_ins} for {refused}"
        );
    }
}
