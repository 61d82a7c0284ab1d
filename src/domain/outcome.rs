//! How a user ended, and the states on the way there.

use std::fmt;
use std::str::FromStr;

use crate::domain::{DecidedBy, UserState};

/// What confirmed that a user is in the wanted state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation {
    /// The body of the answer to the write itself.
    Body,
    /// Reading the user afterwards.
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

/// A stable code for why a user could not be dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The server calls the request wrong (400 and its like).
    BadRequest,
    /// A PATCH found nothing to act on (400, `noTarget`): perhaps nothing is left to remove.
    NoTarget,
    /// The server forbids it (403): protected user, or a role is missing.
    Forbidden,
    /// No such user (404, 410): a wrong id, a visiting user, another tenant.
    NotFound,
    /// The server cannot do it (405, 501).
    Unsupported,
    /// The server sees a conflict (409).
    Conflict,
    /// Another administrator has changed the user meanwhile (412, or as seen before the write).
    Changed,
    /// The server sends elsewhere (3xx); a credential is never carried to another address.
    Redirected,
    /// The server said yes, and reading the user showed that nothing had changed.
    NotApplied,
    /// The server failed (5xx) on every attempt.
    ServerError,
    /// No answer came on any attempt.
    NoAnswer,
    /// Answers came that show no user.
    Unreadable,
    /// More workspaces would have to be named than one request may hold.
    TooManyWorkspaces,
    /// It is the account that signs in.
    ActingAccount,
    /// The protect list names the user.
    ProtectList,
    /// Several users of the provider have the name, or the id, that the roster gives.
    Ambiguous,
    /// The roster line's id and its address belong to two people.
    Mismatch,
    /// The look-up did not reach the whole tenant: whether the provider knows the user is not known.
    Unresolved,
    /// The server took the write, and does not show whether it took effect.
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

/// The text is no code of a reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no reason: the report's column `reason` has the codes, such as `server_error`")]
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

/// How a user ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The wanted state was shown, and a write of this job may have brought it about.
    Removed(Confirmation),
    /// As `Removed`, where the change gives back.
    Restored(Confirmation),
    /// The wanted state was shown, and this job had sent nothing.
    Already,
    /// A rail keeps the user from being touched, for this reason.
    Protected(Reason),
    /// The provider knows no such user.
    NotFound,
    /// A final answer, or the attempts are used up, and the wanted state is known not to be there.
    Failed(Reason),
    /// A write may have taken effect, and the user could not be read; the next run reads again.
    InDoubt(Reason),
}

impl Outcome {
    /// The state that a user of this outcome has in the ledger.
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

    /// What showed the wanted state, if it was shown.
    pub fn confirmation(self) -> Option<Confirmation> {
        match self {
            Self::Removed(by) | Self::Restored(by) => Some(by),
            Self::Already => Some(Confirmation::Reread),
            Self::Protected(_) | Self::NotFound | Self::Failed(_) | Self::InDoubt(_) => None,
        }
    }

    /// Why, where there is a reason to give.
    pub fn reason(self) -> Option<Reason> {
        match self {
            Self::Protected(reason) | Self::Failed(reason) | Self::InDoubt(reason) => Some(reason),
            Self::Removed(_) | Self::Restored(_) | Self::Already | Self::NotFound => None,
        }
    }
}

/// An outcome with what was seen last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// How the user ended.
    pub outcome: Outcome,
    /// The user as last shown, if ever.
    pub after: Option<UserState>,
    /// The provider's own words, or ours where it had none.
    pub detail: Option<String>,
    /// The answer that decided, where it is not the last one: a read may follow a refused write.
    pub decided_by: Option<DecidedBy>,
}

macro_rules! statuses {
    ($($(#[$doc:meta])* $name:ident => $text:literal,)*) => {
        /// Where a roster line stands. Each line has exactly one at any time.
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
    /// As removed, where the change gives back.
    Restored => "restored",
    /// The wanted state was there without a write.
    Already => "already",
    /// A rail keeps the user from being touched.
    Protected => "protected",
    /// The provider knows no such user.
    NotFound => "not_found",
    /// The line cannot be used.
    Invalid => "invalid",
    /// The line names a user whom an earlier line names.
    Duplicate => "duplicate",
    /// A final answer, or the attempts are used up.
    Failed => "failed",
    /// A write may have taken effect; reading the user will tell.
    InDoubt => "in_doubt",
    /// A run has made its intent durable and has not recorded an answer yet.
    Claimed => "claimed",
    /// Nothing has been sent, or attempts were given back.
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

    /// Whether a run still has something to do here.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Claimed | Self::InDoubt)
    }

    /// Whether this line keeps a job from ending well (exit code 10).
    pub fn is_trouble(self) -> bool {
        matches!(
            self,
            Self::Failed | Self::NotFound | Self::Invalid | Self::InDoubt
        )
    }

    /// The status as reports show it: a claim that no run holds any more is in doubt.
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
