//! Attempts: which requests count as attempts, when an attempt is made, and what ends the whole run instead.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::domain::{RequestKind, Status};
use crate::engine::scripted::{Behaviour, Cut, RunPlan, TestJob};
use crate::engine::{Notice, StopReason};
use crate::port::SignInError;

#[tokio::test(start_paused = true)]
async fn a_write_that_a_kill_left_in_doubt_without_effect_costs_no_attempt() {
    let job = TestJob::new(1, |ask| match ask.kind {
        RequestKind::Write => Behaviour::Lost,
        _ => Behaviour::Confirm,
    });
    for _ in 0..2 {
        let killed = RunPlan {
            cut: Some(Cut::AfterSend(2)),
            ..RunPlan::default()
        };
        job.run(&killed).await;
    }
    job.run(&RunPlan::default()).await;
    assert_eq!(job.statuses(), [Status::Failed]);
    // Two writes that kills left in doubt, and the three that count.
    assert_eq!(job.person("u2").writes, 5);
    assert_eq!(job.rows()[0].attempts, 3);
    job.check(3);
}

#[tokio::test(start_paused = true)]
async fn a_user_claimed_with_no_attempt_left_is_read_and_not_written() {
    for (gone, status) in [(false, Status::Failed), (true, Status::Already)] {
        let job = TestJob::new(3, |_| Behaviour::Confirm);
        job.journal.edit("u3", |row| row.attempts = 3);
        if gone {
            job.alter("u3", |person| {
                person.active = false;
                person.workspaces.clear();
            });
        }
        job.run(&RunPlan::default()).await;
        assert_eq!(job.statuses(), [Status::Removed, status, Status::Removed]);
        assert_eq!(job.person("u3").writes, 0);
        job.check(3);
    }
}

/// A conflict on the last attempt, and a stop before the read that must follow.
#[tokio::test(start_paused = true)]
async fn a_user_given_back_with_no_attempt_left_is_not_written_again() {
    let job = TestJob::new(1, |ask| match (ask.kind, ask.nth) {
        (RequestKind::Write, _) => Behaviour::Status(409),
        (_, 1) => Behaviour::Stall(3600),
        _ => Behaviour::Confirm,
    });
    let stopped = RunPlan {
        max_attempts: 1,
        ..RunPlan::interrupted(&[1_000, 1_001])
    };
    job.run(&stopped).await;
    assert_eq!(job.statuses(), [Status::Pending]);
    let last = RunPlan {
        max_attempts: 1,
        ..RunPlan::default()
    };
    job.run(&last).await;
    assert_eq!(job.statuses(), [Status::Failed]);
    assert_eq!(job.person("u2").writes, 1);
    job.check(1);
}

#[tokio::test(start_paused = true)]
async fn the_next_attempt_waits_as_long_as_the_server_asks() {
    let job = TestJob::new(1, |ask| match ask.nth {
        1 => Behaviour::Busy(77),
        _ => Behaviour::Confirm,
    });
    job.run(&RunPlan::default()).await;
    let arrivals = job.arrivals();
    let gap = arrivals[1].at.duration_since(arrivals[0].at);
    assert!(gap >= Duration::from_secs(77), "{gap:?}");
    assert!(gap < Duration::from_secs(79), "{gap:?}");
}

#[tokio::test(start_paused = true)]
async fn fifty_throttles_cost_no_attempt() {
    let job = TestJob::new(1, |ask| match ask.nth {
        1..=50 => Behaviour::Throttle(Some(2)),
        _ => Behaviour::Confirm,
    });
    job.run(&RunPlan::default()).await;
    assert_eq!(job.statuses(), [Status::Removed]);
    assert_eq!(job.rows()[0].attempts, 1);
    job.check(3);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_cannot_be_reached_ends_the_run_and_costs_no_attempt() {
    let up = Arc::new(AtomicBool::new(false));
    let there = Arc::clone(&up);
    let job = TestJob::new(20, move |_| {
        if there.load(Ordering::Relaxed) {
            Behaviour::Confirm
        } else {
            Behaviour::NotSent
        }
    });
    let ran = job.run(&RunPlan::default()).await;
    let stopped = ran.ending().stopped.clone();
    assert!(
        matches!(&stopped, Some(StopReason::Outage(why)) if why.contains("refused")),
        "{stopped:?}"
    );
    for row in job.rows() {
        assert_eq!((row.status, row.attempts), (Status::Pending, 0), "{row:?}");
    }
    assert!(job.arrivals().is_empty());
    job.check(3);
    up.store(true, Ordering::Relaxed);
    job.run(&RunPlan::default()).await;
    assert_eq!(job.statuses(), [Status::Removed; 20]);
    job.check(3);
}

#[tokio::test(start_paused = true)]
async fn one_renewal_serves_all_users() {
    let job = TestJob::new(60, |ask| match (ask.user, ask.nth) {
        ("u30", 1) => Behaviour::Expire,
        _ => Behaviour::Confirm,
    });
    let plan = RunPlan {
        concurrency: 8,
        ..RunPlan::default()
    };
    let ran = job.run(&plan).await;
    assert_eq!(ran.ending().stopped, None);
    assert_eq!(job.renewals(), 1);
    let away: u32 = (2..62)
        .map(|line| job.person(&format!("u{line}")).turned_away)
        .sum();
    assert!(away > 1, "only {away} met the old credential");
    for row in job.rows() {
        assert_eq!((row.status, row.attempts), (Status::Removed, 1));
    }
    job.check(3);
}

#[tokio::test(start_paused = true)]
async fn a_second_refusal_stops_the_run_and_no_user_fails() {
    let job = TestJob::new(40, |_| Behaviour::Status(401));
    let ran = job.run(&RunPlan::default()).await;
    let stopped = ran.ending().stopped.clone();
    assert!(
        matches!(stopped, Some(StopReason::SignIn(SignInError::Refused(_)))),
        "{stopped:?}"
    );
    for row in job.rows() {
        assert_eq!((row.status, row.attempts), (Status::Pending, 0), "{row:?}");
    }
    // Two units for each of four slots, and two requests each.
    assert!(job.arrivals().len() <= 16, "{}", job.arrivals().len());
    job.check(3);
}

/// A gateway that throttles before it checks credentials must not make the run sign in for ever.
#[tokio::test(start_paused = true)]
async fn refusals_and_throttles_in_turn_come_to_an_end() {
    let job = TestJob::new(1, |ask| match ask.nth % 2 {
        1 => Behaviour::Status(401),
        _ => Behaviour::Throttle(Some(1)),
    });
    // Ends the run if it would sign in for ever.
    let ran = job.run(&RunPlan::interrupted(&[3_600_000])).await;
    let stopped = ran.ending().stopped.clone();
    assert!(
        matches!(stopped, Some(StopReason::SignIn(_))),
        "{stopped:?}"
    );
    assert_eq!(job.renewals(), 1);
    assert_eq!(job.statuses(), [Status::Pending]);
}

#[tokio::test(start_paused = true)]
async fn a_setback_is_reported_before_the_outcome() {
    let job = TestJob::new(5, |ask| match ask.nth {
        1 => Behaviour::Throttle(Some(1)),
        2 => Behaviour::Fail,
        _ => Behaviour::Confirm,
    });
    let ran = job.run(&RunPlan::default()).await;
    for row in 2..7 {
        let reported: Vec<_> = ran
            .events
            .iter()
            .filter_map(|event| match event {
                Notice::Setback { line, .. } if line.0 == row => Some("setback"),
                Notice::Settled { line, .. } if line.0 == row => Some("settled"),
                _ => None,
            })
            .collect();
        assert_eq!(reported, ["setback", "setback", "settled"]);
    }
}

/// Tokens that are revoked again and again do not mean that fresh ones are refused, as long as each of them has
/// served a request.
#[tokio::test(start_paused = true)]
async fn credentials_that_end_one_after_the_other_do_not_stop_the_run() {
    let job = TestJob::new(200, |ask| match (ask.user, ask.nth) {
        ("u42", 1) | ("u45", 2) => Behaviour::Expire,
        _ => Behaviour::Confirm,
    });
    let plan = RunPlan {
        concurrency: 8,
        ..RunPlan::default()
    };
    let ran = job.run(&plan).await;
    assert_eq!(ran.ending().stopped, None);
    assert_eq!(job.renewals(), 2);
    job.check(3);
}
