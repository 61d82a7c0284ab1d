//! What the sandbox knows of its own doings: counters, the request log, the file of applied writes.
//!
//! Tests hold this against what the client believes, so nothing here may be computed from what a
//! client said; it is written where a thing happens.

pub(crate) mod applied;
pub(crate) mod books;
pub(crate) mod tally;
