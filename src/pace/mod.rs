//! The rate limit of the process: one for everything that it sends (reads, writes, retries and sign-in) (P6).
//!
//! A `Pace` is a token bucket and a gate. The bucket spaces requests out, more widely while the server
//! cannot take them as fast as the setting allows (`tempo`). The gate holds all requests when the server has
//! asked to wait. `Backoff` gives the delays between attempts for one user. All waiting happens on tokio's
//! clock, so that tests can hold time still. Nothing here knows what a request is for.

mod backoff;
mod hold;
mod limiter;
mod permit;
mod rate;
mod recent_rate;
mod tempo;
mod token_bucket;

pub(crate) use backoff::Backoff;
pub(crate) use permit::{Pace, Present};
pub use rate::Rate;
pub(crate) use rate::RateUnit;

#[cfg(test)]
mod tests;
