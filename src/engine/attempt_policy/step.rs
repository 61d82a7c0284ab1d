//! The steps that the policy chooses from, and what became of a request.

use std::time::Duration;

use crate::domain::{Outcome, RequestKind};

/// What to do next for a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Step {
    /// Send the next write.
    Write,
    /// Read the user.
    Read,
    /// Back off, at least as long as the server asks, then go on with the given kind.
    BackOff(RequestKind, Option<Duration>),
    /// Repeat the same request. The pace holds it until the wait is over that the server has asked for.
    Hold(RequestKind),
    /// Renew the credential, then repeat the same request.
    Renew(RequestKind),
    /// The user has an outcome.
    Settle(Outcome),
    /// The user may be neither written nor read. Find out whether that holds for all users. If not, the user
    /// has this outcome.
    AskRole(Outcome),
    /// The user cannot be read: server errors, no answers, or answers that show no user. Find out whether the
    /// target answers at all. If it does, the user has this outcome.
    AskTarget(Outcome),
    /// A fresh credential was refused too: the user goes back, and the run stops.
    Rejected,
}

impl Step {
    /// The kind of the request that the step is about.
    pub(in crate::engine) fn kind(self) -> RequestKind {
        match self {
            Self::Write => RequestKind::Write,
            Self::BackOff(kind, _) | Self::Hold(kind) | Self::Renew(kind) => kind,
            Self::Read
            | Self::AskRole(_)
            | Self::AskTarget(_)
            | Self::Rejected
            | Self::Settle(_) => RequestKind::Read,
        }
    }
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Delivery {
    /// It never left.
    NotSent,
    /// It may have left, and no answer came.
    NoAnswer,
    /// An answer came.
    Answered,
}
