//! The dispatcher: one task that claims users, starts a unit for each, and decides when the run pauses or
//! stops.
//!
//! [`run`] is a select loop around one synchronous `handle`: everything that can happen to a run (a unit
//! ended, a signal came, time has passed) arrives there as one value. The state of the run is kept in parts:
//! [`queue::Queue`] (which user is next), [`units::Units`] (who is being worked on), [`outage::Outage`]
//! (whether the target answers), [`stopping::Stopping`] (how far a stop has gone) and [`tally::Tally`] (the
//! counts). A part changes only through its methods. The dispatcher sends no request itself.

mod breaker;
mod claim;
mod event_loop;
mod outage;
mod queue;
mod stopping;
mod tally;
mod units;

pub(crate) use event_loop::{Ending, EngineError, run};

pub(super) use claim::Claim;
