//! The pace: permits to send, and what it learns from the answers.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::domain::{Allowance, Answer, Restraint};
use crate::pace::hold::{Gate, Hold};
use crate::pace::limiter::Limiter;
use crate::pace::rate::Rate;

/// Longest sleep for a token: a caller that sleeps at a slow pace must notice when the pace rises.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// Requests that are expected until it is known how many there will be.
const EXPECTED_AT_FIRST: u64 = 100;

/// How fast requests may leave at present.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Present {
    /// Requests per second; `None` without a limit.
    pub limit: Option<f64>,
    /// Whether that is less than the setting, because of an answer of the server.
    pub lowered: bool,
}

/// What has been sent, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Requests that were given a permit, of all kinds.
    pub requests: u64,
    /// Answers that asked for fewer requests (429).
    pub throttled: u64,
}

/// The rate limit, shared by all parts of the process.
#[derive(Debug)]
pub struct Pace {
    limiter: Mutex<Limiter>,
    gate: Gate,
    /// Requests that are still to be sent, as far as is known.
    expected: AtomicU64,
    /// Told of each change of the restraint.
    restrained: Notify,
}

impl Pace {
    /// A pace of at most `rate`, with at most `burst` requests at once after a pause. The first
    /// request waits like any other: a run that was killed just before may have used up the burst.
    pub fn new(rate: Rate, burst: NonZeroU32) -> Self {
        Self {
            limiter: Mutex::new(Limiter::new(rate, burst)),
            gate: Gate::default(),
            expected: EXPECTED_AT_FIRST.into(),
            restrained: Notify::new(),
        }
    }

    /// About so many more requests are to be sent. If the allowance that the server reports is enough for them,
    /// it does not slow the pace.
    pub fn expect(&self, requests: u64) {
        self.expected.store(requests, Ordering::Relaxed);
    }

    /// Waits for a permit to send one request. Dropping the future costs no permit.
    pub async fn permit(&self) {
        loop {
            self.gate.open().await;
            let taken = self.limiter().take(Instant::now());
            match taken {
                Ok(()) => return,
                // The server may ask to wait meanwhile: then the gate counts, and no token is lost.
                Err(wait) => tokio::time::sleep(wait.min(LONGEST_SLEEP)).await,
            }
        }
    }

    /// Holds all requests for `wait`, because of `why`. A longer hold is never shortened.
    pub fn hold(&self, wait: Duration, why: &'static str) {
        if self.gate.hold(wait, why) {
            self.restrained.notify_one();
        }
    }

    /// As [`Pace::hold`], after an answer of 429 (RFC 6585 §4). The pace is halved too, once for all requests
    /// that were in flight.
    pub fn throttled(&self, wait: Duration, why: &'static str) {
        self.hold(wait, why);
        self.adjust(|limiter| limiter.throttled(Instant::now(), wait));
    }

    /// Takes note of an answer that asked for no wait: after a 429 the pace rises again by small steps. If
    /// `allowance` is less than is expected to be needed, the pace is so slow that it lasts until the reset. If
    /// nothing remains of it, no request is sent before the reset, for at most [`Allowance::LONGEST_RESET`].
    pub fn served(&self, allowance: Option<Allowance>) {
        if let Some(wait) = allowance.and_then(Allowance::wait) {
            self.hold(wait, "the server's allowance is used up");
        }
        let expected = self.expected.load(Ordering::Relaxed);
        self.adjust(|limiter| limiter.served(Instant::now(), allowance, expected));
    }

    /// Applies the rate-limit headers of an answer, and its `Retry-After`, to all requests. A 429 that names no
    /// time means a wait of `throttle_wait`.
    pub fn apply_rate_limit_headers(&self, answer: &Answer, throttle_wait: Duration) {
        // A 429 with a wait of 0 s names no time: the next request would be refused at once.
        let asked = answer.wait.filter(|wait| !wait.is_zero());
        if answer.status == 429 {
            // `Retry-After` overrules the rate-limit headers, which are hints.
            let wait = asked.or_else(|| answer.allowance?.wait());
            let wait = wait.unwrap_or(throttle_wait);
            self.throttled(wait, "the server asks for fewer requests");
        } else if let Some(wait) = asked {
            self.hold(wait, "the server asks to wait");
        } else {
            self.served(answer.allowance);
        }
    }

    /// What holds the requests back at present.
    pub fn restraint(&self) -> Restraint {
        let now = Instant::now();
        let held = self.held();
        Restraint {
            hold: held.map_or(Duration::ZERO, |hold| hold.until - now),
            slowed: self.limiter().slowed(),
        }
    }

    /// Takes over what has held the requests of the last runner back. For `rested` nobody has sent anything since.
    pub fn take_over(&self, kept: Restraint, rested: Duration) {
        if !kept.hold.is_zero() {
            self.gate.hold(kept.hold, "the server has asked to wait");
        }
        if let Some(slowed) = kept.slowed {
            self.limiter().take_over(Instant::now(), slowed, rested);
        }
    }

    /// Waits until the restraint has changed since the last call of this. One caller at a time can wait.
    pub async fn restrained(&self) {
        self.restrained.notified().await;
    }

    /// Changes the limiter, and tells whoever waits if the pace is lowered otherwise than before.
    fn adjust(&self, change: impl FnOnce(&mut Limiter)) {
        let has_changed = {
            let mut limiter = self.limiter();
            let before = limiter.slowed();
            change(&mut limiter);
            limiter.slowed() != before
        };
        if has_changed {
            self.restrained.notify_one();
        }
    }

    /// The hold in force, if any.
    pub fn held(&self) -> Option<Hold> {
        self.gate.held()
    }

    /// The numbers since the last call of this.
    pub fn take_usage(&self) -> Usage {
        self.limiter().take_usage()
    }

    /// The limit in force.
    pub fn present(&self) -> Present {
        self.limiter().present(Instant::now())
    }

    pub(super) fn limiter(&self) -> MutexGuard<'_, Limiter> {
        // No change to it can panic half-way, and the limit is computed anew each time.
        self.limiter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
