//! What the sandbox records about itself: counters, the request log, and the file of applied writes.
//!
//! Tests compare this with what the client believes. So nothing here is computed from what a client says;
//! each record is written where the recorded thing happens.

pub(crate) mod request_log;
pub(crate) mod sandbox_books;
pub(crate) mod write_log;
