//! The verbs that read a ledger and send no request.

mod explain;
mod jobs;
mod report;
mod status;

pub(super) use explain::explain;
pub(super) use jobs::jobs;
pub(super) use report::report;
pub(super) use status::{selector, status};
