//! What the scripted tenant does with one request.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::RequestKind;

/// The request that the script is asked about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScriptedRequest<'a> {
    pub(crate) user: &'a str,
    pub(crate) kind: RequestKind,
    /// The number of the request among those of its kind for this user, from 1, over all runs.
    pub(crate) nth: u32,
}

/// Chooses what happens to a request.
pub(crate) type Script = Arc<dyn Fn(ScriptedRequest<'_>) -> Behaviour + Send + Sync>;

/// What happens to one request. A read that gets a behaviour of writes shows the user as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// 200 and the user as it now is; a write is applied.
    Confirm,
    /// 204; a write is applied.
    Quiet,
    /// A write is applied, and the answer is lost.
    AppliedThenLost,
    /// The request is lost before it arrives.
    Lost,
    /// Connecting fails.
    NotSent,
    /// A proxy lets no request through.
    Blocked,
    /// 500; a write is applied all the same.
    FailApplied,
    /// 500.
    Fail,
    /// 503 with `Retry-After`.
    Busy(u64),
    /// 429, with or without `Retry-After`.
    Throttle(Option<u64>),
    /// 429, with or without `Retry-After`, and no request remains for so many seconds.
    Spent(Option<u64>, u64),
    /// As `Confirm`, and so many requests remain for so many seconds.
    Remain(u64, u64),
    /// 401 to this credential from now on.
    Expire,
    /// This status and no body; nothing is applied.
    Status(u16),
    /// 400 `noTarget`.
    NoTarget,
    /// 200 with the user unchanged.
    Ignore,
    /// 207: the workspaces are gone, the user is still active.
    Half,
    /// 200 with a page that is no user.
    Garbage,
    /// 200 and the user without `active`; a write is applied.
    Shy,
    /// The request cannot be built.
    Unsendable,
    /// As `Confirm`, after so many seconds; a write is applied at once.
    Stall(u64),
    /// The program panics.
    Panic,
}

impl Behaviour {
    /// Whether a write takes effect in full.
    pub(super) fn applies(self) -> bool {
        matches!(
            self,
            Self::Confirm
                | Self::Quiet
                | Self::Shy
                | Self::AppliedThenLost
                | Self::FailApplied
                | Self::Stall(_)
                | Self::Remain(..)
        )
    }

    /// How much longer than usual the answer takes.
    pub(super) fn delay(self) -> Duration {
        match self {
            Self::Stall(seconds) => Duration::from_secs(seconds),
            _ => Duration::ZERO,
        }
    }

    /// Picks one of the behaviours that any user may meet, from 64 random bits.
    pub(crate) fn any(random: u64) -> Self {
        // Success is as likely as all other behaviours together, so that runs make progress.
        match random % 32 {
            0 => Self::Quiet,
            1 => Self::AppliedThenLost,
            2 => Self::Lost,
            3 => Self::NotSent,
            4 => Self::FailApplied,
            5 => Self::Fail,
            6 => Self::Busy(1 + random / 64 % 20),
            7 => Self::Throttle(Some(random / 64 % 20)),
            8 => Self::Throttle(None),
            9 => Self::Expire,
            10 => Self::Status(403),
            11 => Self::Status(409),
            12 => Self::NoTarget,
            13 => Self::Ignore,
            14 => Self::Half,
            15 => Self::Garbage,
            16 => Self::Stall(random / 64 % 50),
            17 => Self::Status(408),
            18 => Self::Shy,
            _ => Self::Confirm,
        }
    }
}
