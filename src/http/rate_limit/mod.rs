//! Reads the headers in which a server says how long to wait and how many requests it still grants.

mod allowance;
mod header_time;
mod retry_after;

pub(crate) use allowance::allowance;
pub(crate) use header_time::server_millis;
pub(crate) use retry_after::retry_after;
