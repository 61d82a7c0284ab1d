//! Faults of our own: a panic in a unit, and a journal that fails.

use crate::domain::{Outcome, Reason, RequestKind, Status};
use crate::engine::scripted::{Behaviour, Plan, World};
use crate::engine::{EngineError, Event};

#[tokio::test(start_paused = true)]
async fn a_panic_costs_one_user_certainty_and_nobody_else_anything() {
    let world = World::new(20, |ask| match (ask.user, ask.kind) {
        ("u7", RequestKind::Write) if ask.nth == 1 => Behaviour::Panic,
        _ => Behaviour::Confirm,
    });
    let ran = world.run(&Plan::default()).await;
    let ending = ran.ending();
    assert_eq!((ending.panics, &ending.stopped), (1, &None));
    assert_eq!(ending.snapshot.done_now, 20);
    assert_eq!(ending.snapshot.trouble_now, 1);
    for row in world.rows() {
        if row.user.as_str() == "u7" {
            assert_eq!(row.outcome, Some(Outcome::InDoubt(Reason::Bug)));
        } else {
            assert_eq!(row.status, Status::Removed);
        }
    }
    let messages: Vec<_> = ran
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Panicked { line, message } => Some((line.0, message.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(messages, [(7, "u7 is too much")]);
    world.check(3);

    world.run(&Plan::default()).await;
    assert_eq!(world.statuses(), [Status::Removed; 20]);
    world.check(3);
}

#[tokio::test(start_paused = true)]
async fn a_panic_while_the_run_is_stopping_is_recorded_too() {
    let world = World::new(20, |ask| match ask.user {
        "u2" => Behaviour::Panic,
        _ => Behaviour::Stall(5),
    });
    let ran = world.run(&Plan::interrupted(&[10])).await;
    assert_eq!(ran.ending().panics, 1);
    assert_eq!(world.rows()[0].outcome, Some(Outcome::InDoubt(Reason::Bug)));
    world.check(3);
}

/// Others are at every stage of an attempt when it happens, also at the very same moment.
#[tokio::test(start_paused = true)]
async fn nobody_sends_once_the_journal_has_failed() {
    for seed in 0..8 {
        for at in 1..100 {
            let world = World::new(60, |ask| match ask.nth {
                1 => Behaviour::Expire,
                2 => Behaviour::Ignore,
                _ => Behaviour::Confirm,
            });
            let plan = Plan {
                concurrency: 30,
                rate: "1000/s",
                fail_at: Some(at),
                seed,
                ..Plan::default()
            };
            world.run(&plan).await;
            world.check(3);
        }
    }
}

/// The tenant notes each request that is sent after the journal has failed.
#[tokio::test(start_paused = true)]
async fn a_journal_that_fails_ends_the_run_wherever_it_happens() {
    let world = || {
        World::new(12, |ask| match ask.nth {
            1 => Behaviour::Fail,
            2 => Behaviour::Lost,
            _ => Behaviour::Confirm,
        })
    };
    let mut failed = 0;
    for at in 1.. {
        let world = world();
        let plan = Plan {
            fail_at: Some(at),
            ..Plan::default()
        };
        let ran = world.run(&plan).await;
        world.check(3);
        match ran.result.unwrap() {
            Err(EngineError::Journal(_)) => failed += 1,
            Ok(_) => break,
        }
        world.run(&Plan::default()).await;
        world.check(3);
        let open = world.statuses().iter().any(|it| it.is_open());
        assert!(!open, "{at}: {:?}", world.statuses());
    }
    assert!(failed > 60, "only {failed} places");
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_fails_during_a_stop_ends_the_run_too() {
    for at in 1..40 {
        for signals in [&[30][..], &[30, 35]] {
            let world = World::new(12, |_| Behaviour::Stall(1));
            let plan = Plan {
                fail_at: Some(at),
                ..Plan::interrupted(signals)
            };
            world.run(&plan).await;
            world.check(3);
            world.run(&Plan::default()).await;
            assert_eq!(world.statuses(), [Status::Removed; 12]);
        }
    }
}
