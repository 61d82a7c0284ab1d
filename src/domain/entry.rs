//! What the engine tells the journal: facts about one user, each durable before anything follows
//! from it.

use std::time::Duration;

use crate::domain::{Line, RequestKind, Settlement, Timestamp, UserState, Verdict};

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
        /// Whether a write may have taken effect, so that the user must be read first.
        in_doubt: bool,
        /// Why, for people.
        why: String,
    },
}
