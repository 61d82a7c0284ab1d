//! P6 by the log of the provider: the rate, the waits that it asks for, and tokens that end during a run.

use std::time::Duration;

use offboard::sandbox::{FaultKind, FaultSettings, SandboxSettings};

use crate::fleet::in_postgres::on_each_ledger;
use crate::support::{Bed, Running, finish, until_async};

const EIGHT: &str = "--rate unlimited --concurrency 8";

/// No request came before the end of a wait that the provider has asked for.
fn keeps_each_wait(bed: &Bed) {
    let early = bed.books.requests().into_iter();
    let early: Vec<_> = early.filter_map(|one| one.early_ms).collect();
    // Requests that had left when the provider asked for it count for nothing.
    let late = bed.books.early_requests(Duration::from_millis(150));
    assert_eq!(late, 0, "{early:?}");
}

#[apply(end_to_end!)]
async fn p6_no_window_of_time_sees_more_requests_than_rate_and_burst_allow() {
    let bed = Bed::faulty(100, "latency=5ms+20ms,token-service").await;
    for (number, person) in bed.people.iter().enumerate().step_by(7) {
        let kind = [FaultKind::Error500, FaultKind::ResetAfter][number % 2];
        bed.sandbox.plan_faults(&person.id, [kind]);
    }
    bed.succeeds("--rate 20/s --burst 5 --concurrency 8").await;
    let arrivals: Vec<_> = bed.books.requests().iter().map(|one| one.at_ms).collect();
    // Sign-in, whose account it is, the list and its end, sign-out, 100 users, 15 of them with a second
    // request.
    assert_eq!(arrivals.len(), 120);
    let seconds = |ms: u64| Duration::from_millis(ms).as_secs_f64();
    for (first, start) in arrivals.iter().enumerate() {
        let mut seen = 0.0;
        for end in &arrivals[first..] {
            seen += 1.0;
            let allowed = 20.0 * seconds(end - start) + 5.0;
            assert!(seen <= allowed + 1e-9, "{seen} from {start} ms to {end} ms");
        }
    }
    let whole = seconds(arrivals[119] - arrivals[0]);
    assert!(
        whole < 120.0 / 20.0 + 2.0,
        "the rate is used as well: {whole} s"
    );
}

#[apply(end_to_end!)]
async fn p6_a_wait_that_the_provider_asks_for_delays_all_requests() {
    for kind in [FaultKind::Throttle, FaultKind::ThrottleDate] {
        // Without the hold, the other 200 users would take half a second more.
        let bed = Bed::faulty(240, "latency=20ms").await;
        for person in [30, 90] {
            bed.sandbox.plan_faults(&bed.people[person].id, [kind]);
        }
        bed.succeeds(EIGHT).await;
        assert_eq!(bed.books.totals().throttled, 2);
        keeps_each_wait(&bed);
        for person in [30, 90] {
            let row = bed.row(person).await;
            assert_eq!(row.attempts, 1, "being throttled is no attempt: {row:?}");
        }
    }
}

#[apply(end_to_end!)]
async fn a_token_that_ends_in_mid_run_is_refreshed_and_fails_no_user() {
    let bed = Bed::new(SandboxSettings {
        users: 600,
        faults: FaultSettings::parse("latency=100ms").unwrap(),
        token_life: Duration::from_secs(3),
        ..SandboxSettings::default()
    })
    .await;
    bed.write_roster(&[]);
    bed.succeeds(EIGHT).await;
    let totals = bed.books.totals();
    assert!(totals.refreshes >= 2, "{totals:?}");
    assert_eq!((totals.sign_ins, totals.logouts), (1, 1), "{totals:?}");
    let refused = bed
        .books
        .requests()
        .into_iter()
        .filter(|one| one.status == Some(401));
    assert_eq!(refused.count(), 0, "renewed in time");
}

#[apply(end_to_end!)]
async fn tokens_that_are_revoked_in_mid_run_cost_one_sign_in_and_fail_no_user() {
    let bed = Bed::faulty(300, "latency=10ms").await;
    let mut running = Running::start(bed.run_with(300, EIGHT));
    let books = bed.books.clone();
    assert!(running.reaches(|| books.totals().requests >= 100).await);
    bed.sandbox.revoke_tokens();
    let ran = running.end().await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    bed.all_are_removed().await;
    let totals = bed.books.totals();
    assert_eq!((totals.sign_ins, totals.logouts), (2, 1), "{totals:?}");
    for row in bed.rows().await {
        assert_eq!(row.attempts, 1, "a refused token is no attempt: {row:?}");
    }
}

#[apply(on_each_ledger)]
async fn p6_a_wait_that_the_provider_asks_for_is_honoured_after_a_kill_too() {
    let bed = Bed::faulty(40, "latency=5ms,retry-after=2s").await;
    bed.sandbox
        .plan_faults(&bed.people[10].id, [FaultKind::Throttle]);
    let run = Running::start(bed.run_with(40, "--rate 50/s --concurrency 2"));
    until_async("the wait is stored", async || bed.has_kept_a_wait().await).await;
    run.kill().await;
    let again = finish(bed.run_with(40, "--rate 50/s --concurrency 2")).await;
    assert_eq!(again.code, Some(0), "{again:?}");
    assert!(
        again.stderr.contains("the provider has asked to wait"),
        "{again:?}"
    );
    bed.all_are_removed().await;
    keeps_each_wait(&bed);
}
