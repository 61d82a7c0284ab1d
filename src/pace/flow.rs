//! The bucket of the present tempo. governor's quota is fixed, so a new tempo means a new bucket.

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::Allowance;
use crate::pace::bucket::Bucket;
use crate::pace::lately::Lately;
use crate::pace::tempo::Tempo;
use crate::pace::{Present, Rate, Usage};

#[derive(Debug)]
pub(super) struct Flow {
    tempo: Tempo,
    lately: Lately,
    burst: NonZeroU32,
    /// The period that the bucket was made for.
    period: Option<Duration>,
    bucket: Option<Bucket>,
    usage: Usage,
}

impl Flow {
    pub(super) fn new(rate: Rate, burst: NonZeroU32) -> Self {
        let period = rate.period();
        Self {
            tempo: Tempo::new(period),
            lately: Lately::new(Instant::now()),
            burst,
            period,
            bucket: period.map(|period| Bucket::new(period, burst)),
            usage: Usage::default(),
        }
    }

    pub(super) fn take_usage(&mut self) -> Usage {
        std::mem::take(&mut self.usage)
    }

    /// Takes leave to send, or says when to ask again.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        // A limit may have ended by itself.
        self.refit(now);
        if let Some(bucket) = &self.bucket {
            bucket.take()?;
        }
        self.lately.note(now);
        self.usage.requests += 1;
        Ok(())
    }

    pub(super) fn throttled(&mut self, now: Instant, wait: Duration) {
        self.usage.throttled += 1;
        self.tempo.throttled(now, wait, self.lately.rate(now));
        self.refit(now);
    }

    pub(super) fn served(&mut self, now: Instant, allowance: Option<Allowance>, expected: u64) {
        self.tempo.served(now);
        if let Some(allowance) = allowance {
            let lately = self.lately.rate(now);
            self.tempo.ration(now, allowance, lately, expected);
        }
        self.refit(now);
    }

    pub(super) fn present(&self, now: Instant) -> Present {
        Present {
            limit: self.tempo.limit(now),
            lowered: self.tempo.is_lowered(now),
        }
    }

    /// Replaces the bucket if the tempo has changed. The new one is empty, so that the change itself
    /// lets no request through.
    fn refit(&mut self, now: Instant) {
        let period = self.tempo.period(now);
        if period == self.period {
            return;
        }
        let limit = self.tempo.limit(now);
        tracing::debug!(limit, "the pace changes");
        self.period = period;
        self.bucket = period.map(|period| Bucket::new(period, self.burst));
    }
}
