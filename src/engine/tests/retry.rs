//! Attempts: what counts as one, when it is made, and what ends the whole run instead.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::domain::{RequestKind, Status};
use crate::engine::scripted::{Behaviour, Cut, Plan, World};
use crate::engine::{Event, StopReason};
use crate::port::SignInError;

#[tokio::test(start_paused = true)]
async fn a_write_that_a_kill_left_in_doubt_without_effect_is_given_back() {
    let world = World::new(1, |ask| match ask.kind {
        RequestKind::Write => Behaviour::Lost,
        _ => Behaviour::Confirm,
    });
    for _ in 0..2 {
        let killed = Plan {
            cut: Some(Cut::AfterSend(2)),
            ..Plan::default()
        };
        world.run(&killed).await;
    }
    world.run(&Plan::default()).await;
    assert_eq!(world.statuses(), [Status::Failed]);
    // Two that kills left in doubt, and the three that count.
    assert_eq!(world.person("u2").writes, 5);
    assert_eq!(world.rows()[0].attempts, 3);
    world.check(3);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_claimed_with_no_attempt_left_is_read_and_not_written() {
    for (gone, status) in [(false, Status::Failed), (true, Status::Already)] {
        let world = World::new(3, |_| Behaviour::Confirm);
        world.memory.edit("u3", |row| row.attempts = 3);
        if gone {
            world.alter("u3", |person| {
                person.active = false;
                person.workspaces.clear();
            });
        }
        world.run(&Plan::default()).await;
        assert_eq!(world.statuses(), [Status::Removed, status, Status::Removed]);
        assert_eq!(world.person("u3").writes, 0);
        world.check(3);
    }
}

/// A conflict on the last attempt, and a stop before the read that it calls for.
#[tokio::test(start_paused = true)]
async fn a_user_given_back_with_no_attempt_left_is_not_written_again() {
    let world = World::new(1, |ask| match (ask.kind, ask.nth) {
        (RequestKind::Write, _) => Behaviour::Status(409),
        (_, 1) => Behaviour::Stall(3600),
        _ => Behaviour::Confirm,
    });
    let stopped = Plan {
        max_attempts: 1,
        ..Plan::interrupted(&[1_000, 1_001])
    };
    world.run(&stopped).await;
    assert_eq!(world.statuses(), [Status::Pending]);
    let last = Plan {
        max_attempts: 1,
        ..Plan::default()
    };
    world.run(&last).await;
    assert_eq!(world.statuses(), [Status::Failed]);
    assert_eq!(world.person("u2").writes, 1);
    world.check(1);
}

#[tokio::test(start_paused = true)]
async fn the_next_attempt_waits_as_long_as_the_server_asks() {
    let world = World::new(1, |ask| match ask.nth {
        1 => Behaviour::Busy(77),
        _ => Behaviour::Confirm,
    });
    world.run(&Plan::default()).await;
    let arrivals = world.arrivals();
    let gap = arrivals[1].at.duration_since(arrivals[0].at);
    assert!(gap >= Duration::from_secs(77), "{gap:?}");
    assert!(gap < Duration::from_secs(79), "{gap:?}");
}

#[tokio::test(start_paused = true)]
async fn fifty_throttles_cost_no_attempt() {
    let world = World::new(1, |ask| match ask.nth {
        1..=50 => Behaviour::Throttle(Some(2)),
        _ => Behaviour::Confirm,
    });
    world.run(&Plan::default()).await;
    assert_eq!(world.statuses(), [Status::Removed]);
    assert_eq!(world.rows()[0].attempts, 1);
    world.check(3);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_cannot_be_reached_ends_the_run_and_costs_nobody_anything() {
    let up = Arc::new(AtomicBool::new(false));
    let there = Arc::clone(&up);
    let world = World::new(20, move |_| {
        if there.load(Ordering::Relaxed) {
            Behaviour::Confirm
        } else {
            Behaviour::NotSent
        }
    });
    let ran = world.run(&Plan::default()).await;
    let stopped = ran.ending().stopped.clone();
    assert!(
        matches!(&stopped, Some(StopReason::Outage(why)) if why.contains("refused")),
        "{stopped:?}"
    );
    for row in world.rows() {
        assert_eq!((row.status, row.attempts), (Status::Pending, 0), "{row:?}");
    }
    assert!(world.arrivals().is_empty());
    world.check(3);
    up.store(true, Ordering::Relaxed);
    world.run(&Plan::default()).await;
    assert_eq!(world.statuses(), [Status::Removed; 20]);
    world.check(3);
}

#[tokio::test(start_paused = true)]
async fn one_renewal_serves_everybody() {
    let world = World::new(60, |ask| match (ask.user, ask.nth) {
        ("u30", 1) => Behaviour::Expire,
        _ => Behaviour::Confirm,
    });
    let plan = Plan {
        concurrency: 8,
        ..Plan::default()
    };
    let ran = world.run(&plan).await;
    assert_eq!(ran.ending().stopped, None);
    assert_eq!(world.renewals(), 1);
    let away: u32 = (2..62)
        .map(|line| world.person(&format!("u{line}")).turned_away)
        .sum();
    assert!(away > 1, "only {away} met the old credential");
    for row in world.rows() {
        assert_eq!((row.status, row.attempts), (Status::Removed, 1));
    }
    world.check(3);
}

#[tokio::test(start_paused = true)]
async fn a_second_refusal_stops_the_run_and_fails_nobody() {
    let world = World::new(40, |_| Behaviour::Status(401));
    let ran = world.run(&Plan::default()).await;
    let stopped = ran.ending().stopped.clone();
    assert!(
        matches!(stopped, Some(StopReason::SignIn(SignInError::Refused(_)))),
        "{stopped:?}"
    );
    for row in world.rows() {
        assert_eq!((row.status, row.attempts), (Status::Pending, 0), "{row:?}");
    }
    // Two units for each of four slots, and two requests each.
    assert!(world.arrivals().len() <= 16, "{}", world.arrivals().len());
    world.check(3);
}

/// A gateway that throttles before it looks at credentials must not keep us signing in for ever.
#[tokio::test(start_paused = true)]
async fn refusals_and_throttles_in_turn_come_to_an_end() {
    let world = World::new(1, |ask| match ask.nth % 2 {
        1 => Behaviour::Status(401),
        _ => Behaviour::Throttle(Some(1)),
    });
    // If it did go on for ever, this would end it.
    let ran = world.run(&Plan::interrupted(&[3_600_000])).await;
    let stopped = ran.ending().stopped.clone();
    assert!(
        matches!(stopped, Some(StopReason::SignIn(_))),
        "{stopped:?}"
    );
    assert_eq!(world.renewals(), 1);
    assert_eq!(world.statuses(), [Status::Pending]);
}

#[tokio::test(start_paused = true)]
async fn what_hindered_a_user_is_told_before_the_outcome() {
    let world = World::new(5, |ask| match ask.nth {
        1 => Behaviour::Throttle(Some(1)),
        2 => Behaviour::Fail,
        _ => Behaviour::Confirm,
    });
    let ran = world.run(&Plan::default()).await;
    for row in 2..7 {
        let told: Vec<_> = ran
            .events
            .iter()
            .filter_map(|event| match event {
                Event::Setback { line, .. } if line.0 == row => Some("setback"),
                Event::Settled { line, .. } if line.0 == row => Some("settled"),
                _ => None,
            })
            .collect();
        assert_eq!(told, ["setback", "setback", "settled"]);
    }
}

/// Tokens that are revoked again and again are no sign that fresh ones are refused, as long as a request
/// was served with each of them.
#[tokio::test(start_paused = true)]
async fn credentials_that_end_one_after_the_other_stop_nobody() {
    let world = World::new(200, |ask| match (ask.user, ask.nth) {
        ("u42", 1) | ("u45", 2) => Behaviour::Expire,
        _ => Behaviour::Confirm,
    });
    let plan = Plan {
        concurrency: 8,
        ..Plan::default()
    };
    let ran = world.run(&plan).await;
    assert_eq!(ran.ending().stopped, None);
    assert_eq!(world.renewals(), 2);
    world.check(3);
}
