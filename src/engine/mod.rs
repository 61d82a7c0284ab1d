//! The engine: it sees every user of a job to an outcome, whatever the network does.
//!
//! A dispatcher (one select loop around one synchronous `handle`) hands users to units; a unit makes
//! all attempts for one user; a course, a pure rule, decides what comes next after each verdict. The
//! engine knows the domain, the pace and the two ports; it knows nothing of HTTP, SCIM, tokens, SQL
//! or terminals. A user's failure is data; an `Err` means that the run cannot go on.

mod breaker;
mod claim;
mod context;
mod course;
mod dispatcher;
mod event;
mod flow;
mod intent;
mod outage;
mod settings;
mod stop;
mod tally;
mod unit;

#[cfg(test)]
mod scripted;
#[cfg(test)]
mod tests;

pub use dispatcher::{Ending, EngineError, run};
pub use event::{Event, Fault, Listener, Snapshot, Waiting};
pub use settings::{EngineSettings, Work};
pub use stop::{Signal, StopReason};
