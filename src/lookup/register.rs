//! Whom a look-up seeks, and where it puts what it finds.

use std::future::Future;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::{Line, Reason, UserId, UserState};
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
    /// By name, as the roster spells it.
    UserName(Line, String),
}

impl Sought {
    /// The roster line.
    pub fn line(&self) -> Line {
        match self {
            Self::Id(line, _) | Self::UserName(line, _) => *line,
        }
    }
}

/// How far a walk through the user list has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Position {
    /// The `startIndex` of the next page, counted from 1.
    pub next: u64,
    /// Users on one page, as the server gives them.
    pub page: u64,
    /// Users in the list, as the server last said.
    pub total: u64,
    /// Active users seen so far.
    pub active: u64,
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
    /// Nobody answers to what was asked for, and no single answer says so.
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

/// Whoever seeks users and keeps what is found. Each call is durable when it returns.
pub trait Register {
    /// How many users are still sought.
    fn outstanding(&mut self) -> impl Future<Output = Result<Outstanding, JournalError>>;

    /// The next users who are still sought, in the order of their lines, after line `after`; at most
    /// `limit` of them, none when there are no more.
    fn next(
        &mut self,
        after: Line,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Sought>, JournalError>>;

    /// How far an earlier walk through the list came, if it was interrupted.
    fn position(&mut self) -> impl Future<Output = Result<Option<Position>, JournalError>>;

    /// Takes users who were shown, those included whom nobody seeks, and how far the walk through the
    /// list has come.
    fn found(
        &mut self,
        users: Vec<UserState>,
        position: Option<Position>,
    ) -> impl Future<Output = Result<(), JournalError>>;

    /// Takes note that somebody was not found.
    fn missing(
        &mut self,
        sought: &Sought,
        absence: Absence,
    ) -> impl Future<Output = Result<(), JournalError>>;
}
