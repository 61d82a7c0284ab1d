//! Stopping: the first signal drains, the second abandons, and nothing is lost either way.

use std::time::Duration;

use crate::domain::{Effect, Fact, RequestKind, Status};
use crate::engine::scripted::{Behaviour, Cut, Plan, World};
use crate::engine::{Event, Signal, StopReason};

/// How often each of pending, in doubt and removed occurs; nothing else may.
#[track_caller]
fn tally(world: &World) -> (usize, usize, usize) {
    let statuses = world.statuses();
    let count = |status| statuses.iter().filter(|it| **it == status).count();
    let (pending, doubt, removed) = (
        count(Status::Pending),
        count(Status::InDoubt),
        count(Status::Removed),
    );
    assert_eq!(pending + doubt + removed, statuses.len(), "{statuses:?}");
    (pending, doubt, removed)
}

/// A run that is not stopped can do all that is left.
async fn resumes(world: &World) {
    let ran = world.run(&Plan::default()).await;
    let statuses = world.statuses();
    assert!(
        statuses.iter().all(|it| *it == Status::Removed),
        "{statuses:?} {:?}",
        ran.ending()
    );
    world.check(3);
}

#[tokio::test(start_paused = true)]
async fn the_first_signal_lets_what_is_in_flight_finish_and_begins_nothing() {
    let world = World::new(50, |_| Behaviour::Stall(10));
    let ran = world.run(&Plan::interrupted(&[15_000])).await;
    let ending = ran.ending();
    let expected = StopReason::Signal(Signal::Interrupt);
    assert_eq!(ending.stopped, Some(expected.clone()));
    assert_eq!(tally(&world), (42, 0, 8));
    assert_eq!(world.arrivals().len(), 8);
    assert_eq!(ending.snapshot.done_now, 8);
    assert!(ran.took < Duration::from_secs(21), "{:?}", ran.took);
    for row in world.rows() {
        let attempts = u32::from(row.status == Status::Removed);
        assert_eq!(row.attempts, attempts, "{row:?}");
    }
    let stopping = ran.events.iter().find_map(|event| match event {
        Event::Stopping {
            reason,
            abort,
            in_flight,
        } => Some((reason.clone(), *abort, *in_flight)),
        _ => None,
    });
    assert_eq!(stopping, Some((expected, false, 4)));
    resumes(&world).await;
}

#[tokio::test(start_paused = true)]
async fn the_second_signal_abandons_what_is_in_flight() {
    let world = World::new(50, |ask| match ask.nth {
        1 => Behaviour::Stall(10),
        _ => Behaviour::Confirm,
    });
    let ran = world.run(&Plan::interrupted(&[15_000, 16_000])).await;
    assert_eq!(tally(&world), (42, 4, 4));
    assert!(
        ran.took < Duration::from_millis(16_100),
        "not at once: {:?}",
        ran.took
    );
    let aborts: Vec<_> = ran
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Stopping { abort, .. } => Some(*abort),
            _ => None,
        })
        .collect();
    assert_eq!(aborts, [false, true]);
    resumes(&world).await;
}

#[tokio::test(start_paused = true)]
async fn when_the_grace_is_over_what_is_in_flight_is_abandoned() {
    let world = World::new(6, |ask| match ask.nth {
        1 => Behaviour::Stall(3600),
        _ => Behaviour::Confirm,
    });
    let ran = world.run(&Plan::interrupted(&[1_000])).await;
    assert_eq!(tally(&world), (2, 4, 0));
    let took = ran.took.as_secs();
    assert_eq!(took, 31, "1 s, and a grace of 30 s");
    let told = ran
        .events
        .iter()
        .any(|event| matches!(event, Event::Stopping { abort: true, .. }));
    assert!(told, "that requests are abandoned is told");
    resumes(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_grace_without_end_lets_everything_finish() {
    let world = World::new(6, |_| Behaviour::Stall(3600));
    let plan = Plan {
        grace: Duration::MAX,
        ..Plan::interrupted(&[1_000])
    };
    world.run(&plan).await;
    assert_eq!(tally(&world), (2, 0, 4));
}

#[tokio::test(start_paused = true)]
async fn a_read_that_is_abandoned_leaves_the_user_as_doubtful_as_before() {
    let world = World::new(1, |ask| match (ask.kind, ask.nth) {
        (RequestKind::Write, _) => Behaviour::AppliedThenLost,
        (_, 1) => Behaviour::Stall(3600),
        _ => Behaviour::Confirm,
    });
    world.run(&Plan::interrupted(&[1_000, 2_000])).await;
    assert_eq!(tally(&world), (0, 1, 0));
    assert_eq!(world.rows()[0].attempts, 1);
    resumes(&world).await;
    assert_eq!(world.person("u2").writes, 1);
}

#[tokio::test(start_paused = true)]
async fn a_signal_before_the_first_claim_leaves_no_trace() {
    let world = World::new(10, |_| Behaviour::Confirm);
    let ran = world.run(&Plan::interrupted(&[0])).await;
    assert!(ran.ending().stopped.is_some());
    assert_eq!(tally(&world), (10, 0, 0));
    assert!(world.rows().iter().all(|row| row.facts.is_empty()));
    assert!(world.arrivals().is_empty());
    resumes(&world).await;
}

/// Whenever the signal comes, in steps finer than a call of the journal, no user is lost.
#[tokio::test(start_paused = true)]
async fn a_signal_at_any_time_loses_nobody() {
    for at in 0..150 {
        for again in [None, Some(at + 7)] {
            let world = World::new(30, |ask| match ask.nth {
                1 => Behaviour::Busy(1),
                2 => Behaviour::AppliedThenLost,
                _ => Behaviour::Confirm,
            });
            let signals: Vec<_> = [Some(at), again].into_iter().flatten().collect();
            let plan = Plan {
                latency: Duration::from_millis(5),
                ..Plan::interrupted(&signals)
            };
            world.run(&plan).await;
            tally(&world);
            world.check(3);
            resumes(&world).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_signal_ends_any_wait_at_once() {
    for waiting in [Behaviour::Throttle(Some(3600)), Behaviour::Busy(3600)] {
        let world = World::new(10, move |ask| match ask.nth {
            1 => waiting,
            _ => Behaviour::Confirm,
        });
        let ran = world.run(&Plan::interrupted(&[60_000])).await;
        assert!(ran.took < Duration::from_millis(60_100), "{:?}", ran.took);
        let (pending, doubt, removed) = tally(&world);
        assert_eq!((pending + doubt, removed), (10, 0));
        // A user that was answered with 429 was not written; one that was answered with 503 may have been.
        assert_eq!(doubt == 0, waiting == Behaviour::Throttle(Some(3600)));
        resumes(&world).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_throttles_for_ever_cannot_hold_up_a_stop() {
    let world = World::new(3, |ask| match ask.nth {
        1..=1_000 => Behaviour::Throttle(Some(1)),
        _ => Behaviour::Confirm,
    });
    let ran = world.run(&Plan::interrupted(&[10_500])).await;
    assert!(ran.took < Duration::from_secs(11), "{:?}", ran.took);
    assert_eq!(tally(&world), (3, 0, 0));
    for row in world.rows() {
        assert_eq!(row.attempts, 0, "429 costs nothing: {row:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn users_come_back_in_doubt_only_if_a_write_may_have_taken_effect() {
    let world = World::new(1, |ask| match ask.nth {
        1 => Behaviour::FailApplied,
        _ => Behaviour::Confirm,
    });
    // The answer comes after 20 ms; the signal while the user waits for the next attempt.
    world.run(&Plan::interrupted(&[30])).await;
    assert_eq!(tally(&world), (0, 1, 0));
    let released = world.rows()[0].facts.last().cloned();
    assert!(
        matches!(
            released,
            Some(Fact::Released {
                attempts: 1,
                effect: Effect::Maybe,
                ..
            })
        ),
        "{released:?}"
    );
    resumes(&world).await;
    assert_eq!(world.person("u2").writes, 1);
}

#[tokio::test(start_paused = true)]
async fn a_kill_while_a_stop_is_under_way_loses_nobody() {
    for at in 1..30 {
        let world = World::new(12, |_| Behaviour::Confirm);
        let plan = Plan {
            cut: Some(Cut::AfterRecord(at)),
            ..Plan::interrupted(&[22])
        };
        world.run(&plan).await;
        world.check(3);
        resumes(&world).await;
    }
}

#[tokio::test(start_paused = true)]
async fn p5_what_lets_no_request_through_stops_the_run_and_fails_no_user() {
    for kind in [RequestKind::Write, RequestKind::Read] {
        let world = World::new(20, move |ask| match (ask.kind, ask.user) {
            (RequestKind::Write, _) if kind == RequestKind::Read => Behaviour::Quiet,
            _ => Behaviour::Blocked,
        });
        let ran = world.run(&Plan::default()).await;
        let expected = StopReason::Blocked("407".to_owned());
        assert_eq!(ran.ending().stopped, Some(expected));
        let (pending, doubt, removed) = tally(&world);
        assert_eq!((pending + doubt, removed), (20, 0), "{kind:?}");
        assert!(world.rows().iter().all(|row| row.status != Status::Failed));
    }
}
