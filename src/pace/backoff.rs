//! Delays between attempts: exponential, capped, with full jitter, never less than the server asks.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

const FIRST: Duration = Duration::from_millis(500);
const CAP: Duration = Duration::from_mins(1);

/// The delays for one user, or for one sign-in.
///
/// backon gives the growing ceiling. The delay is drawn evenly between zero and the ceiling, so that users
/// that failed together are not tried again together. (backon's own jitter only adds to the ceiling.)
#[derive(Debug)]
pub(crate) struct Backoff {
    ceilings: ExponentialBackoff,
    random: fastrand::Rng,
}

impl Backoff {
    /// Delays with a jitter that follows from `seed`.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self {
            ceilings: ExponentialBuilder::default()
                .with_min_delay(FIRST)
                .with_factor(2.0)
                .with_max_delay(CAP)
                .without_max_times()
                .build(),
            random: fastrand::Rng::with_seed(seed),
        }
    }

    /// The next delay: at most 60 s, unless the server asked for a longer one with `asked`.
    pub(crate) fn next(&mut self, asked: Option<Duration>) -> Duration {
        let ceiling = self.ceilings.next().unwrap_or(CAP).min(CAP);
        let own = ceiling.mul_f64(self.random.f64());
        own.max(asked.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn delays_stay_between_what_is_asked_and_the_cap(seed: u64, asked in 0_u64..200) {
            let asked = Duration::from_secs(asked);
            let mut backoff = Backoff::seeded(seed);
            let mut ceiling = FIRST;
            for _ in 0..20 {
                let delay = backoff.next(Some(asked));
                prop_assert!(delay >= asked && delay <= ceiling.max(asked));
                ceiling = (ceiling * 2).min(CAP);
            }
        }
    }

    #[test]
    fn jitter_spreads_users_who_failed_together() {
        let mut delays: Vec<_> = (0..100)
            .map(|seed| Backoff::seeded(seed).next(None))
            .collect();
        delays.sort_unstable();
        delays.dedup();
        assert!(delays.len() > 90);
        assert!(delays[5] < FIRST / 4 && delays[delays.len() - 5] > FIRST / 2);
    }
}
