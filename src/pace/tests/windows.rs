//! P6 on paused time: no window of time holds more requests than rate and burst allow.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use crate::pace::tests::support::{departures, on_paused_time, pace, within};

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
fn p6_a_hold_stops_all_requests_and_is_never_shortened() {
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
fn a_hold_that_begins_during_the_wait_for_a_token_counts() {
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
