//! Faults of the program itself: a unit that panics, and a journal that fails.

use crate::domain::{Outcome, Reason, RequestKind, Status};
use crate::engine::scripted::{Behaviour, RunPlan, TestJob};
use crate::engine::{EngineError, Notice};

#[tokio::test(start_paused = true)]
async fn a_panic_leaves_one_user_in_doubt_and_no_other() {
    let job = TestJob::new(20, |ask| match (ask.user, ask.kind) {
        ("u7", RequestKind::Write) if ask.nth == 1 => Behaviour::Panic,
        _ => Behaviour::Confirm,
    });
    let ran = job.run(&RunPlan::default()).await;
    let ending = ran.ending();
    assert_eq!((ending.panics, &ending.stopped), (1, &None));
    assert_eq!(ending.snapshot.done_now, 20);
    assert_eq!(ending.snapshot.trouble_now, 1);
    for row in job.rows() {
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
            Notice::Panicked { line, message } => Some((line.0, message.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(messages, [(7, "u7 makes the program panic")]);
    job.check(3);

    job.run(&RunPlan::default()).await;
    assert_eq!(job.statuses(), [Status::Removed; 20]);
    job.check(3);
}

#[tokio::test(start_paused = true)]
async fn a_panic_while_the_run_is_stopping_is_recorded_too() {
    let job = TestJob::new(20, |ask| match ask.user {
        "u2" => Behaviour::Panic,
        _ => Behaviour::Stall(5),
    });
    let ran = job.run(&RunPlan::interrupted(&[10])).await;
    assert_eq!(ran.ending().panics, 1);
    assert_eq!(job.rows()[0].outcome, Some(Outcome::InDoubt(Reason::Bug)));
    job.check(3);
}

/// Other users are at every stage of an attempt when the journal fails.
#[tokio::test(start_paused = true)]
async fn no_request_is_sent_after_the_journal_has_failed() {
    for seed in 0..8 {
        for at in 1..100 {
            let job = TestJob::new(60, |ask| match ask.nth {
                1 => Behaviour::Expire,
                2 => Behaviour::Ignore,
                _ => Behaviour::Confirm,
            });
            let plan = RunPlan {
                concurrency: 30,
                rate: "1000/s",
                fail_at: Some(at),
                seed,
                ..RunPlan::default()
            };
            job.run(&plan).await;
            job.check(3);
        }
    }
}

/// The tenant notes each request that is sent after the journal has failed.
#[tokio::test(start_paused = true)]
async fn a_journal_that_fails_at_any_call_ends_the_run() {
    let job = || {
        TestJob::new(12, |ask| match ask.nth {
            1 => Behaviour::Fail,
            2 => Behaviour::Lost,
            _ => Behaviour::Confirm,
        })
    };
    let mut failed = 0;
    for at in 1.. {
        let job = job();
        let plan = RunPlan {
            fail_at: Some(at),
            ..RunPlan::default()
        };
        let ran = job.run(&plan).await;
        job.check(3);
        match ran.result.unwrap() {
            Err(EngineError::Journal(_)) => failed += 1,
            Ok(_) => break,
        }
        job.run(&RunPlan::default()).await;
        job.check(3);
        let open = job.statuses().iter().any(|it| it.is_open());
        assert!(!open, "{at}: {:?}", job.statuses());
    }
    assert!(failed > 60, "only {failed} places");
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_fails_during_a_stop_ends_the_run_too() {
    for at in 1..40 {
        for signals in [&[30][..], &[30, 35]] {
            let job = TestJob::new(12, |_| Behaviour::Stall(1));
            let plan = RunPlan {
                fail_at: Some(at),
                ..RunPlan::interrupted(signals)
            };
            job.run(&plan).await;
            job.check(3);
            job.run(&RunPlan::default()).await;
            assert_eq!(job.statuses(), [Status::Removed; 12]);
        }
    }
}
