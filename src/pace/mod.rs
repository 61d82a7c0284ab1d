//! One pace for everything that the process sends: reads, writes, retries and sign-in (P6).
//!
//! A [`Pace`] is a token bucket and a gate. The bucket spaces requests out, more widely while the server
//! cannot take them as fast as the setting allows; the gate holds all requests when the server has asked
//! to wait. [`Backoff`] gives the delays between attempts for one user. All waiting happens on tokio's
//! clock, so that tests can hold time still. Nothing here knows what a request is for.

mod backoff;
mod bucket;
mod flow;
mod gate;
mod lately;
mod rate;
mod tempo;

pub use backoff::Backoff;
pub use gate::Hold;
pub use rate::{Rate, RateError, Unit};

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::{Allowance, Answer};
use flow::Flow;
use gate::Gate;

/// Longest sleep for a token: a caller that sleeps for a slow pace must notice a faster one.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Requests that are expected until it is known how many there will be.
const FEW: u64 = 100;

/// How fast requests may leave at present.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Present {
    /// Requests per second; `None` without a limit.
    pub limit: Option<f64>,
    /// Whether that is less than the setting, because of what the server said.
    pub lowered: bool,
}

/// What has been sent, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Requests that were given leave, of all kinds.
    pub requests: u64,
    /// Answers that asked for fewer requests (429).
    pub throttled: u64,
}

/// Leave to send, shared by all parts of a run.
#[derive(Debug)]
pub struct Pace {
    flow: Mutex<Flow>,
    gate: Gate,
    /// Requests that are still to be sent, as far as is known.
    expected: AtomicU64,
}

impl Pace {
    /// A pace of at most `rate`, with at most `burst` requests at once after a pause. The first
    /// request waits like any other: a run that was killed just before may have spent its share.
    pub fn new(rate: Rate, burst: NonZeroU32) -> Self {
        Self {
            flow: Mutex::new(Flow::new(rate, burst)),
            gate: Gate::default(),
            expected: FEW.into(),
        }
    }

    /// Takes note that about so many more requests are to be sent. An allowance of the server's that holds
    /// as many slows nothing.
    pub fn expect(&self, requests: u64) {
        self.expected.store(requests, Ordering::Relaxed);
    }

    /// Waits for leave to send one request. Dropping the future gives nothing away.
    pub async fn permit(&self) {
        loop {
            self.gate.open().await;
            let taken = self.flow().take(Instant::now());
            match taken {
                Ok(()) => return,
                // The server may ask to wait meanwhile: then the gate counts, and no token is lost.
                Err(wait) => tokio::time::sleep(wait.min(LOOK_AGAIN)).await,
            }
        }
    }

    /// Holds all requests for `wait`, because of `why`. A longer hold is never shortened.
    pub fn hold(&self, wait: Duration, why: &'static str) {
        self.gate.hold(wait, why);
    }

    /// As [`Pace::hold`], after an answer of 429 (RFC 6585 §4): the pace is halved too, once for all
    /// the requests that were under way.
    pub fn throttled(&self, wait: Duration, why: &'static str) {
        self.gate.hold(wait, why);
        self.flow().throttled(Instant::now(), wait);
    }

    /// Takes note of an answer that asked for no wait: after a 429 the pace rises again by small steps.
    /// With less left of `allowance` than is expected to be needed it is slow enough to last until the
    /// reset, and with nothing left no request is sent before, for at most [`Allowance::LONGEST_WAIT`].
    pub fn served(&self, allowance: Option<Allowance>) {
        if let Some(wait) = allowance.and_then(Allowance::wait) {
            self.gate.hold(wait, "the server's allowance is used up");
        }
        let expected = self.expected.load(Ordering::Relaxed);
        self.flow().served(Instant::now(), allowance, expected);
    }

    /// Applies the wait that an answer asks for to all requests. A 429 that names no time means `throttle_wait`.
    pub fn heed(&self, answer: &Answer, throttle_wait: Duration) {
        // A wait of nothing is no answer to "too many requests": it would be asked for at once again.
        let asked = answer.wait.filter(|wait| !wait.is_zero());
        if answer.status == 429 {
            // What is asked for plainly overrules what is only hinted at.
            let wait = asked.or_else(|| answer.allowance?.wait());
            let wait = wait.unwrap_or(throttle_wait);
            self.throttled(wait, "the server asks for fewer requests");
        } else if let Some(wait) = asked {
            self.hold(wait, "the server asks to wait");
        } else {
            self.served(answer.allowance);
        }
    }

    /// The hold in force, if any.
    pub fn held(&self) -> Option<Hold> {
        self.gate.held()
    }

    /// What was sent since this was asked before.
    pub fn take_usage(&self) -> Usage {
        self.flow().take_usage()
    }

    /// The limit in force.
    pub fn present(&self) -> Present {
        self.flow().present(Instant::now())
    }

    fn flow(&self) -> MutexGuard<'_, Flow> {
        // Nothing in there panics half-way, and the limit is looked up anew each time.
        self.flow.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
