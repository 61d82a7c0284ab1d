//! P6 on paused time: no window of time holds more requests than rate and burst allow.

mod adapting;

use std::sync::Arc;

use proptest::prelude::*;
use tokio::time::Instant;

use super::*;

fn pace(rate: &str, burst: u32) -> Arc<Pace> {
    Arc::new(Pace::new(
        rate.parse().unwrap(),
        NonZeroU32::new(burst).unwrap(),
    ))
}

fn on_paused_time<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(future)
}

/// When each of `count` requests was let go, taken by `tasks` tasks at once.
async fn departures(pace: &Arc<Pace>, tasks: usize, count: usize) -> Vec<Instant> {
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
fn within(times: &[Instant], per_second: u32, burst: u32) -> Result<(), TestCaseError> {
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn p6_no_window_holds_more_than_the_rate_allows(
        per_second in 1_u32..200,
        burst in 1_u32..20,
        tasks in 1_usize..12,
    ) {
        let times = on_paused_time(async move {
            departures(&pace(&format!("{per_second}/s"), burst), tasks, 120).await
        });
        within(&times, per_second, burst)?;
    }
}

#[test]
fn the_pace_is_kept_and_not_undercut() {
    on_paused_time(async {
        let start = Instant::now();
        departures(&pace("10/s", 1), 6, 600).await;
        let taken = start.elapsed().as_secs_f64();
        assert!((59.0..62.0).contains(&taken), "600 at 10/s took {taken} s");
    });
}

#[test]
fn p6_a_hold_stops_everybody_and_is_never_shortened() {
    on_paused_time(async {
        let pace = pace("unlimited", 1);
        let start = Instant::now();
        pace.hold(Duration::from_secs(30), "the server asks for it");
        pace.hold(Duration::from_secs(5), "a shorter one");
        assert_eq!(pace.held().unwrap().why, "the server asks for it");
        for time in departures(&pace, 8, 64).await {
            assert!(time.duration_since(start) >= Duration::from_secs(30));
        }
        assert_eq!(pace.held(), None);
    });
}

#[test]
fn a_hold_that_comes_while_the_bucket_makes_us_wait_counts() {
    on_paused_time(async {
        let pace = pace("1/s", 1);
        pace.permit().await;
        let start = Instant::now();
        let holder = Arc::clone(&pace);
        let ((), ()) = tokio::join!(pace.permit(), async move {
            tokio::time::sleep(Duration::from_millis(500)).await;
            holder.hold(Duration::from_secs(10), "late");
        });
        assert!(start.elapsed() >= Duration::from_millis(10_500));
    });
}
