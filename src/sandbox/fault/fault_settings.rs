//! What can go wrong on purpose, and how often.
//!
//! Plain values. `fault_draw` decides which fault a request meets, `middleware` carries it out, and
//! `fault_text` reads the form of the command line.

use std::time::Duration;

/// One way for a request to go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FaultKind {
    /// 429 with `Retry-After` in seconds; nothing is applied.
    Throttle,
    /// 429 with `Retry-After` as an HTTP date; nothing is applied.
    ThrottleDate,
    /// 500 with a SCIM error body; nothing is applied.
    Error500,
    /// 503 with an empty body; nothing is applied.
    Unavailable503,
    /// The connection is reset before anything is applied.
    ResetBefore,
    /// The request is applied, then the connection is reset without an answer.
    ResetAfter,
    /// No answer for the stall time, then a reset; nothing is applied.
    StallBefore,
    /// The request is applied, then no answer for the stall time, then a reset.
    StallAfter,
    /// The request is applied and answered 200 with a body that is not JSON.
    Garbage,
    /// A write changes everything but the entitlements and is answered 207.
    Multi207,
    /// All tokens are revoked and the request is answered 401; a new sign-in works.
    Unauthorized401,
    /// A write is answered 200 with the unchanged user; nothing is applied.
    Ignored200,
    /// A write is applied and answered 204 without a body.
    Empty204,
    /// The outage. It is set by [`FaultSettings::outage`] and has no share.
    Outage,
}

impl FaultKind {
    /// All kinds, in the order in which their shares are laid out.
    pub const ALL: [Self; 14] = [
        Self::Throttle,
        Self::ThrottleDate,
        Self::Error500,
        Self::Unavailable503,
        Self::ResetBefore,
        Self::ResetAfter,
        Self::StallBefore,
        Self::StallAfter,
        Self::Garbage,
        Self::Multi207,
        Self::Unauthorized401,
        Self::Ignored200,
        Self::Empty204,
        Self::Outage,
    ];

    /// The name used on command lines and in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Throttle => "throttle",
            Self::ThrottleDate => "throttle-date",
            Self::Error500 => "error500",
            Self::Unavailable503 => "unavailable503",
            Self::ResetBefore => "reset-before",
            Self::ResetAfter => "reset-after",
            Self::StallBefore => "stall-before",
            Self::StallAfter => "stall-after",
            Self::Garbage => "garbage",
            Self::Multi207 => "multi207",
            Self::Unauthorized401 => "unauthorized401",
            Self::Ignored200 => "ignored200",
            Self::Empty204 => "empty204",
            Self::Outage => "outage",
        }
    }

    /// Whether the fault makes sense for writes only.
    pub(crate) const fn writes_only(self) -> bool {
        matches!(self, Self::Multi207 | Self::Ignored200 | Self::Empty204)
    }

    /// Whether the token service can show the fault too.
    pub(crate) const fn fits_token_service(self) -> bool {
        matches!(
            self,
            Self::Throttle | Self::ThrottleDate | Self::Error500 | Self::Unavailable503
        )
    }
}

/// The time that is added to each request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Latency {
    /// Time added to every request.
    pub fixed: Duration,
    /// A random time between zero and this is added on top.
    pub jitter: Duration,
}

/// When an outage begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutageStart {
    /// This long after the sandbox started.
    After(Duration),
    /// With the request of this number (1 is the first) among those that faults apply to.
    AtRequest(u64),
}

/// How requests are answered during an outage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OutageAnswer {
    /// 503 with an empty body.
    #[default]
    Unavailable,
    /// A reset connection.
    Reset,
}

/// A period in which no request succeeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedOutage {
    /// When it begins.
    pub start: OutageStart,
    /// How long it lasts.
    pub lasts: Duration,
    /// How requests are answered.
    pub answer: OutageAnswer,
}

/// The faults of one sandbox.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultSettings {
    /// Delay of every request.
    pub latency: Latency,
    /// The wait named by throttle faults; whole seconds, at least 1.
    pub retry_after: Duration,
    /// How long a stalled request is left without an answer.
    pub stall: Duration,
    /// A period without service.
    pub outage: Option<PlannedOutage>,
    /// Whether latency, throttling, 500, 503 and the outage apply to the token service too.
    pub token_service: bool,
    shares: [f64; FaultKind::ALL.len()],
}

impl Default for FaultSettings {
    fn default() -> Self {
        Self::none()
    }
}

impl FaultSettings {
    /// Nothing goes wrong.
    pub const fn none() -> Self {
        Self {
            latency: Latency {
                fixed: Duration::ZERO,
                jitter: Duration::ZERO,
            },
            retry_after: Duration::from_secs(1),
            stall: Duration::from_mins(1),
            outage: None,
            token_service: false,
            shares: [0.0; FaultKind::ALL.len()],
        }
    }

    /// About 8 % of the requests go wrong in ways that cost little time; for demonstrations.
    pub fn mild() -> Self {
        let mut faults = Self::none()
            .with(FaultKind::Throttle, 0.008)
            .with(FaultKind::Error500, 0.016)
            .with(FaultKind::Unavailable503, 0.016)
            .with(FaultKind::ResetBefore, 0.012)
            .with(FaultKind::ResetAfter, 0.012)
            .with(FaultKind::Garbage, 0.008)
            .with(FaultKind::Empty204, 0.008);
        faults.latency = latency_ms(5, 10);
        faults
    }

    /// About 30 % of the requests go wrong, in every way but a long outage.
    pub fn harsh() -> Self {
        let mut faults = Self::none()
            .with(FaultKind::Throttle, 0.02)
            .with(FaultKind::ThrottleDate, 0.01)
            .with(FaultKind::Error500, 0.05)
            .with(FaultKind::Unavailable503, 0.05)
            .with(FaultKind::ResetBefore, 0.04)
            .with(FaultKind::ResetAfter, 0.04)
            .with(FaultKind::StallBefore, 0.005)
            .with(FaultKind::StallAfter, 0.005)
            .with(FaultKind::Garbage, 0.02)
            .with(FaultKind::Multi207, 0.02)
            .with(FaultKind::Unauthorized401, 0.005)
            .with(FaultKind::Ignored200, 0.015)
            .with(FaultKind::Empty204, 0.02);
        faults.latency = latency_ms(5, 20);
        faults.stall = Duration::from_secs(2);
        faults
    }

    /// The same faults with another share of one kind: 0 is never, 1 is always.
    ///
    /// The outage has no share: giving it one changes nothing.
    #[must_use]
    pub fn with(mut self, kind: FaultKind, share: f64) -> Self {
        self.shares[kind as usize] = share.clamp(0.0, 1.0);
        self
    }

    /// The share of requests that meet one kind.
    pub const fn share(&self, kind: FaultKind) -> f64 {
        self.shares[kind as usize]
    }

    /// The share of requests that meet any kind.
    pub fn total(&self) -> f64 {
        self.shares.iter().sum()
    }
}

fn latency_ms(fixed: u64, jitter: u64) -> Latency {
    Latency {
        fixed: Duration::from_millis(fixed),
        jitter: Duration::from_millis(jitter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_go_wrong_as_often_as_they_say() {
        assert!(FaultSettings::none().total().abs() < 1e-9);
        assert!((FaultSettings::mild().total() - 0.08).abs() < 1e-9);
        assert!((FaultSettings::harsh().total() - 0.30).abs() < 1e-9);
    }

    #[test]
    fn kinds_are_laid_out_in_order() {
        for (place, kind) in FaultKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, place);
        }
    }
}
