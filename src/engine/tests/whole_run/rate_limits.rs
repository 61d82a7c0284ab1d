//! P6: one rate limit for all requests, measured when they arrive at the tenant.

use std::time::Duration;

use tokio::time::Instant;

use crate::engine::scripted::{Behaviour, RunPlan, TestJob};

fn paced(rate: &'static str, burst: u32) -> RunPlan {
    RunPlan {
        concurrency: 16,
        rate,
        burst,
        ..RunPlan::default()
    }
}

/// No window of any length holds more requests than `rate` × its length + `burst`.
#[track_caller]
fn within(times: &[Instant], rate: f64, burst: f64) {
    for (first, start) in times.iter().enumerate() {
        let mut sent = 0.0;
        for end in &times[first..] {
            sent += 1.0;
            let window = end.duration_since(*start).as_secs_f64();
            assert!(sent <= rate * window + burst + 1e-6, "{sent} in {window} s");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn p6_retries_and_reads_count_under_the_same_limit() {
    // Not all users fail at the same time: that would be an outage.
    let job = TestJob::new(150, |ask| {
        match (ask.user[1..].parse::<u32>().unwrap() + ask.nth) % 3 {
            0 => Behaviour::Fail,
            1 => Behaviour::Lost,
            _ => Behaviour::Confirm,
        }
    });
    job.run(&paced("20/s", 5)).await;
    let times: Vec<_> = job.arrivals().iter().map(|it| it.at).collect();
    assert!(times.len() > 300);
    within(&times, 20.0, 5.0);
    let taken = times[times.len() - 1].duration_since(times[0]);
    let fair = Duration::from_secs(u64::try_from(times.len()).unwrap()) / 20;
    assert!(taken < fair * 5 / 4, "{taken:?} where {fair:?} would do");
    job.check(3);
}

/// The tenant itself notes each request that arrives while all requests are to wait.
#[tokio::test(start_paused = true)]
async fn p6_no_request_is_sent_while_the_server_asks_to_wait() {
    for asked in [Behaviour::Busy(30), Behaviour::Throttle(Some(30))] {
        let job = TestJob::new(100, move |ask| match (ask.user, ask.nth) {
            ("u12" | "u40" | "u41" | "u80", 1) => asked,
            _ => Behaviour::Confirm,
        });
        // At this rate, one unit is about to send at any moment.
        let ran = job.run(&paced("1000/s", 1)).await;
        job.check(3);
        assert!(ran.took >= Duration::from_secs(90), "{:?}", ran.took);
    }
}

#[tokio::test(start_paused = true)]
async fn p6_a_wait_in_the_last_answer_of_a_user_counts_too() {
    let job = TestJob::new(20, |ask| match ask.user {
        "u2" => Behaviour::Busy(60),
        _ => Behaviour::Stall(1),
    });
    let plan = RunPlan {
        max_attempts: 1,
        concurrency: 4,
        ..paced("unlimited", 1)
    };
    let ran = job.run(&plan).await;
    job.check(1);
    assert!(ran.took >= Duration::from_mins(2), "{:?}", ran.took);
}

#[tokio::test(start_paused = true)]
async fn a_429_without_a_time_or_with_0_s_holds_all_requests_for_our_own_wait() {
    for seconds in [None, Some(0)] {
        let job = TestJob::new(1, move |ask| match ask.nth {
            1..=3 => Behaviour::Throttle(seconds),
            _ => Behaviour::Confirm,
        });
        let ran = job.run(&RunPlan::default()).await;
        assert!(ran.took >= Duration::from_secs(45), "{:?}", ran.took);
        assert_eq!(job.rows()[0].attempts, 1);
        job.check(3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_429_slows_all_requests_down_and_is_reported() {
    let job = TestJob::new(60, |ask| match (ask.user, ask.nth) {
        ("u20", 1) => Behaviour::Throttle(Some(2)),
        _ => Behaviour::Confirm,
    });
    let ran = job.run(&paced("20/s", 1)).await;
    job.check(3);
    let times: Vec<_> = job.arrivals().iter().map(|it| it.at).collect();
    let slow = times.partition_point(|at| at.duration_since(times[0]) < Duration::from_secs(3));
    within(&times[slow..], 11.0, 1.0);
    let snapshot = &ran.ending().snapshot;
    assert!(snapshot.pace.lowered, "{snapshot:?}");
    assert!((10.0..13.0).contains(&snapshot.pace.limit.unwrap()));
}

#[tokio::test(start_paused = true)]
async fn a_reported_allowance_is_kept() {
    for (answer, least) in [
        (Behaviour::Remain(0, 60), 60.0),
        (Behaviour::Remain(50, 50), 30.0),
        (Behaviour::Spent(None, 60), 60.0),
        (Behaviour::Spent(Some(9), 60), 9.0),
    ] {
        let job = TestJob::new(60, move |ask| match (ask.user, ask.nth) {
            ("u20", 1) => answer,
            _ => Behaviour::Confirm,
        });
        let ran = job.run(&paced("20/s", 1)).await;
        job.check(3);
        let took = ran.took.as_secs_f64();
        assert!(took > least && took < least + 15.0, "{took}");
        assert!(job.rows().iter().all(|row| row.attempts == 1));
    }
}
