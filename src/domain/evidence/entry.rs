//! What the engine writes to the journal: facts about one user, each durable before the engine acts on
//! it.

use std::time::Duration;

use crate::domain::{Line, RequestKind, Settlement, Timestamp, UserState, Verdict};

/// What the writes of a job may have done to a user so far.
///
/// While it is `None`, what the user has is what the user had before the job. From the first write that
/// may have left on, the state before the job is kept as it was seen then, unless a read shows that nothing
/// of it is missing ([`Fact::Renewed`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Effect {
    /// None has left: nothing.
    #[default]
    None,
    /// One may have taken effect, and no answer has shown whether: the user is read before anything else.
    Maybe,
    /// Some may have taken effect in part, and the user was read since. The user is read again before the
    /// next write, since what was seen before the job is no longer what the user has.
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

/// What looking again at a user has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// All is as the job left it.
    Confirmed,
    /// The user has something again that was taken, or lacks what was given back.
    Drifted,
    /// The provider knows the user no longer.
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

/// What happened to a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// What the user has before anything is written. Durable before the first intent (P11).
    LookedUp(UserState),
    /// A read has shown, after the first intent, that nothing is missing of what the user had before: what
    /// the user has now takes its place. Other administrators may have granted more since.
    Renewed(UserState),
    /// A user of a plan was read again before the first write, and is known by other names than when the
    /// plan was made. The names count from now on; what the user had before the job stays as the plan has it.
    Sampled(UserState),
    /// A write is about to be sent. Durable before its first byte leaves (P1).
    Begun {
        /// Which write for this user it is, counted from 1 over all runs.
        attempt: u32,
        /// The request, without the credential.
        request: String,
    },
    /// A request was answered, or was met with silence.
    Ended {
        /// Whether it was a write.
        kind: RequestKind,
        /// Which write it was, or follows.
        attempt: u32,
        /// What the answer means.
        verdict: Verdict,
        /// The HTTP status; `None` if no answer came.
        status: Option<u16>,
        /// The server's name for the request.
        request_id: Option<String>,
        /// The provider's own words, or why there are none.
        detail: Option<String>,
        /// From sending to the last byte of the answer.
        elapsed: Duration,
    },
    /// The user has an outcome.
    Settled(Settlement),
    /// The user was looked at again, after the outcome.
    Verified {
        /// What was found.
        finding: Finding,
        /// What the user has now, if the user was shown.
        shown: Option<UserState>,
        /// What differs, or why nothing was shown.
        detail: Option<String>,
    },
    /// The user goes back, to be dealt with by a later run.
    Released {
        /// Writes that count: those that were begun and never sent are given back.
        attempts: u32,
        /// What the writes so far may have done. `Maybe` puts the user in doubt.
        effect: Effect,
        /// Whether a write left, or may have, of which no answer was recorded.
        unanswered: bool,
        /// Why, for people.
        why: String,
    },
}
