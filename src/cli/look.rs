//! The verbs that look at a ledger and ask nobody.

mod explain;
mod jobs;
mod report;
mod status;

pub(super) use explain::explain;
pub(super) use jobs::jobs;
pub(super) use report::report;
pub(super) use status::{selector, status};
