//! What a provider has asked of all who send to one of its tenants: to wait, and to send more slowly.

use std::time::Duration;

/// What holds back the requests to a target. It is kept in the ledger, so that the next runner honours it: after a kill,
/// too, and on another machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Restraint {
    /// For how long no request is to be sent.
    pub hold: Duration,
    /// How far the pace is lowered; `None` if it is not.
    pub slowed: Option<Slowed>,
}

/// A pace that is lowered after the answer 429 (RFC 6585 §4). It rises again by steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slowed {
    /// The time between two requests.
    pub period: Duration,
    /// The time between two requests once the pace has risen.
    pub full: Duration,
}
