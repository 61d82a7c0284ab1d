//! Stopping: the first signal drains, the second abandons requests in flight, and no user is lost.

use std::time::Duration;

use crate::domain::{Effect, Fact, RequestKind, Status};
use crate::engine::scripted::{Behaviour, Cut, RunPlan, TestJob};
use crate::engine::{Notice, Signal, StopMode, StopReason};

/// The numbers of removed, doubtful and pending users; no other status may occur.
#[track_caller]
fn tally(job: &TestJob) -> (usize, usize, usize) {
    let statuses = job.statuses();
    let count = |status| statuses.iter().filter(|it| **it == status).count();
    let (pending, doubt, removed) = (
        count(Status::Pending),
        count(Status::InDoubt),
        count(Status::Removed),
    );
    assert_eq!(pending + doubt + removed, statuses.len(), "{statuses:?}");
    (pending, doubt, removed)
}

/// Another run brings all users that are left to their outcome.
async fn resumes(job: &TestJob) {
    let ran = job.run(&RunPlan::default()).await;
    let statuses = job.statuses();
    assert!(
        statuses.iter().all(|it| *it == Status::Removed),
        "{statuses:?} {:?}",
        ran.ending()
    );
    job.check(3);
}

#[tokio::test(start_paused = true)]
async fn the_first_signal_lets_requests_in_flight_finish_and_begins_no_other() {
    let job = TestJob::new(50, |_| Behaviour::Stall(10));
    let ran = job.run(&RunPlan::interrupted(&[15_000])).await;
    let ending = ran.ending();
    let expected = StopReason::Signal(Signal::Interrupt);
    assert_eq!(ending.stopped, Some(expected.clone()));
    assert_eq!(tally(&job), (42, 0, 8));
    assert_eq!(job.arrivals().len(), 8);
    assert_eq!(ending.snapshot.done_now, 8);
    assert!(ran.took < Duration::from_secs(21), "{:?}", ran.took);
    for row in job.rows() {
        let attempts = u32::from(row.status == Status::Removed);
        assert_eq!(row.attempts, attempts, "{row:?}");
    }
    let stopping = ran.events.iter().find_map(|event| match event {
        Notice::Stopping {
            reason,
            mode,
            in_flight,
        } => Some((reason.clone(), *mode, *in_flight)),
        _ => None,
    });
    assert_eq!(stopping, Some((expected, StopMode::Drain, 4)));
    resumes(&job).await;
}

#[tokio::test(start_paused = true)]
async fn the_second_signal_abandons_requests_in_flight() {
    let job = TestJob::new(50, |ask| match ask.nth {
        1 => Behaviour::Stall(10),
        _ => Behaviour::Confirm,
    });
    let ran = job.run(&RunPlan::interrupted(&[15_000, 16_000])).await;
    assert_eq!(tally(&job), (42, 4, 4));
    assert!(
        ran.took < Duration::from_millis(16_100),
        "not at once: {:?}",
        ran.took
    );
    let modes: Vec<_> = ran
        .events
        .iter()
        .filter_map(|event| match event {
            Notice::Stopping { mode, .. } => Some(*mode),
            _ => None,
        })
        .collect();
    assert_eq!(modes, [StopMode::Drain, StopMode::Abort]);
    resumes(&job).await;
}

#[tokio::test(start_paused = true)]
async fn requests_in_flight_are_abandoned_when_the_grace_is_over() {
    let job = TestJob::new(6, |ask| match ask.nth {
        1 => Behaviour::Stall(3600),
        _ => Behaviour::Confirm,
    });
    let ran = job.run(&RunPlan::interrupted(&[1_000])).await;
    assert_eq!(tally(&job), (2, 4, 0));
    let took = ran.took.as_secs();
    assert_eq!(took, 31, "1 s, and a grace of 30 s");
    let is_reported = ran.events.iter().any(|event| {
        matches!(
            event,
            Notice::Stopping {
                mode: StopMode::Abort,
                ..
            }
        )
    });
    assert!(is_reported, "the event that requests are abandoned");
    resumes(&job).await;
}

#[tokio::test(start_paused = true)]
async fn a_grace_without_end_lets_everything_finish() {
    let job = TestJob::new(6, |_| Behaviour::Stall(3600));
    let plan = RunPlan {
        grace: Duration::MAX,
        ..RunPlan::interrupted(&[1_000])
    };
    job.run(&plan).await;
    assert_eq!(tally(&job), (2, 0, 4));
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_read_leaves_the_user_in_doubt_as_before() {
    let job = TestJob::new(1, |ask| match (ask.kind, ask.nth) {
        (RequestKind::Write, _) => Behaviour::AppliedThenLost,
        (_, 1) => Behaviour::Stall(3600),
        _ => Behaviour::Confirm,
    });
    job.run(&RunPlan::interrupted(&[1_000, 2_000])).await;
    assert_eq!(tally(&job), (0, 1, 0));
    assert_eq!(job.rows()[0].attempts, 1);
    resumes(&job).await;
    assert_eq!(job.person("u2").writes, 1);
}

#[tokio::test(start_paused = true)]
async fn a_signal_before_the_first_claim_leaves_no_trace() {
    let job = TestJob::new(10, |_| Behaviour::Confirm);
    let ran = job.run(&RunPlan::interrupted(&[0])).await;
    assert!(ran.ending().stopped.is_some());
    assert_eq!(tally(&job), (10, 0, 0));
    assert!(job.rows().iter().all(|row| row.facts.is_empty()));
    assert!(job.arrivals().is_empty());
    resumes(&job).await;
}

/// The signal comes at each moment, in steps shorter than a call of the journal.
#[tokio::test(start_paused = true)]
async fn a_signal_at_any_time_loses_no_user() {
    for at in 0..150 {
        for again in [None, Some(at + 7)] {
            let job = TestJob::new(30, |ask| match ask.nth {
                1 => Behaviour::Busy(1),
                2 => Behaviour::AppliedThenLost,
                _ => Behaviour::Confirm,
            });
            let signals: Vec<_> = [Some(at), again].into_iter().flatten().collect();
            let plan = RunPlan {
                latency: Duration::from_millis(5),
                ..RunPlan::interrupted(&signals)
            };
            job.run(&plan).await;
            tally(&job);
            job.check(3);
            resumes(&job).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_signal_ends_any_wait_at_once() {
    for waiting in [Behaviour::Throttle(Some(3600)), Behaviour::Busy(3600)] {
        let job = TestJob::new(10, move |ask| match ask.nth {
            1 => waiting,
            _ => Behaviour::Confirm,
        });
        let ran = job.run(&RunPlan::interrupted(&[60_000])).await;
        assert!(ran.took < Duration::from_millis(60_100), "{:?}", ran.took);
        let (pending, doubt, removed) = tally(&job);
        assert_eq!((pending + doubt, removed), (10, 0));
        // A user that was answered with 429 was not written; one that was answered with 503 may have been.
        assert_eq!(doubt == 0, waiting == Behaviour::Throttle(Some(3600)));
        resumes(&job).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_throttles_for_ever_does_not_delay_a_stop() {
    let job = TestJob::new(3, |ask| match ask.nth {
        1..=1_000 => Behaviour::Throttle(Some(1)),
        _ => Behaviour::Confirm,
    });
    let ran = job.run(&RunPlan::interrupted(&[10_500])).await;
    assert!(ran.took < Duration::from_secs(11), "{:?}", ran.took);
    assert_eq!(tally(&job), (3, 0, 0));
    for row in job.rows() {
        assert_eq!(row.attempts, 0, "429 costs nothing: {row:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn users_come_back_in_doubt_only_if_a_write_may_have_taken_effect() {
    let job = TestJob::new(1, |ask| match ask.nth {
        1 => Behaviour::FailApplied,
        _ => Behaviour::Confirm,
    });
    // The answer comes after 20 ms, and the signal while the user waits for the next attempt.
    job.run(&RunPlan::interrupted(&[30])).await;
    assert_eq!(tally(&job), (0, 1, 0));
    let released = job.rows()[0].facts.last().cloned();
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
    resumes(&job).await;
    assert_eq!(job.person("u2").writes, 1);
}

#[tokio::test(start_paused = true)]
async fn a_kill_during_a_stop_loses_no_user() {
    for at in 1..30 {
        let job = TestJob::new(12, |_| Behaviour::Confirm);
        let plan = RunPlan {
            cut: Some(Cut::AfterRecord(at)),
            ..RunPlan::interrupted(&[22])
        };
        job.run(&plan).await;
        job.check(3);
        resumes(&job).await;
    }
}

#[tokio::test(start_paused = true)]
async fn p5_a_proxy_that_lets_no_request_through_stops_the_run_and_fails_no_user() {
    for kind in [RequestKind::Write, RequestKind::Read] {
        let job = TestJob::new(20, move |ask| match (ask.kind, ask.user) {
            (RequestKind::Write, _) if kind == RequestKind::Read => Behaviour::Quiet,
            _ => Behaviour::Blocked,
        });
        let ran = job.run(&RunPlan::default()).await;
        let expected = StopReason::Blocked("407".to_owned());
        assert_eq!(ran.ending().stopped, Some(expected));
        let (pending, doubt, removed) = tally(&job);
        assert_eq!((pending + doubt, removed), (20, 0), "{kind:?}");
        assert!(job.rows().iter().all(|row| row.status != Status::Failed));
    }
}
