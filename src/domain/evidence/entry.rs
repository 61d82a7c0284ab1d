//! The facts about users that the engine writes to the journal. The engine acts on a fact only after it
//! is durable.

use std::time::Duration;

use crate::domain::{Line, RequestKind, Settlement, Timestamp, UserState, Verdict};

/// What the writes of a job may have done to a user so far.
///
/// While it is `None`, the user still has the state from before the job. Once a write may have been sent,
/// the stored state from before the job is no longer updated, unless a read shows that nothing of it is
/// missing ([`Fact::Renewed`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Effect {
    /// No write was sent, so nothing was changed.
    #[default]
    None,
    /// A write may have taken effect, and no answer has shown whether it did. The user is read before anything
    /// else is sent.
    Maybe,
    /// Writes may have taken effect in part, and the user was read since. The user is read again before the
    /// next write, since the state from before the job is no longer the present one.
    Part,
}

impl Effect {
    /// The word in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Maybe => "maybe",
            Self::Part => "part",
        }
    }

    /// Reads the ledger's word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::None, Self::Maybe, Self::Part]
            .into_iter()
            .find(|effect| effect.as_str() == text)
    }
}

/// One fact about the user of one roster line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The line that names the user.
    pub line: Line,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub fact: Fact,
}

/// What a verification has found about a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// The user is in the state in which the job left it.
    Confirmed,
    /// The user has something again that the job took, or lacks what the job gave back.
    Drifted,
    /// The provider no longer knows the user.
    Gone,
    /// The user could not be read.
    Unread,
}

impl Finding {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 4] = [Self::Confirmed, Self::Drifted, Self::Gone, Self::Unread];

    /// The word in the ledger and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Drifted => "drifted",
            Self::Gone => "gone",
            Self::Unread => "unread",
        }
    }
}

/// What happened to a user, or what was learned about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// The user was read: this is the state before the job. Durable before the first intent (P11).
    LookedUp(UserState),
    /// A read after the first intent has shown that the user still has everything from before the job. The
    /// state in this fact replaces the stored one, since other administrators may have granted more.
    Renewed(UserState),
    /// A user of a plan was read again before the first write, and has other names than when the plan was
    /// made. The new names are stored. The state before the job stays as the plan has it.
    Sampled(UserState),
    /// A write is about to be sent. Durable before its first byte leaves (P1).
    Begun {
        /// The number of the write for this user, counted from 1 over all runs.
        attempt: u32,
        /// The request, without the credential.
        request: String,
    },
    /// A request was answered, or got no answer.
    Ended {
        /// Whether it was a read or a write.
        kind: RequestKind,
        /// The number of the write, or of the write that the read follows.
        attempt: u32,
        /// What the answer means.
        verdict: Verdict,
        /// The HTTP status; `None` if no answer came.
        status: Option<u16>,
        /// The id that the server gave to the request.
        request_id: Option<String>,
        /// The provider's own words, or why there was no answer.
        detail: Option<String>,
        /// From sending to the last byte of the answer.
        elapsed: Duration,
    },
    /// The user has an outcome.
    Settled(Settlement),
    /// A verification read the user again after the outcome.
    Verified {
        /// What was found.
        finding: Finding,
        /// The present state of the user, if it was shown.
        shown: Option<UserState>,
        /// What differs, or why the user was not shown.
        detail: Option<String>,
    },
    /// The run gives the user back without an outcome. A later run continues with it.
    Released {
        /// The number of writes that count. A write that was begun and never sent does not count.
        attempts: u32,
        /// What the writes so far may have done. `Maybe` makes the user in doubt.
        effect: Effect,
        /// Whether a write was sent, or may have been, for which no answer was recorded.
        unanswered: bool,
        /// Why, in words.
        why: String,
    },
}
