//! How inquiries are made, and what a provider lets a client find: settings only.

use std::num::NonZeroUsize;
use std::time::Duration;

use crate::domain::IdRule;

/// How inquiries are made.
#[derive(Debug, Clone, Copy)]
pub struct InquirySettings {
    /// Requests in flight at the same time, at most.
    pub concurrency: NonZeroUsize,
    /// How long all requests wait after a 429 that names no time.
    pub throttle_wait: Duration,
    /// How long the provider may answer no request.
    pub max_outage: Duration,
    /// What the provider lets a client find.
    pub finds: Finds,
}

/// What a provider lets a client find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finds {
    /// Whether the list of all users can be gone through.
    pub pages: bool,
    /// Users on one page, as far as a client may ask for.
    pub page_size: u64,
    /// Names in one search; with 0 names are found in the list alone.
    pub names: usize,
    /// Whether users can be searched by whether they are active.
    pub active: bool,
    /// How the provider compares ids.
    pub ids: IdRule,
    /// Whether a user who is shown whole, without the attribute of access, has none.
    pub absent_means_none: bool,
}
