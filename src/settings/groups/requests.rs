//! How fast requests go, how often they are tried, and when a run stops.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use crate::domain::{FailureLimit, Limits};
use crate::pace::Rate;
use crate::settings::declare::{KEPT, SettingFacts, settings_group, text};
use crate::settings::values::Span;

/// The facts of a number or a time that each profile sets.
const BY_PROFILE: SettingFacts = SettingFacts {
    otherwise: "by profile",
    ..KEPT
};

/// The facts of a length of time.
const TIME: SettingFacts = SettingFacts {
    value: "TIME",
    ..KEPT
};

settings_group! {
    /// How fast requests go, and how often they are tried.
    RequestSettings, "Pace and patience" under "Target and pace" {
        /// Requests per second or minute, all kinds together: `8/s`, `600/m`, `unlimited`.
        #[serde(with = "text")]
        rate: Rate => SettingFacts { value: "RATE", example: "8/s", ..BY_PROFILE };
        // The numbers that begin with `MIN` are 1 unless a profile says otherwise.
        /// The number of requests that may be sent at once after a pause.
        burst: NonZeroU32 = NonZeroU32::MIN => SettingFacts { value: "N", example: "8", ..BY_PROFILE };
        /// The number of requests in flight at the same time.
        concurrency: NonZeroUsize = NonZeroUsize::MIN => SettingFacts {
            value: "N",
            example: "6",
            ..BY_PROFILE
        };
        /// The number of writes that are tried for one user.
        max_attempts: NonZeroU32 = NonZeroU32::MIN => SettingFacts {
            value: "N",
            example: "6",
            ..BY_PROFILE
        };
        /// The time that one request may take in all.
        timeout: Span => SettingFacts { value: "TIME", example: "30s", ..BY_PROFILE };
        /// The time that connecting may take.
        connect_timeout: Span => SettingFacts { value: "TIME", example: "5s", ..BY_PROFILE };
        /// The wait after a 429 that names no time.
        throttle_wait: Span = Span(Duration::from_secs(10)) => SettingFacts { example: "10s", ..TIME };
        /// How long requests in flight may go on after a stop was asked for.
        grace: Span = Span(Duration::from_secs(30)) => SettingFacts { example: "30s", ..TIME };
        /// The time between two renewals of the lease on the target, where the ledger is in a database. Without a
        /// renewal the lease ends after the time of one request and three of these.
        heartbeat: Span = Span(Duration::from_secs(10)) => SettingFacts { example: "10s", ..TIME };
    }
}

settings_group! {
    /// When a run stops by itself.
    LimitSettings, "Limits" under "Limits" {
        /// Stop when the provider has not answered for this long.
        max_outage: Span = Span(Limits::default().outage) => SettingFacts { example: "30m", ..TIME };
        /// Stop when more users than this have failed: a number, or a percentage of the users that are done.
        #[serde(with = "text")]
        max_failures: FailureLimit => SettingFacts { value: "N|P%", example: "5%", ..KEPT };
        /// Stop after this time; the same command continues.
        max_duration: Span => SettingFacts { example: "8h", ..TIME };
        /// Stop at this moment: `18:00` (local time), or a date and time such as `2030-01-31T18:00:00Z`.
        until: String => SettingFacts { value: "MOMENT", example: "\"18:00\"", ..KEPT };
    }
}
