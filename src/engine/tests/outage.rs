//! Outages and limits: they cost time, never users (P5).

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{FailureLimit, Limits, Outcome, Reason, RequestKind, Status};
use crate::engine::scripted::{Ask, Behaviour, Plan, World};
use crate::engine::{Event, StopReason};

/// A tenant that answers all users with `bad` from second `from` to second `to`.
fn out_between(users: u64, from: u64, to: u64, bad: Behaviour) -> World {
    let start = Instant::now();
    World::new(users, move |_| {
        let now = start.elapsed();
        if now >= Duration::from_secs(from) && now < Duration::from_secs(to) {
            bad
        } else {
            Behaviour::Confirm
        }
    })
}

#[tokio::test(start_paused = true)]
async fn p5_an_outage_costs_time_and_nobody_an_attempt() {
    for bad in [
        Behaviour::Fail,
        Behaviour::Status(503),
        Behaviour::NotSent,
        Behaviour::Lost,
        Behaviour::AppliedThenLost,
        Behaviour::FailApplied,
    ] {
        for from in [0, 1] {
            let world = out_between(400, from, 600, bad);
            let ran = world
                .run(&Plan {
                    concurrency: 6,
                    ..Plan::default()
                })
                .await;
            assert_eq!(ran.ending().stopped, None, "{bad:?}");
            assert_eq!(world.statuses(), [Status::Removed; 400], "{bad:?}");
            for row in world.rows() {
                assert!(row.attempts <= 1, "{bad:?}: {row:?}");
            }
            let sent = world.arrivals().len();
            assert!(sent < 400 + 100, "{bad:?}: {sent} requests");
            world.check(3);
            let told =
                |wanted: fn(&Event) -> bool| ran.events.iter().filter(|it| wanted(it)).count();
            let outages = told(|event| matches!(event, Event::Outage { .. }));
            let ends = told(|event| matches!(event, Event::Recovered { .. }));
            assert_eq!((outages, ends), (1, 1), "{bad:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn p5_an_outage_without_end_stops_the_run_and_the_next_one_goes_on() {
    let world = out_between(100, 0, 3_000, Behaviour::Status(503));
    let ran = world.run(&Plan::default()).await;
    assert!(
        matches!(ran.ending().stopped, Some(StopReason::Outage(_))),
        "{:?}",
        ran.ending().stopped
    );
    for row in world.rows() {
        assert!(row.status.is_open() && row.attempts == 0, "{row:?}");
    }
    let sent = world.arrivals().len();
    assert!(sent < 80, "{sent} requests in half an hour");
    world.check(3);
    tokio::time::sleep(Duration::from_mins(50)).await;
    world.run(&Plan::default()).await;
    assert_eq!(world.statuses(), [Status::Removed; 100]);
    world.check(3);
}

#[tokio::test(start_paused = true)]
async fn p5_a_sign_in_service_that_is_out_is_waited_for() {
    let world = World::new(200, |_| Behaviour::Confirm);
    world.close_sign_in(Duration::from_mins(10));
    let ran = world.run(&Plan::default()).await;
    assert_eq!(ran.ending().stopped, None);
    assert_eq!(world.statuses(), [Status::Removed; 200]);
    assert!(world.rows().iter().all(|row| row.attempts == 1));
    assert_eq!(world.arrivals().len(), 200);
    world.check(3);
}

#[tokio::test(start_paused = true)]
async fn users_who_alone_fail_are_no_outage() {
    for poisoned in [[2, 3, 4], [30, 60, 90], [99, 100, 101]] {
        let world = World::new(100, move |ask| {
            let poisoned = poisoned.iter().any(|line| ask.user == format!("u{line}"));
            match ask.kind {
                RequestKind::Write if poisoned => Behaviour::Fail,
                _ => Behaviour::Confirm,
            }
        });
        let ran = world.run(&Plan::default()).await;
        assert_eq!(ran.ending().stopped, None);
        let failed = Some(Outcome::Failed(Reason::ServerError));
        let rows = world.rows();
        assert_eq!(rows.iter().filter(|row| row.outcome == failed).count(), 3);
        let removed = rows.iter().filter(|row| row.status == Status::Removed);
        assert_eq!(removed.count(), 97);
        world.check(3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_missing_or_taken_away_fails_nobody() {
    for from in [0, 1] {
        let world = out_between(600, from, 100_000, Behaviour::Status(403));
        let ran = world.run(&Plan::default()).await;
        let stopped = ran.ending().stopped.clone();
        assert!(
            matches!(stopped, Some(StopReason::NoRole(_))),
            "{stopped:?}"
        );
        for row in world.rows() {
            let expected = [Status::Removed, Status::Pending];
            assert!(expected.contains(&row.status), "{row:?}");
        }
        let pending = world
            .statuses()
            .iter()
            .filter(|it| **it == Status::Pending)
            .count();
        assert!(pending > 0);
        world.check(3);
    }
}

#[tokio::test(start_paused = true)]
async fn one_user_who_is_not_to_be_touched_stops_nobody() {
    let world = World::new(50, |ask| match ask.user {
        "u20" => Behaviour::Status(403),
        _ => Behaviour::Confirm,
    });
    let ran = world.run(&Plan::default()).await;
    assert_eq!(ran.ending().stopped, None);
    assert_eq!(
        world.rows()[18].outcome,
        Some(Outcome::Failed(Reason::Forbidden))
    );
    let removed = world
        .statuses()
        .iter()
        .filter(|it| **it == Status::Removed)
        .count();
    assert_eq!(removed, 49);
    world.check(3);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_scim_service_is_told_early() {
    let world = World::new(500, |_| Behaviour::Garbage);
    for row in world.rows() {
        world
            .memory
            .edit(row.user.as_str(), |row| row.before = None);
    }
    let ran = world.run(&Plan::default()).await;
    let stopped = ran.ending().stopped.clone();
    assert!(
        matches!(stopped, Some(StopReason::NotScim(_))),
        "{stopped:?}"
    );
    assert!(world.arrivals().len() < 60);
    assert!(world.rows().iter().all(|row| row.outcome.is_none()));
}

/// The plan saw users at this address: a gateway's pages in place of answers are an outage.
#[tokio::test(start_paused = true)]
async fn p5_pages_that_are_no_answers_are_an_outage_once_users_were_seen() {
    let world = World::new(50, |_| Behaviour::Garbage);
    let ran = world.run(&Plan::default()).await;
    let stopped = ran.ending().stopped.clone();
    assert!(
        matches!(stopped, Some(StopReason::Outage(_))),
        "{stopped:?}"
    );
    assert!(world.statuses().iter().all(|status| status.is_open()));
    let sent = world.arrivals().len();
    assert!(sent < 120, "{sent}");
    world.check(3);
}

#[tokio::test(start_paused = true)]
async fn limits_end_a_run_and_the_next_one_goes_on() {
    let refused = |ask: Ask<'_>| {
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
        let world = World::new(200, refused);
        let ran = world
            .run(&Plan {
                limits,
                ..Plan::default()
            })
            .await;
        assert_eq!(ran.ending().stopped, Some(expected));
        assert!(world.statuses().contains(&Status::Pending));
        world.check(3);
        world.run(&Plan::default()).await;
        assert!(!world.statuses().iter().any(|it| it.is_open()));
        world.check(3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_signal_during_an_outage_ends_the_run_at_once() {
    let world = out_between(100, 0, 100_000, Behaviour::NotSent);
    let start = Instant::now();
    let ran = world.run(&Plan::interrupted(&[300_000])).await;
    assert!(matches!(ran.ending().stopped, Some(StopReason::Signal(_))));
    assert!(start.elapsed() < Duration::from_secs(301));
    assert_eq!(world.statuses(), [Status::Pending; 100]);
}
