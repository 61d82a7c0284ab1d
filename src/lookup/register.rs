//! Whom a look-up seeks, and where it puts what it finds.

use std::future::Future;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::{Line, Reason, UserId, UserState};
use crate::lookup::census::Census;
use crate::lookup::place::Place;
use crate::port::JournalError;

/// How many users are still sought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outstanding {
    /// By their ids.
    pub by_id: u64,
    /// By their names alone.
    pub by_name: u64,
}

/// A user who is sought: by id, or by `userName`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sought {
    /// By id.
    Id(Line, UserId),
    /// By name.
    UserName {
        /// The roster line.
        line: Line,
        /// The name, as the roster spells it.
        name: String,
        /// Whether a user of that name was shown already. There may be another one.
        is_hit: bool,
    },
}

impl Sought {
    /// The roster line.
    pub fn line(&self) -> Line {
        match self {
            Self::Id(line, _) | Self::UserName { line, .. } => *line,
        }
    }
}

/// What users are to be shown with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wants {
    /// Whether users are to be shown with what they have access to.
    pub access: bool,
    /// Workspaces that the change names: the look-up reports those that no user was seen in.
    pub workspaces: Vec<String>,
    /// Whether names may decide about a user: [`Register::lacking`] then says of whom they are not shown.
    pub names: bool,
}

/// How far a look-up has come: what another process needs to continue it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Position {
    /// The position in the user list.
    pub place: Place,
    /// What was seen of the tenant so far.
    pub census: Census,
}

/// Why a user was not found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    /// The code: [`Reason::NotFound`] if the provider says that there is no such user, anything else if
    /// it does not show the user.
    pub reason: Reason,
    /// In the provider's own words, or ours where it had none.
    pub words: Option<String>,
    /// The answer that says so, if one is about this user alone.
    pub answer: Option<Told>,
}

/// An answer about one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The HTTP status.
    pub status: u16,
    /// The server's name for the request.
    pub request_id: Option<String>,
    /// From sending to the last byte of the answer.
    pub elapsed: Duration,
}

impl Absence {
    /// No user was found for what was asked, and no single answer says so.
    pub fn not_found() -> Self {
        Self {
            reason: Reason::NotFound,
            words: None,
            answer: None,
        }
    }

    /// The provider does not show the user.
    pub fn unreadable(reason: Reason, words: impl Into<String>) -> Self {
        Self {
            reason,
            words: Some(words.into()),
            answer: None,
        }
    }

    /// Whether the provider says that there is no such user.
    pub fn is_not_found(&self) -> bool {
        self.reason == Reason::NotFound
    }
}

/// Knows which users are sought, and stores what is found. Each call is durable when it returns.
pub trait Register {
    /// What users are to be shown with.
    fn wants(&self) -> Wants;

    /// How many users are still sought: each user that was not shown with all that is wanted, and every
    /// name, until [`Register::resolve`] has said who is meant by it.
    fn outstanding(&mut self) -> impl Future<Output = Result<Outstanding, JournalError>>;

    /// The next users who are still sought, in the order of their lines, after line `after`; at most
    /// `limit` of them, none when there are no more.
    fn next(
        &mut self,
        after: Line,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Sought>, JournalError>>;

    /// How far an earlier look-up came, if it was interrupted.
    fn position(&mut self) -> impl Future<Output = Result<Option<Position>, JournalError>>;

    /// The places among these users of those who are sought, and of whom names or addresses are not shown
    /// that decide about them.
    fn lacking(
        &mut self,
        users: &[UserState],
    ) -> impl Future<Output = Result<Vec<usize>, JournalError>>;

    /// Takes users that a list or a search has shown, even those that are not sought, and how far the walk
    /// through the list has come. An entry that does not show what is wanted leaves its user sought.
    fn found(
        &mut self,
        users: Vec<UserState>,
        position: Option<Position>,
    ) -> impl Future<Output = Result<(), JournalError>>;

    /// Takes one user who was read alone. Returns whether the state shows the access that is wanted; if
    /// not, the user is still sought.
    fn seen(
        &mut self,
        sought: &Sought,
        state: UserState,
    ) -> impl Future<Output = Result<bool, JournalError>>;

    /// All that could show a user of a name was asked: says who is meant by each name, and by each id
    /// that was shown in another spelling only. One user is; of several, none is.
    fn resolve(&mut self) -> impl Future<Output = Result<(), JournalError>>;

    /// Takes note that some were not found.
    fn missing(
        &mut self,
        absent: Vec<(Sought, Absence)>,
    ) -> impl Future<Output = Result<(), JournalError>>;
}
