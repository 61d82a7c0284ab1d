//! Outages and limits: they cost time, and no user fails for them (P5).

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{FailureLimit, Limits, Outcome, Reason, RequestKind, Status};
use crate::engine::scripted::{Behaviour, RunPlan, ScriptedRequest, TestJob};
use crate::engine::{Notice, StopReason};

/// A tenant that answers all users with `bad` from second `from` to second `to`.
fn out_between(users: u64, from: u64, to: u64, bad: Behaviour) -> TestJob {
    let start = Instant::now();
    TestJob::new(users, move |_| {
        let now = start.elapsed();
        if now >= Duration::from_secs(from) && now < Duration::from_secs(to) {
            bad
        } else {
            Behaviour::Confirm
        }
    })
}

#[tokio::test(start_paused = true)]
async fn p5_an_outage_costs_time_and_no_attempt() {
    for bad in [
        Behaviour::Fail,
        Behaviour::Status(503),
        Behaviour::NotSent,
        Behaviour::Lost,
        Behaviour::AppliedThenLost,
        Behaviour::FailApplied,
    ] {
        for from in [0, 1] {
            let job = out_between(400, from, 600, bad);
            let ran = job
                .run(&RunPlan {
                    concurrency: 6,
                    ..RunPlan::default()
                })
                .await;
            assert_eq!(ran.ending().stopped, None, "{bad:?}");
            assert_eq!(job.statuses(), [Status::Removed; 400], "{bad:?}");
            for row in job.rows() {
                assert!(row.attempts <= 1, "{bad:?}: {row:?}");
            }
            let sent = job.arrivals().len();
            assert!(sent < 400 + 100, "{bad:?}: {sent} requests");
            job.check(3);
            let reported =
                |wanted: fn(&Notice) -> bool| ran.events.iter().filter(|it| wanted(it)).count();
            let outages = reported(|event| matches!(event, Notice::Outage { .. }));
            let ends = reported(|event| matches!(event, Notice::Recovered { .. }));
            assert_eq!((outages, ends), (1, 1), "{bad:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn p5_an_outage_without_end_stops_the_run_and_the_next_run_continues() {
    let job = out_between(100, 0, 3_000, Behaviour::Status(503));
    let ran = job.run(&RunPlan::default()).await;
    assert!(
        matches!(ran.ending().stopped, Some(StopReason::Outage(_))),
        "{:?}",
        ran.ending().stopped
    );
    for row in job.rows() {
        assert!(row.status.is_open() && row.attempts == 0, "{row:?}");
    }
    let sent = job.arrivals().len();
    assert!(sent < 80, "{sent} requests in half an hour");
    job.check(3);
    tokio::time::sleep(Duration::from_mins(50)).await;
    job.run(&RunPlan::default()).await;
    assert_eq!(job.statuses(), [Status::Removed; 100]);
    job.check(3);
}

#[tokio::test(start_paused = true)]
async fn p5_a_sign_in_service_that_is_out_is_waited_for() {
    let job = TestJob::new(200, |_| Behaviour::Confirm);
    job.close_sign_in(Duration::from_mins(10));
    let ran = job.run(&RunPlan::default()).await;
    assert_eq!(ran.ending().stopped, None);
    assert_eq!(job.statuses(), [Status::Removed; 200]);
    assert!(job.rows().iter().all(|row| row.attempts == 1));
    assert_eq!(job.arrivals().len(), 200);
    job.check(3);
}

#[tokio::test(start_paused = true)]
async fn failures_of_a_few_users_are_no_outage() {
    for poisoned in [[2, 3, 4], [30, 60, 90], [99, 100, 101]] {
        let job = TestJob::new(100, move |ask| {
            let poisoned = poisoned.iter().any(|line| ask.user == format!("u{line}"));
            match ask.kind {
                RequestKind::Write if poisoned => Behaviour::Fail,
                _ => Behaviour::Confirm,
            }
        });
        let ran = job.run(&RunPlan::default()).await;
        assert_eq!(ran.ending().stopped, None);
        let failed = Some(Outcome::Failed(Reason::ServerError));
        let rows = job.rows();
        assert_eq!(rows.iter().filter(|row| row.outcome == failed).count(), 3);
        let removed = rows.iter().filter(|row| row.status == Status::Removed);
        assert_eq!(removed.count(), 97);
        job.check(3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_missing_or_taken_away_fails_no_user() {
    for from in [0, 1] {
        let job = out_between(600, from, 100_000, Behaviour::Status(403));
        let ran = job.run(&RunPlan::default()).await;
        let stopped = ran.ending().stopped.clone();
        assert!(
            matches!(stopped, Some(StopReason::NoRole(_))),
            "{stopped:?}"
        );
        for row in job.rows() {
            let expected = [Status::Removed, Status::Pending];
            assert!(expected.contains(&row.status), "{row:?}");
        }
        let pending = job
            .statuses()
            .iter()
            .filter(|it| **it == Status::Pending)
            .count();
        assert!(pending > 0);
        job.check(3);
    }
}

#[tokio::test(start_paused = true)]
async fn one_user_that_may_not_be_touched_does_not_stop_the_run() {
    let job = TestJob::new(50, |ask| match ask.user {
        "u20" => Behaviour::Status(403),
        _ => Behaviour::Confirm,
    });
    let ran = job.run(&RunPlan::default()).await;
    assert_eq!(ran.ending().stopped, None);
    assert_eq!(
        job.rows()[18].outcome,
        Some(Outcome::Failed(Reason::Forbidden))
    );
    let removed = job
        .statuses()
        .iter()
        .filter(|it| **it == Status::Removed)
        .count();
    assert_eq!(removed, 49);
    job.check(3);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_no_scim_service_is_reported_early() {
    let job = TestJob::new(500, |_| Behaviour::Garbage);
    for row in job.rows() {
        job.journal.edit(row.user.as_str(), |row| row.before = None);
    }
    let ran = job.run(&RunPlan::default()).await;
    let stopped = ran.ending().stopped.clone();
    assert!(
        matches!(stopped, Some(StopReason::NotScim(_))),
        "{stopped:?}"
    );
    assert!(job.arrivals().len() < 60);
    assert!(job.rows().iter().all(|row| row.outcome.is_none()));
}

/// The plan saw users at this address: pages of a gateway instead of answers are an outage.
#[tokio::test(start_paused = true)]
async fn p5_pages_that_are_no_answers_are_an_outage_once_users_were_seen() {
    let job = TestJob::new(50, |_| Behaviour::Garbage);
    let ran = job.run(&RunPlan::default()).await;
    let stopped = ran.ending().stopped.clone();
    assert!(
        matches!(stopped, Some(StopReason::Outage(_))),
        "{stopped:?}"
    );
    assert!(job.statuses().iter().all(|status| status.is_open()));
    let sent = job.arrivals().len();
    assert!(sent < 120, "{sent}");
    job.check(3);
}

#[tokio::test(start_paused = true)]
async fn limits_end_a_run_and_the_next_run_continues() {
    let refused = |ask: ScriptedRequest<'_>| {
        if ask.user.ends_with('7') {
            Behaviour::Status(400)
        } else {
            Behaviour::Stall(1)
        }
    };
    let users = |most| Limits {
        failures: Some(most),
        ..Limits::default()
    };
    for (limits, expected) in [
        (
            users(FailureLimit::Users(3)),
            StopReason::TooManyFailures(4),
        ),
        (
            users(FailureLimit::Percent(9)),
            StopReason::TooManyFailures(5),
        ),
        (
            Limits {
                duration: Some(Duration::from_secs(20)),
                ..Limits::default()
            },
            StopReason::TimeOver,
        ),
    ] {
        let job = TestJob::new(200, refused);
        let ran = job
            .run(&RunPlan {
                limits,
                ..RunPlan::default()
            })
            .await;
        assert_eq!(ran.ending().stopped, Some(expected));
        assert!(job.statuses().contains(&Status::Pending));
        job.check(3);
        job.run(&RunPlan::default()).await;
        assert!(!job.statuses().iter().any(|it| it.is_open()));
        job.check(3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_signal_during_an_outage_ends_the_run_at_once() {
    let job = out_between(100, 0, 100_000, Behaviour::NotSent);
    let start = Instant::now();
    let ran = job.run(&RunPlan::interrupted(&[300_000])).await;
    assert!(matches!(ran.ending().stopped, Some(StopReason::Signal(_))));
    assert!(start.elapsed() < Duration::from_secs(301));
    assert_eq!(job.statuses(), [Status::Pending; 100]);
}
