//! Everything that hinders a request on purpose: faults, outages and the request allowance.
//!
//! These modules decide from counts, dice and the instant they are given. None of them knows HTTP,
//! users or tokens; the gate carries out what they decide.

pub(crate) mod bucket;
pub(crate) mod dice;
pub(crate) mod kind;
pub(crate) mod outage;
pub(crate) mod text;
