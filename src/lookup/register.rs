//! The register of a look-up: it knows the users that are sought, and stores those that are found.

use std::future::Future;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::{Line, Reason, UserId, UserState};
use crate::lookup::list::ListCursor;
use crate::lookup::tenant_counts::Census;
use crate::port::JournalError;

/// How many users are still sought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Outstanding {
    /// By their ids.
    pub by_id: u64,
    /// By their names alone.
    pub by_name: u64,
}

/// A user that is sought: by id, or by `userName`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sought {
    /// By id.
    Id(Line, UserId),
    /// By name.
    UserName {
        /// The roster line.
        line: Line,
        /// The name, as the roster spells it.
        name: String,
        /// Whether a user of that name was shown already. There may be a second one.
        is_hit: bool,
    },
}

impl Sought {
    /// The roster line.
    pub(crate) fn line(&self) -> Line {
        match self {
            Self::Id(line, _) | Self::UserName { line, .. } => *line,
        }
    }
}

/// What is to be known of each user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Wants {
    /// Whether the access of each user is to be shown.
    pub access: bool,
    /// Workspaces that the change names. The look-up reports those that no user was shown to have.
    pub workspaces: Vec<String>,
    /// Whether names and addresses may decide about a user. [`Register::lacking`] then names the users that were
    /// shown without them.
    pub names: bool,
}

/// How far a look-up has come: what another process needs to continue it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Position {
    /// The position in the user list.
    #[serde(rename = "place")]
    pub cursor: ListCursor,
    /// What is known of the tenant so far.
    pub census: Census,
}

/// Why a user was not found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Absence {
    /// The code: [`Reason::NotFound`] if the provider says that there is no such user, another reason if the
    /// provider does not show the user.
    pub reason: Reason,
    /// The words of the provider, or ours if it gave none.
    pub words: Option<String>,
    /// The answer about this user alone, if there was one.
    pub answer: Option<RecordedAnswer>,
}

/// The answer to the read of one user, as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordedAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The server's name for the request.
    pub request_id: Option<String>,
    /// From sending to the last byte of the answer.
    pub elapsed: Duration,
}

impl Absence {
    /// No user was found, and no single answer says so.
    pub(crate) fn not_found() -> Self {
        Self {
            reason: Reason::NotFound,
            words: None,
            answer: None,
        }
    }

    /// The provider does not show the user.
    pub(crate) fn unreadable(reason: Reason, words: impl Into<String>) -> Self {
        Self {
            reason,
            words: Some(words.into()),
            answer: None,
        }
    }

    /// Whether the provider says that there is no such user.
    pub(crate) fn is_not_found(&self) -> bool {
        self.reason == Reason::NotFound
    }
}

/// Knows which users are sought, and stores those that are found. Each call is durable when it returns.
pub(crate) trait Register {
    /// What is to be known of each user.
    fn wants(&self) -> Wants;

    /// How many users are still sought. A user is sought until it was shown with all that is wanted, a name until
    /// [`Register::resolve`] has found its user.
    fn outstanding(&mut self) -> impl Future<Output = Result<Outstanding, JournalError>>;

    /// The next users that are still sought, in the order of their lines, after line `after`; at most
    /// `limit` of them, none when there are no more.
    fn next(
        &mut self,
        after: Line,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Sought>, JournalError>>;

    /// How far an earlier look-up came, if it was interrupted.
    fn position(&mut self) -> impl Future<Output = Result<Option<Position>, JournalError>>;

    /// The indexes of those of `users` that are sought and that are shown without a name or the addresses that
    /// decide about them.
    fn lacking(
        &mut self,
        users: &[UserState],
    ) -> impl Future<Output = Result<Vec<usize>, JournalError>>;

    /// Takes users that a list or a search has shown, even those that are not sought, and the position of the walk
    /// through the list. A user whose entry does not show all that is wanted is still sought.
    fn found(
        &mut self,
        users: Vec<UserState>,
        position: Option<Position>,
    ) -> impl Future<Output = Result<(), JournalError>>;

    /// Takes users that were read one by one. Returns those whose states do not show the access that is wanted: they
    /// are still sought.
    fn seen(
        &mut self,
        users: Vec<(Sought, UserState)>,
    ) -> impl Future<Output = Result<Vec<Sought>, JournalError>>;

    /// All requests that could show a user of a name were made. Finds the user of each name, and of each id that
    /// was shown in another spelling only. If several users fit, none of them is taken.
    fn resolve(&mut self) -> impl Future<Output = Result<(), JournalError>>;

    /// Takes the users that were not found.
    fn missing(
        &mut self,
        absent: Vec<(Sought, Absence)>,
    ) -> impl Future<Output = Result<(), JournalError>>;
}
