//! The outcome of a user, its reasons, and the status of a roster line.

use std::fmt;
use std::str::FromStr;

use crate::domain::{DecidedBy, UserState};

/// What showed that a user is in the wanted state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation {
    /// The body of the answer to the write itself.
    Body,
    /// A read of the user after the write.
    Reread,
}

impl Confirmation {
    /// The word in the ledger and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Reread => "reread",
        }
    }
}

/// Why a user did not reach the wanted state, as a stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The server says that the request is wrong (400 and similar).
    BadRequest,
    /// A PATCH found nothing to act on (400, `noTarget`). Perhaps nothing is left to remove.
    NoTarget,
    /// The server forbids it (403): the user is protected there, or a role is missing.
    Forbidden,
    /// The provider knows no such user (404, 410): a wrong id, or a user of another tenant.
    NotFound,
    /// The server does not support the request (405, 501).
    Unsupported,
    /// The server reports a conflict (409) or a lock (423).
    Conflict,
    /// Another administrator has changed the user in the meantime (412, or a read before the write showed
    /// it).
    Changed,
    /// The server redirects to another address (3xx). A credential is never sent there.
    Redirected,
    /// The server answered with success, and a read showed that nothing had changed.
    NotApplied,
    /// The server answered each attempt with an error of its own (5xx).
    ServerError,
    /// No attempt got an answer.
    NoAnswer,
    /// The answers did not show the user.
    Unreadable,
    /// The request would have to name more workspaces than one request may.
    TooManyWorkspaces,
    /// The user is the account that signs in.
    ActingAccount,
    /// The protect list covers the user.
    ProtectList,
    /// Several users of the provider have the name or id in the roster line.
    Ambiguous,
    /// The id and the address in the roster line are those of two different users.
    Mismatch,
    /// The look-up did not see the whole tenant, so it is not known whether the user exists.
    Unresolved,
    /// The server accepted the write and does not show whether it took effect.
    Unconfirmed,
    /// The request cannot be built from what the provider sent.
    Unsendable,
    /// The program itself failed on this user.
    Bug,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 21] = [
        Self::BadRequest,
        Self::NoTarget,
        Self::Forbidden,
        Self::NotFound,
        Self::Unsupported,
        Self::Conflict,
        Self::Changed,
        Self::Redirected,
        Self::NotApplied,
        Self::ServerError,
        Self::NoAnswer,
        Self::Unreadable,
        Self::TooManyWorkspaces,
        Self::ActingAccount,
        Self::ProtectList,
        Self::Ambiguous,
        Self::Mismatch,
        Self::Unresolved,
        Self::Unconfirmed,
        Self::Unsendable,
        Self::Bug,
    ];

    /// The code in the ledger and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::NoTarget => "no_target",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Unsupported => "unsupported",
            Self::Conflict => "conflict",
            Self::Changed => "changed",
            Self::Redirected => "redirected",
            Self::NotApplied => "not_applied",
            Self::ServerError => "server_error",
            Self::NoAnswer => "no_answer",
            Self::Unreadable => "unreadable",
            Self::TooManyWorkspaces => "too_many_workspaces",
            Self::ActingAccount => "acting_account",
            Self::ProtectList => "protect_list",
            Self::Ambiguous => "ambiguous",
            Self::Mismatch => "mismatch",
            Self::Unresolved => "unresolved",
            Self::Unconfirmed => "unconfirmed",
            Self::Unsendable => "unsendable",
            Self::Bug => "bug",
        }
    }
}

/// The text is not the code of a reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a reason: the report's column `reason` has the codes, such as `server_error`"
)]
pub struct ReasonError(String);

impl FromStr for Reason {
    type Err = ReasonError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.iter().find(|reason| reason.as_str() == text);
        known.copied().ok_or_else(|| ReasonError(text.to_owned()))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The outcome of a user in this job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The wanted state was shown, and a write of this job may have caused it.
    Removed(Confirmation),
    /// As `Removed`, for a change that gives back.
    Restored(Confirmation),
    /// The wanted state was shown, and this job had sent no write.
    Already,
    /// A rule forbids to write the user, for this reason.
    Protected(Reason),
    /// The provider knows no such user.
    NotFound,
    /// The answer was final, or the attempts are used up, and the user is known not to be in the wanted
    /// state.
    Failed(Reason),
    /// A write may have taken effect, and the user could not be read. The next run reads the user again.
    InDoubt(Reason),
}

impl Outcome {
    /// The status in the ledger of a user with this outcome.
    pub fn status(self) -> Status {
        match self {
            Self::Removed(_) => Status::Removed,
            Self::Restored(_) => Status::Restored,
            Self::Protected(_) => Status::Protected,
            Self::Already => Status::Already,
            Self::NotFound => Status::NotFound,
            Self::Failed(_) => Status::Failed,
            Self::InDoubt(_) => Status::InDoubt,
        }
    }

    /// What showed the wanted state; `None` if it was not shown.
    pub fn confirmation(self) -> Option<Confirmation> {
        match self {
            Self::Removed(by) | Self::Restored(by) => Some(by),
            Self::Already => Some(Confirmation::Reread),
            Self::Protected(_) | Self::NotFound | Self::Failed(_) | Self::InDoubt(_) => None,
        }
    }

    /// The reason, if this outcome has one.
    pub fn reason(self) -> Option<Reason> {
        match self {
            Self::Protected(reason) | Self::Failed(reason) | Self::InDoubt(reason) => Some(reason),
            Self::Removed(_) | Self::Restored(_) | Self::Already | Self::NotFound => None,
        }
    }
}

/// An outcome, with the last state that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// The outcome.
    pub outcome: Outcome,
    /// The state of the user as it was last shown, if it ever was.
    pub after: Option<UserState>,
    /// The provider's own words; if it had none, a sentence of this program.
    pub detail: Option<String>,
    /// The answer that decided, if it is not the last one. A read may follow a refused write.
    pub decided_by: Option<DecidedBy>,
}

macro_rules! statuses {
    ($($(#[$doc:meta])* $name:ident => $text:literal,)*) => {
        /// The status of a roster line. At any time each line has exactly one.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Status {
            $($(#[$doc])* $name,)*
        }

        impl Status {
            /// All of them, in the order of reports.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The word in the ledger and in reports.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

statuses! {
    /// The wanted state was shown after a write of this job.
    Removed => "removed",
    /// As removed, for a change that gives back.
    Restored => "restored",
    /// The user was in the wanted state without a write.
    Already => "already",
    /// A rule forbids to write the user.
    Protected => "protected",
    /// The provider knows no such user.
    NotFound => "not_found",
    /// The line cannot be used.
    Invalid => "invalid",
    /// The line names the same user as an earlier line.
    Duplicate => "duplicate",
    /// The answer was final, or the attempts are used up.
    Failed => "failed",
    /// A write may have taken effect. The next run reads the user to find out.
    InDoubt => "in_doubt",
    /// A run has stored its intent and has not recorded an answer yet.
    Claimed => "claimed",
    /// No write was sent, or the user was given back by a run.
    Pending => "pending",
}

impl Status {
    /// Reads the ledger's word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|status| status.as_str() == text)
    }

    /// Whether a run still has work to do for this line.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Claimed | Self::InDoubt)
    }

    /// Whether this line makes the job end with exit code 10.
    pub fn is_trouble(self) -> bool {
        matches!(
            self,
            Self::Failed | Self::NotFound | Self::Invalid | Self::InDoubt
        )
    }

    /// The status as reports show it. A claimed line is reported as in doubt.
    #[must_use]
    pub fn reported(self) -> Self {
        match self {
            Self::Claimed => Self::InDoubt,
            other => other,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_reads_back_from_its_word() {
        for status in Status::ALL {
            assert_eq!(Status::parse(status.as_str()), Some(*status));
        }
        assert_eq!(Status::parse("done"), None);
    }

    #[test]
    fn reasons_have_distinct_codes() {
        let mut codes = Reason::ALL.map(Reason::as_str).to_vec();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            assert_eq!(reason.as_str().parse(), Ok(reason));
        }
        assert!("soon".parse::<Reason>().is_err());
    }

    #[test]
    fn only_an_open_line_is_worked_on() {
        let open: Vec<_> = Status::ALL
            .iter()
            .filter(|status| status.is_open())
            .collect();
        assert_eq!(open, [&Status::InDoubt, &Status::Claimed, &Status::Pending]);
    }
}
