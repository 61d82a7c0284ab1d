//! How far below the setting the pace is, and when it comes back: rules only, no clock, no waiting.
//!
//! Two things lower it. A 429 halves it, and it rises again by a twentieth of the setting for every
//! two seconds in which answers come: so a limit that is shared with others is found, and approached
//! again gently. And an allowance that is less than what is still to be sent, and would not last until its
//! reset, spreads what remains over the time; that ends with the reset.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::Allowance;
use crate::pace::gate::later;

/// The floor after 429s, and the step upwards, as parts of the setting. A floor of 8/s is 24 a
/// minute: slow enough for any server, fast enough to notice that things are better.
const PARTS: f64 = 20.0;

/// Time between two steps upwards: from half the pace to the whole takes 20 s. Against a limit below
/// the setting that costs some two refusals in a hundred; a server that refuses at random, whatever
/// the pace, is not left at the floor.
const STEP_EVERY: Duration = Duration::from_secs(2);

/// Throttled answers within this time are one event, even if the wait that they ask for is shorter:
/// they answer requests that were under way together.
const STORM: Duration = Duration::from_secs(1);

/// Change of a ration below which the old one stays: each answer brings a slightly different one,
/// and each new bucket begins empty.
const MARGIN: f64 = 0.1;

/// Limits are in requests per second.
#[derive(Debug)]
pub(super) struct Tempo {
    /// The time between two requests by the setting; `None` without a limit.
    setting: Option<Duration>,
    slowed: Option<Slowed>,
    ration: Option<Ration>,
    /// Until when a 429 is news no more.
    storm_until: Option<Instant>,
}

/// After a 429.
#[derive(Debug, Clone, Copy)]
struct Slowed {
    limit: f64,
    /// Where it ends: the setting, or what was sent lately if there is none.
    top: f64,
    /// Since when all has been well, or the latest step.
    well_since: Instant,
}

/// While little of an allowance remains.
#[derive(Debug, Clone, Copy)]
struct Ration {
    limit: f64,
    until: Instant,
}

impl Tempo {
    pub(super) fn new(setting: Option<Duration>) -> Self {
        Self {
            setting,
            slowed: None,
            ration: None,
            storm_until: None,
        }
    }

    /// A 429 has come, and all requests wait for `wait`; `lately` is the rate of late.
    pub(super) fn throttled(&mut self, now: Instant, wait: Duration, lately: f64) {
        let is_news = self.storm_until.is_none_or(|until| until <= now);
        // An answer that arrives while all requests wait belongs to a request sent before. But a storm
        // must end at some time, so only its first answer counts for a whole second.
        let quiet = if is_news { wait.max(STORM) } else { wait };
        let until = later(now, quiet).max(self.storm_until.unwrap_or(now));
        self.storm_until = Some(until);
        if is_news {
            let known = self.slowed.map(|slowed| slowed.top);
            // Without a setting the limit is made up; one request a second is slow enough for any server.
            let top = known
                .or_else(|| self.setting.map(per_second))
                .unwrap_or_else(|| lately.max(1.0));
            let before = self.limit(now).unwrap_or(top).min(top);
            self.slowed = Some(Slowed {
                limit: (before / 2.0).max(top / PARTS),
                top,
                well_since: until,
            });
        } else if let Some(slowed) = &mut self.slowed {
            slowed.well_since = until;
        }
    }

    /// An answer has come that is no 429.
    pub(super) fn served(&mut self, now: Instant) {
        let Some(slowed) = &mut self.slowed else {
            return;
        };
        if now.saturating_duration_since(slowed.well_since) < STEP_EVERY {
            return;
        }
        let step = slowed.top / PARTS;
        slowed.limit += step;
        slowed.well_since = now;
        if slowed.limit > slowed.top - step / 2.0 {
            self.slowed = None;
        }
    }

    /// An answer reports what remains; `lately` is the rate of late, and `expected` the number of
    /// requests that are still to be sent. What is enough for them needs no spreading.
    pub(super) fn ration(
        &mut self,
        now: Instant,
        allowance: Allowance,
        lately: f64,
        expected: u64,
    ) {
        if allowance.remaining >= expected {
            self.ration = None;
            return;
        }
        if allowance.resets_in.is_zero() {
            return;
        }
        let until = later(now, allowance.resets_in);
        // As with none remaining, no hint makes a request wait longer than this.
        let slowest = 1.0 / Allowance::LONGEST_WAIT.as_secs_f64();
        let remaining = u32::try_from(allowance.remaining).unwrap_or(u32::MAX);
        let limit = (f64::from(remaining) / allowance.resets_in.as_secs_f64()).max(slowest);
        let other = self.unrationed();
        match self.ration.filter(|ration| ration.until > now) {
            Some(_) if other.is_some_and(|other| limit >= other) => self.ration = None,
            Some(old) => {
                let near = (limit - old.limit).abs() <= old.limit * MARGIN;
                let limit = if near { old.limit } else { limit };
                self.ration = Some(Ration { limit, until });
            }
            // Without a limit of our own, what counts is whether it lasts as things go.
            None if limit < other.unwrap_or(lately) * (1.0 - MARGIN) => {
                self.ration = Some(Ration { limit, until });
            }
            None => self.ration = None,
        }
    }

    /// The limit in force; `None` if there is none.
    pub(super) fn limit(&self, now: Instant) -> Option<f64> {
        let ration = self.rationed(now);
        let limits = self.unrationed().into_iter().chain(ration);
        limits.reduce(f64::min)
    }

    /// Whether the limit in force is below the setting.
    pub(super) fn is_lowered(&self, now: Instant) -> bool {
        self.slowed.is_some() || self.rationed(now).is_some()
    }

    /// The time between two requests; `None` without a limit.
    pub(super) fn period(&self, now: Instant) -> Option<Duration> {
        if self.is_lowered(now) {
            let period = |limit| Duration::try_from_secs_f64(1.0 / limit);
            let lowered = self.limit(now).and_then(|limit| period(limit).ok());
            // Rounding must not make it faster than the setting.
            lowered.max(self.setting)
        } else {
            self.setting
        }
    }

    fn unrationed(&self) -> Option<f64> {
        let slowed = self.slowed.map(|slowed| slowed.limit);
        slowed.or_else(|| self.setting.map(per_second))
    }

    fn rationed(&self, now: Instant) -> Option<f64> {
        let ration = self.ration.filter(|ration| ration.until > now)?;
        Some(ration.limit)
    }
}

fn per_second(period: Duration) -> f64 {
    1.0 / period.as_secs_f64()
}

#[cfg(test)]
mod tests;
