//! What happens to a run as a whole: claims, rate limits, outages, stops and kills.

mod claiming;
mod killed;
mod outages;
mod rate_limits;
mod server_faults;
mod stopping;
mod write_limit;
