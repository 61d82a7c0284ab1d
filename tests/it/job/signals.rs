//! Signals: what ends, what is left, and what it takes to go on. Also the lock, which is why only one
//! process has to be asked.

use std::time::Duration;

use offboard::domain::Status;
use offboard::sandbox::{FaultKind, Route};
use rustix::process::Signal;

use crate::support::{Bed, Running, finish, tally};

const EIGHT: &str = "--rate unlimited --concurrency 8";

/// A bed whose provider does not answer the first eight writes; it applies every second of them.
/// It stays silent for longer than these tests wait for the end of a program.
async fn stalling_bed() -> Bed {
    let bed = Bed::faulty(40, "stall=10m").await;
    for (number, person) in bed.people.iter().take(8).enumerate() {
        let kind = [FaultKind::StallAfter, FaultKind::StallBefore][number % 2];
        bed.sandbox.plan_faults(&person.id, [kind]);
    }
    bed
}

#[apply(end_to_end!)]
async fn one_interrupt_lets_requests_end_and_names_the_command_that_continues() {
    let bed = Bed::faulty(300, "latency=10ms+10ms").await;
    let mut running = bed.start(EIGHT);
    bed.receives(&mut running, 60).await;
    running.signal(Signal::INT);
    let ran = running.end().await;
    assert_eq!(ran.code, Some(130), "{ran:?}");
    assert!(ran.stderr.contains("SIGINT: stopping"), "{ran:?}");
    let rows = bed.rows().await;
    let tally = tally(&rows);
    let (removed, pending) = (tally[&Status::Removed], tally[&Status::Pending]);
    assert_eq!(
        removed + pending,
        300,
        "nobody claimed or in doubt: {tally:?}"
    );
    assert!(removed >= 50, "{tally:?}");
    // Nothing in flight was thrown away: who was written has an outcome, who was not has not.
    let written = |user: &&offboard::sandbox::UserBook| user.writes_received > 0;
    assert_eq!(bed.books.users().iter().filter(written).count(), removed);
    let ran = finish(bed.printed_command(&ran)).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    bed.all_are_removed().await;
    for user in bed.books.users() {
        assert_eq!((user.writes_received, user.reads), (1, 0), "{user:?}");
    }
}

#[apply(end_to_end!)]
async fn other_signals_stop_as_gently_with_codes_of_their_own() {
    for (signal, name, code) in [(Signal::TERM, "SIGTERM", 143), (Signal::HUP, "SIGHUP", 129)] {
        let bed = Bed::faulty(300, "latency=10ms+10ms").await;
        let mut running = bed.start(EIGHT);
        bed.receives(&mut running, 30).await;
        running.signal(signal);
        let ran = running.end().await;
        assert_eq!(ran.code, Some(code), "{ran:?}");
        assert!(ran.stderr.contains(&format!("{name}: stopping")), "{ran:?}");
        assert!(ran.stderr.contains("to continue: "), "{ran:?}");
        let rows = bed.rows().await;
        let tally = tally(&rows);
        assert_eq!(tally[&Status::Removed] + tally[&Status::Pending], 300);
    }
}

#[apply(end_to_end!)]
async fn a_second_interrupt_abandons_requests_and_the_next_run_reads_these_users_first() {
    let bed = stalling_bed().await;
    let mut running = bed.start(EIGHT);
    bed.receives(&mut running, 8).await;
    running.signal(Signal::INT);
    running.says("8 requests in flight may end").await;
    running.signal(Signal::INT);
    let ran = running.end().await;
    assert_eq!(ran.code, Some(130), "{ran:?}");
    assert!(ran.stderr.contains("abandoning 8 requests"), "{ran:?}");
    bed.continues_by_reading(&ran).await;
}

#[apply(end_to_end!)]
async fn a_stop_does_not_wait_for_a_silent_provider_beyond_its_grace() {
    let bed = stalling_bed().await;
    let mut running = bed.start("--rate unlimited --concurrency 8 --grace 200ms");
    bed.receives(&mut running, 8).await;
    running.signal(Signal::TERM);
    let ran = running.end().await;
    assert_eq!(ran.code, Some(143), "{ran:?}");
    bed.continues_by_reading(&ran).await;
}

#[apply(end_to_end!)]
async fn a_third_signal_of_whatever_kind_leaves_at_once() {
    // Everything takes two seconds, so that giving the token back can be interrupted too.
    let bed = Bed::faulty(40, "latency=2s,token-service").await;
    let mut running = bed.start(&format!("{EIGHT} -v"));
    bed.receives(&mut running, 8).await;
    running.signal(Signal::INT);
    running.says("SIGINT: stopping").await;
    running.signal(Signal::TERM);
    running.says("SIGTERM: abandoning").await;
    let books = bed.books.clone();
    let logout = || {
        books
            .requests()
            .iter()
            .any(|one| one.route == Route::Logout)
    };
    assert!(running.reaches(logout).await);
    running.signal(Signal::INT);
    let ran = running.end().await;
    assert_eq!(ran.code, Some(130), "{ran:?}");
    // It said how to continue before that, and did not wait for the token to be given back.
    assert!(ran.stderr.contains("to continue: "), "{ran:?}");
    let cut = "a signal: the token is not given back";
    assert!(ran.stderr.contains(cut), "{ran:?}");
    let rows = bed.rows().await;
    assert_eq!(tally(&rows)[&Status::InDoubt], 8);
}

#[apply(end_to_end!)]
async fn a_stop_ends_a_wait_that_the_provider_asked_for() {
    let bed = Bed::faulty(100, "retry-after=10m").await;
    bed.sandbox
        .plan_faults(&bed.people[20].id, [FaultKind::Throttle]);
    let mut running = bed.start(EIGHT);
    let books = bed.books.clone();
    assert!(running.reaches(|| books.totals().throttled > 0).await);
    running.signal(Signal::INT);
    let ran = running.end().await;
    assert_eq!(ran.code, Some(130), "{ran:?}");
    let rows = bed.rows().await;
    let tally = tally(&rows);
    assert_eq!(
        tally[&Status::Removed] + tally[&Status::Pending],
        100,
        "{tally:?}"
    );
    let throttled = bed.row(20).await;
    assert_eq!((throttled.status, throttled.attempts), (Status::Pending, 0));
}

#[apply(end_to_end!)]
async fn one_process_works_on_a_ledger_and_others_may_read() {
    let bed = stalling_bed().await;
    let mut running = bed.start(EIGHT);
    bed.receives(&mut running, 8).await;
    let holder = format!(
        "process {} on {}",
        running.id(),
        whoami::hostname().unwrap()
    );
    let second = finish(bed.run_with(40, EIGHT)).await;
    assert_eq!(second.code, Some(7), "{second:?}");
    assert!(second.stderr.contains(&holder), "{second:?}");
    let status = finish(bed.offboard(&["status"])).await;
    assert_eq!(status.code, Some(0), "{status:?}");
    assert!(status.stdout.contains(&holder), "{status:?}");
    assert!(status.stdout.contains("= 40 lines"), "{status:?}");
    assert!(status.stdout.contains("under way"), "{status:?}");
    running.kill().await;
    let status = finish(bed.offboard(&["status"])).await;
    assert!(!status.stdout.contains(&holder), "{status:?}");
    assert!(status.stdout.contains("died"), "{status:?}");
}

#[apply(end_to_end!)]
async fn a_signal_before_anything_was_sent_ends_with_its_code_and_the_command() {
    let bed = Bed::with_users(3).await;
    bed.write_roster(&[]);
    let mut command = bed.run_all(3);
    // No server listens there: signing in is tried again until the limit.
    command.env("OFFBOARD_AUTH_URL", "http://127.0.0.1:1");
    let mut running = Running::start(command);
    running.says("job ").await;
    running.signal(Signal::TERM);
    let ran = running.end().await;
    assert_eq!(ran.code, Some(143), "{ran:?}");
    assert!(ran.stderr.contains("to continue: "), "{ran:?}");
}

#[apply(end_to_end!)]
async fn a_question_is_answered_in_one_line_and_nothing_else_changes() {
    for flags in ["", " -q", " --progress bar"] {
        let bed = Bed::faulty(60, "retry-after=2s").await;
        bed.sandbox
            .plan_faults(&bed.people[20].id, [FaultKind::Throttle]);
        let mut running = bed.start(&format!("{EIGHT}{flags}"));
        let books = bed.books.clone();
        assert!(running.reaches(|| books.totals().throttled > 0).await);
        running.signal(Signal::USR1);
        running.says("waiting").await;
        let ran = running.end().await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let answers = |line: &&str| line.contains(" of 60 users (") && line.contains("waiting");
        assert_eq!(ran.stderr.lines().filter(answers).count(), 1, "{ran:?}");
        for user in bed.books.users() {
            assert_eq!(user.writes_changed, 1, "{user:?}");
        }
    }
}

#[apply(end_to_end!)]
async fn a_run_that_was_suspended_continues_and_fails_no_user() {
    let bed = Bed::faulty(200, "latency=100ms+100ms").await;
    let mut running = bed.start("--rate unlimited --concurrency 8 --timeout 2s");
    for writes in [20, 60] {
        bed.receives(&mut running, writes).await;
        running.signal(Signal::STOP);
        // Longer than every request may take: that these times pass is what is tested.
        tokio::time::sleep(Duration::from_secs(3)).await;
        running.signal(Signal::CONT);
    }
    let ran = running.end().await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    bed.all_are_removed().await;
    for user in bed.books.users() {
        assert!(
            user.writes_changed == 1 && user.writes_received == 1,
            "{user:?}"
        );
    }
}
