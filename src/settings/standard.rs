//! The built-in values. They apply where neither a flag, nor a file, nor a profile sets one.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use crate::domain::{Limits, Rails};
use crate::settings::{Layer, Span};

/// The provider's profile.
const PROFILE: &str = "anaplan";

/// The ledger: beside the roster, where it is found again.
pub(super) const LEDGER: &str = "offboard.db";

/// How long requests in flight may go on after a stop: as long as one request may take in all.
pub(super) const GRACE: Duration = Duration::from_secs(30);

/// How old a plan may be: long enough to be read and agreed to, too short for much to change.
pub(super) const PLAN_TTL: Duration = Duration::from_hours(1);

/// The wait after a 429 that names no time.
pub(super) const THROTTLE_WAIT: Duration = Duration::from_secs(10);

impl Layer {
    /// The lowest layer of all.
    pub fn standard() -> Self {
        let rails = Rails::default();
        Self {
            profile: Some(PROFILE.to_owned()),
            strict: Some(false),
            no_lookup: Some(false),
            redact: Some(false),
            ledger: Some(LEDGER.into()),
            burst: Some(NonZeroU32::MIN),
            concurrency: Some(NonZeroUsize::MIN),
            max_attempts: Some(NonZeroU32::MIN),
            throttle_wait: Some(Span(THROTTLE_WAIT)),
            grace: Some(Span(GRACE)),
            max_outage: Some(Span(Limits::default().outage)),
            allow_http: Some(false),
            proxy_loopback: Some(false),
            ca_only: Some(false),
            cap: Some(rails.cap),
            cap_share: Some(rails.cap_share),
            plan_ttl: Some(Span(PLAN_TTL)),
            ..Self::default()
        }
    }
}
