//! The engine: it brings every user of a job to an outcome, and waits through outages and rate limits.
//!
//! The dispatcher claims users and starts a unit for each. A unit makes all attempts for one user. The
//! attempt policy, a pure rule, chooses the next step after each verdict. The engine knows the domain, the
//! pace, the sender and the two ports. It knows nothing of HTTP, SCIM, tokens, SQL or terminals. A user's
//! failure is data; an `Err` means that the run cannot go on.

mod attempt_policy;
mod context;
mod dispatcher;
mod intent;
mod known_users;
mod notice;
mod run_settings;
mod stop_reason;
mod unit;

#[cfg(test)]
mod scripted;
#[cfg(test)]
mod tests;

pub(crate) use dispatcher::{Ending, EngineError, run};
pub use notice::{Listener, Notice};
pub(crate) use notice::{Snapshot, StopMode, Waiting};
pub(crate) use run_settings::{EngineSettings, RunParts, Work};
pub use stop_reason::{Signal, StopReason};
