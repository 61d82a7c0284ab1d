//! P6 while the server's answers change the pace, and across restarts.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use crate::domain::Allowance;
use crate::pace::tests::support::{departures, on_paused_time, pace, within};
use crate::pace::{Pace, Present};

/// The parts of an answer that may change the pace.
#[derive(Debug, Clone, Copy)]
enum Hint {
    Throttled(u32),
    Served,
    Left(u64, u32),
    Hold(u32),
    Nothing,
}

fn hints() -> impl Strategy<Value = Vec<(u32, Hint)>> {
    let hint = prop_oneof![
        3 => (0_u32..3000).prop_map(Hint::Throttled),
        6 => Just(Hint::Served),
        3 => (0_u64..100, 0_u32..10_000).prop_map(|(count, ms)| Hint::Left(count, ms)),
        1 => (0_u32..3000).prop_map(Hint::Hold),
        6 => Just(Hint::Nothing),
    ];
    // Some steps are long enough for the pace to rise.
    let step = prop_oneof![4 => 1_u32..300, 1 => 2000_u32..6000];
    proptest::collection::vec((step, hint), 1..120)
}

fn millis(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

fn apply(pace: &Pace, hint: Hint) {
    match hint {
        Hint::Throttled(wait) => pace.throttled(millis(wait), "throttled"),
        Hint::Served => pace.served(None),
        Hint::Left(remaining, resets_in) => pace.served(Some(Allowance {
            remaining,
            resets_in: millis(resets_in),
        })),
        Hint::Hold(wait) => pace.hold(millis(wait), "held"),
        Hint::Nothing => {}
    }
}

/// Takes all that can be had at this moment.
fn greedily(pace: &Pace) -> u32 {
    let mut limiter = pace.limiter();
    let taken = (0..10_000).take_while(|_| limiter.take(Instant::now()).is_ok());
    u32::try_from(taken.count()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// A client takes all permits that it can get after each answer, whatever the answers are. The permits stay
    /// below the sum of the limits in force, and no limit is above the setting.
    #[test]
    fn p6_no_change_of_pace_lets_more_through(
        per_second in 1_u32..100,
        burst in 1_u32..10,
        hints in hints(),
    ) {
        let rate = f64::from(per_second);
        // Of each moment: what was taken, and what the limit allowed for the time since the last.
        let moments = on_paused_time(async {
            let pace = pace(&format!("{per_second}/s"), burst);
            let mut moments = Vec::new();
            for (step, hint) in hints {
                let before = pace.present().limit.unwrap();
                tokio::time::advance(millis(step)).await;
                // A limit may have ended by itself meanwhile.
                let after = pace.present().limit.unwrap();
                assert!(before.max(after) <= rate * (1.0 + 1e-6));
                let grown = before.max(after) * millis(step).as_secs_f64();
                let taken = greedily(&pace);
                apply(&pace, hint);
                moments.push((taken + greedily(&pace), grown));
            }
            moments
        });
        for (first, _) in moments.iter().enumerate() {
            let (mut sent, mut allowed) = (0.0, f64::from(burst));
            for (nth, (taken, grown)) in moments[first..].iter().enumerate() {
                sent += f64::from(*taken);
                allowed += if nth == 0 { 0.0 } else { *grown };
                prop_assert!(sent <= allowed + 1e-3, "{sent} where {allowed} are allowed");
            }
        }
    }

    /// The same for several callers at once that wait for their permits, against the setting.
    #[test]
    fn p6_no_window_holds_more_while_answers_change_the_pace(
        per_second in 1_u32..100,
        burst in 1_u32..10,
        tasks in 1_usize..8,
        hints in hints(),
    ) {
        let times = on_paused_time(async {
            let pace = pace(&format!("{per_second}/s"), burst);
            let server = Arc::clone(&pace);
            let talk = async move {
                for (step, hint) in hints {
                    tokio::time::sleep(millis(step)).await;
                    apply(&server, hint);
                }
            };
            tokio::join!(departures(&pace, tasks, 60), talk).0
        });
        within(&times, per_second, burst)?;
    }

    #[test]
    fn p6_restarts_cannot_outrun_the_limit(
        per_second in 1_u32..100,
        burst in 1_u32..10,
        runs in proptest::collection::vec((1_usize..15, 0_u32..300), 1..15),
    ) {
        let times = on_paused_time(async {
            let mut times = Vec::new();
            for (requests, pause) in runs {
                let pace = pace(&format!("{per_second}/s"), burst);
                times.extend(departures(&pace, 1, requests).await);
                tokio::time::sleep(millis(pause)).await;
            }
            times
        });
        within(&times, per_second, burst)?;
    }
}

#[test]
fn the_first_request_waits_for_one_period_only() {
    on_paused_time(async {
        let start = Instant::now();
        pace("8/s", 5).permit().await;
        let taken = start.elapsed();
        assert!(taken >= Duration::from_millis(125) && taken < Duration::from_millis(127));
        pace("unlimited", 1).permit().await;
        assert_eq!(start.elapsed(), taken);
    });
}

#[test]
fn the_limit_in_force_is_reported_and_kept() {
    on_paused_time(async {
        let pace = pace("8/s", 1);
        let present = |limit, lowered| Present { limit, lowered };
        assert_eq!(pace.present(), present(Some(8.0), false));
        pace.throttled(Duration::from_secs(5), "throttled");
        assert_eq!(pace.present(), present(Some(4.0), true));
        let start = Instant::now();
        departures(&pace, 4, 40).await;
        let taken = start.elapsed().as_secs_f64();
        assert!((14.5..15.5).contains(&taken), "5 s and 40 at 4/s: {taken}");
    });
}

#[test]
fn without_a_setting_the_limit_follows_from_what_was_sent_and_ends() {
    on_paused_time(async {
        let pace = pace("unlimited", 1);
        assert_eq!(pace.present(), Present::default());
        for _ in 0..400 {
            pace.permit().await;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        pace.throttled(Duration::from_secs(1), "throttled");
        let limit = pace.present().limit.unwrap();
        assert!((45.0..55.0).contains(&limit), "{limit}");
        for _ in 0..60 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            pace.served(None);
        }
        assert_eq!(pace.present(), Present::default());
    });
}

#[test]
fn a_used_up_allowance_holds_all_requests_until_the_reset_or_for_five_minutes() {
    for (resets_in, expected) in [(30, 30), (86_400, 300)] {
        on_paused_time(async {
            let pace = pace("unlimited", 1);
            let start = Instant::now();
            pace.served(Some(Allowance {
                remaining: 0,
                resets_in: Duration::from_secs(resets_in),
            }));
            let hold = pace.held().unwrap();
            assert_eq!(hold.why, "the server's allowance is used up");
            pace.permit().await;
            let taken = start.elapsed();
            assert!(taken >= Duration::from_secs(expected), "{taken:?}");
        });
    }
}

#[test]
fn a_caller_that_sleeps_at_a_slow_pace_notices_a_faster_one() {
    on_paused_time(async {
        let pace = pace("8/s", 1);
        let left = |remaining| {
            Some(Allowance {
                remaining,
                resets_in: Duration::from_mins(5),
            })
        };
        pace.served(left(1));
        let start = Instant::now();
        let sleeper = Arc::clone(&pace);
        tokio::join!(sleeper.permit(), async {
            tokio::time::sleep(Duration::from_millis(2500)).await;
            pace.served(left(100_000));
        });
        assert!(start.elapsed() < Duration::from_secs(4));
    });
}

/// A server with a token bucket: it grants 3/s, and 20 at once.
#[derive(Debug)]
struct Grants {
    left: f64,
    at: Instant,
}

impl Grants {
    fn ask(&mut self) -> bool {
        self.left = (self.left + self.at.elapsed().as_secs_f64() * 3.0).min(20.0);
        self.at = Instant::now();
        let granted = self.left >= 1.0;
        self.left -= f64::from(u8::from(granted));
        granted
    }
}

#[test]
fn a_limit_below_the_setting_is_found_with_few_refusals() {
    on_paused_time(async {
        let pace = pace("8/s", 1);
        let (left, at) = (20.0, Instant::now());
        let grants = Arc::new(Mutex::new(Grants { left, at }));
        let mut set = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (pace, grants) = (Arc::clone(&pace), Arc::clone(&grants));
            set.spawn(async move {
                let mut answers = (0, 0);
                while at.elapsed() < Duration::from_mins(20) {
                    pace.permit().await;
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    if grants.lock().unwrap().ask() {
                        answers.0 += 1;
                        pace.served(None);
                    } else {
                        answers.1 += 1;
                        pace.throttled(Duration::from_secs(1), "throttled");
                    }
                }
                answers
            });
        }
        let answers = set.join_all().await;
        let good: u32 = answers.iter().map(|(good, _)| good).sum();
        let bad: u32 = answers.iter().map(|(_, bad)| bad).sum();
        assert!(good > 3400, "{good} of 3620");
        assert!(bad * 25 < good, "{bad} refused, {good} served");
    });
}
