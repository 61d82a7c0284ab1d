//! What hinders a request on purpose: injected faults, outages and the request allowance.
//!
//! These modules decide from counts, a seeded generator and the instant that they are given. None of them
//! knows HTTP, users or tokens; the middleware carries out what they decide.

pub(crate) mod fault_draw;
pub(crate) mod fault_settings;
pub(crate) mod fault_text;
pub(crate) mod outage_window;
pub(crate) mod request_allowance;
