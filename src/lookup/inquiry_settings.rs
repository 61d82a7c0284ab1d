//! The settings of a look-up: how requests are sent, and which queries the provider supports.

use std::num::NonZeroUsize;
use std::time::Duration;

use crate::domain::IdRule;

/// How the requests of a look-up are sent.
#[derive(Debug, Clone, Copy)]
pub struct InquirySettings {
    /// Requests in flight at the same time, at most.
    pub concurrency: NonZeroUsize,
    /// How long all requests wait after a 429 that names no time.
    pub throttle_wait: Duration,
    /// For how long the provider may answer no request.
    pub max_outage: Duration,
    /// The queries that the provider supports.
    pub supports: QuerySupport,
}

/// The queries that a provider supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuerySupport {
    /// Whether the list of all users can be read page by page.
    pub pages: bool,
    /// Users on one page: as many as a client may ask for.
    pub page_size: u64,
    /// Names in one search. With 0, names are found in the list alone.
    pub names: usize,
    /// Whether users can be searched by whether they are active.
    pub active: bool,
    /// How the provider compares ids.
    pub ids: IdRule,
    /// Whether a user that is shown whole, without the attribute of access, has no access.
    pub absent_means_none: bool,
}
