//! The limiter: a token bucket that follows the tempo. The quota of a bucket is fixed, so a new tempo means a
//! new bucket.

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{Allowance, Slowed};
use crate::pace::permit::{Present, Usage};
use crate::pace::rate::Rate;
use crate::pace::recent_rate::RecentRate;
use crate::pace::tempo::Tempo;
use crate::pace::token_bucket::TokenBucket;

/// See the module.
#[derive(Debug)]
pub(super) struct Limiter {
    tempo: Tempo,
    recent: RecentRate,
    burst: NonZeroU32,
    /// The period that the bucket was made for.
    period: Option<Duration>,
    bucket: Option<TokenBucket>,
    usage: Usage,
}

impl Limiter {
    pub(super) fn new(rate: Rate, burst: NonZeroU32) -> Self {
        let period = rate.period();
        Self {
            tempo: Tempo::new(period),
            recent: RecentRate::new(Instant::now()),
            burst,
            period,
            bucket: period.map(|period| TokenBucket::new(period, burst)),
            usage: Usage::default(),
        }
    }

    /// The numbers since the last call of this.
    pub(super) fn take_usage(&mut self) -> Usage {
        std::mem::take(&mut self.usage)
    }

    /// Takes a permit, or returns how long there will be none.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        // A limit may have ended by itself.
        self.follow_tempo(now);
        if let Some(bucket) = &self.bucket {
            bucket.take()?;
        }
        self.recent.note(now);
        self.usage.requests += 1;
        Ok(())
    }

    /// A 429 has come, and all requests wait for `wait`.
    pub(super) fn throttled(&mut self, now: Instant, wait: Duration) {
        self.usage.throttled += 1;
        self.tempo.throttled(now, wait, self.recent.rate(now));
        self.follow_tempo(now);
    }

    /// An answer has come that is no 429.
    pub(super) fn served(&mut self, now: Instant, allowance: Option<Allowance>, expected: u64) {
        self.tempo.served(now);
        if let Some(allowance) = allowance {
            let recent = self.recent.rate(now);
            self.tempo.ration(now, allowance, recent, expected);
        }
        self.follow_tempo(now);
    }

    /// How far the pace is lowered after 429s.
    pub(super) fn slowed(&self) -> Option<Slowed> {
        self.tempo.slowed()
    }

    /// Takes over how far the pace was lowered, and for how long nobody has sent anything since.
    pub(super) fn take_over(&mut self, now: Instant, kept: Slowed, rested: Duration) {
        self.tempo.take_over(now, kept, rested);
        self.follow_tempo(now);
    }

    /// The limit in force.
    pub(super) fn present(&self, now: Instant) -> Present {
        Present {
            limit: self.tempo.limit(now),
            lowered: self.tempo.is_lowered(now),
        }
    }

    /// Replaces the bucket if the tempo has changed. The new bucket is empty, so that the change itself
    /// lets no request through.
    fn follow_tempo(&mut self, now: Instant) {
        let period = self.tempo.period(now);
        if period == self.period {
            return;
        }
        let limit = self.tempo.limit(now);
        tracing::debug!(limit, "the pace changes");
        self.period = period;
        self.bucket = period.map(|period| TokenBucket::new(period, self.burst));
    }
}
