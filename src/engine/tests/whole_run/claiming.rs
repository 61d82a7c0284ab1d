//! A run without failures: how many users at once, in which order, how fast, and what is reported.

use std::collections::HashSet;
use std::time::Duration;

use crate::domain::Status;
use crate::engine::scripted::{Behaviour, RunPlan, TestJob};
use crate::engine::{Notice, Snapshot};

#[tokio::test(start_paused = true)]
async fn as_many_requests_as_allowed_are_in_flight_and_never_more() {
    for concurrency in [1, 3, 8, 100] {
        let job = TestJob::new(300, |_| Behaviour::Stall(1));
        let plan = RunPlan {
            concurrency,
            ..RunPlan::default()
        };
        let ran = job.run(&plan).await;
        assert_eq!(job.peak(), concurrency);
        // The next users are claimed early enough: no slot is empty while the journal claims.
        let rounds = u32::try_from(300_usize.div_ceil(concurrency)).unwrap();
        let ideal = Duration::from_millis(1020) * rounds;
        assert!(ran.took < ideal * 11 / 10, "{concurrency}: {:?}", ran.took);
    }
}

#[tokio::test(start_paused = true)]
async fn users_are_claimed_in_the_order_of_their_lines() {
    let job = TestJob::new(200, |_| Behaviour::Confirm);
    job.run(&RunPlan::default()).await;
    let order: Vec<_> = (2..202).collect();
    assert_eq!(job.journal.claims(), order);
    let arrived: Vec<u64> = job
        .arrivals()
        .iter()
        .map(|it| it.user[1..].parse().unwrap())
        .collect();
    assert_eq!(arrived, order);
}

#[tokio::test(start_paused = true)]
async fn a_run_with_ten_thousand_users_ends() {
    let job = TestJob::new(10_000, |_| Behaviour::Confirm);
    let plan = RunPlan {
        concurrency: 64,
        ..RunPlan::default()
    };
    let ran = job.run(&plan).await;
    assert_eq!(ran.ending().snapshot.done, 10_000);
    assert_eq!(job.arrivals().len(), 10_000);
    assert!(job.statuses().iter().all(|it| *it == Status::Removed));
    job.check(3);
}

#[tokio::test(start_paused = true)]
async fn a_job_with_nothing_left_ends_at_once() {
    let job = TestJob::new(0, |_| Behaviour::Confirm);
    let ran = job.run(&RunPlan::default()).await;
    assert_eq!(ran.ending().stopped, None);
    assert_eq!(ran.events.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn listeners_get_each_user_once_and_the_numbers_add_up() {
    let job = TestJob::new(30, |ask| match (ask.user, ask.nth) {
        ("u5", _) => Behaviour::Status(403),
        ("u6", _) => Behaviour::Status(404),
        ("u7", 1) => Behaviour::Busy(3),
        _ => Behaviour::Confirm,
    });
    // Some users are done by a first run: they count, but not for the second run.
    let first = job.run(&RunPlan::interrupted(&[50])).await;
    let before = first.ending().snapshot.done;
    assert!(before > 0 && before < 30, "{before}");
    let ran = job.run(&RunPlan::default()).await;

    let mut settled = HashSet::new();
    for event in first.events.iter().chain(&ran.events) {
        if let Notice::Settled { line, .. } = event {
            assert!(settled.insert(*line), "line {line} twice");
        }
    }
    assert_eq!(settled.len(), 30);

    let Some(Notice::Started(started)) = ran.events.first() else {
        panic!("{:?}", ran.events.first());
    };
    assert_eq!((started.done, started.done_now), (before, 0));
    let Some(Notice::Ended(ended)) = ran.events.last() else {
        panic!("{:?}", ran.events.last());
    };
    let Snapshot {
        users,
        done,
        done_now,
        in_flight,
        ..
    } = *ended;
    assert_eq!((users, done, done_now), (30, 30, 30 - before));
    assert_eq!(in_flight, 0);
    let trouble = first.ending().snapshot.trouble_now + ended.trouble_now;
    assert_eq!(trouble, 1, "a user that is not found is none");
    let sent = first.ending().snapshot.requests + ended.requests;
    assert_eq!(usize::try_from(sent), Ok(job.arrivals().len()));
    job.check(3);
}
