//! The token bucket: governor's algorithm on tokio's clock.
//!
//! governor's own waiting sleeps on the real clock, so only its `check` is used here.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

/// tokio's clock, as governor reads it.
#[derive(Debug, Clone)]
struct TokioClock {
    start: Instant,
}

impl GovernorClock for TokioClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(self.start.elapsed())
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct TokenBucket {
    limiter: RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Nanos>>,
    clock: TokioClock,
}

impl TokenBucket {
    /// An empty bucket that gains a token every `period` and holds at most `burst` of them.
    ///
    /// It is empty because another bucket may have been full a moment ago: that of a run that was killed,
    /// or that of the tempo before. So several buckets in a row let no more through than the fastest one alone.
    ///
    /// The server counts the requests that reach it, and requests take different times to get there (the
    /// first one on a connection opens it). So one token of the burst is kept back: then a request may be late
    /// by a whole period before the server sees more than it should.
    pub(super) fn new(period: Duration, burst: NonZeroU32) -> Self {
        let kept = NonZeroU32::new(burst.get() - 1).unwrap_or(NonZeroU32::MIN);
        let period = period.max(Duration::from_nanos(1));
        let quota = Quota::with_period(period)
            .expect("a period of at least a nanosecond is a quota")
            .allow_burst(kept);
        let clock = TokioClock {
            start: Instant::now(),
        };
        let limiter = RateLimiter::direct_with_clock(quota, clock.clone());
        limiter
            .check_n(kept)
            .expect("a bucket holds its own burst")
            .expect("a new bucket of governor's is full");
        Self { limiter, clock }
    }

    /// Takes a token, or returns how long there will be none.
    pub(super) fn take(&self) -> Result<(), Duration> {
        self.limiter
            .check()
            .map_err(|not_until| not_until.wait_time_from(self.clock.now()))
    }
}
