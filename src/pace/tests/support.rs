//! What the tests of the pace share: paused time, and a count of the requests in each window.

use std::num::NonZeroU32;
use std::sync::Arc;

use proptest::prelude::*;
use tokio::time::Instant;

use crate::pace::Pace;

pub(super) fn pace(rate: &str, burst: u32) -> Arc<Pace> {
    Arc::new(Pace::new(
        rate.parse().unwrap(),
        NonZeroU32::new(burst).unwrap(),
    ))
}

pub(super) fn on_paused_time<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(future)
}

/// The instants at which `count` requests got their permits, if `tasks` tasks wait for them at once.
pub(super) async fn departures(pace: &Arc<Pace>, tasks: usize, count: usize) -> Vec<Instant> {
    let mut set = tokio::task::JoinSet::new();
    for _ in 0..tasks {
        let pace = Arc::clone(pace);
        let share = count / tasks;
        set.spawn(async move {
            let mut times = Vec::new();
            for _ in 0..share {
                pace.permit().await;
                times.push(Instant::now());
            }
            times
        });
    }
    let mut times: Vec<_> = set.join_all().await.into_iter().flatten().collect();
    times.sort_unstable();
    times
}

/// No window of any length holds more requests than the rate × its length + the burst.
pub(super) fn within(times: &[Instant], per_second: u32, burst: u32) -> Result<(), TestCaseError> {
    for (first, start) in times.iter().enumerate() {
        let mut sent = 0.0;
        for end in &times[first..] {
            sent += 1.0;
            let window = end.duration_since(*start).as_secs_f64();
            let allowed = f64::from(per_second) * window + f64::from(burst);
            prop_assert!(sent <= allowed + 1e-6, "{sent} in {window} s");
        }
    }
    Ok(())
}
