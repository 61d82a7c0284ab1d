//! The two traits between the engine and the world: who answers requests, and who remembers.
//!
//! The engine is written against these alone, so that its rules can be tested on paused time with
//! scripted implementations. This file knows nothing of HTTP, SCIM, tokens or SQL.

use std::future::Future;

use crate::domain::{
    Answer, Credential, Effect, Entry, Filter, Goal, KnownNames, Line, Operation, PageAt, Request,
    Resource, Seen, Silence, UserId,
};

/// A user that a run has still to deal with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The roster line that names the user.
    pub line: Line,
    /// The user's id at the provider.
    pub user: UserId,
    /// Writes begun for this user so far, in all runs.
    pub attempts: u32,
    /// What the writes so far may have done.
    pub effect: Effect,
    /// What the user is to have.
    pub goal: Goal,
    /// What the user had when last seen before the first write. No user is written without it.
    pub before: Option<Seen>,
    /// By what else the user is known: the door to a write asks for it.
    pub known: KnownNames,
}

impl Subject {
    /// Whether no write has been sent for the user yet, or none since a retry has opened it again.
    pub fn is_new(&self) -> bool {
        self.effect == Effect::None || self.attempts == 0
    }
}

/// Why there is no credential to sign requests with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// The provider refuses who we are; trying again is useless.
    #[error("sign-in refused: {0}")]
    Refused(String),
    /// Something on the way, such as a proxy, lets no request through until a person has dealt with it.
    #[error("no request gets through: {0}")]
    Blocked(String),
    /// The sign-in service cannot be reached, or fails.
    #[error("cannot sign in: {0}")]
    Unavailable(String),
}

/// A place that knows users: it says how a request for one looks, and sends it.
pub trait Directory: Send + Sync + 'static {
    /// The request that does `operations` to `user`, in their order. `shown` is the whole user as it
    /// was read right before, which is there if [`crate::domain::Means::from_read`] asks for it.
    fn write_request(
        &self,
        user: &UserId,
        operations: &[Operation],
        shown: Option<&Resource>,
    ) -> Request;

    /// The request that shows `user`.
    fn read_request(&self, user: &UserId) -> Request;

    /// The request for one page of the list of all users: `count` users from `at` on. A page of one user
    /// is the neutral request that shows whether the account may read at all.
    fn page_request(&self, at: &PageAt, count: u64) -> Request;

    /// The request for the users that fit `filter`, at most `count` of them.
    fn search_request(&self, filter: &Filter, count: u64) -> Request;

    /// The request for one page of the list of the users that fit `expression`, a filter in the
    /// provider's own language: `count` users from `at` on.
    fn filtered_request(&self, expression: &str, at: &PageAt, count: u64) -> Request;

    /// The attribute of a user in which access is shown; `None` if the profile names none.
    fn access_attribute(&self) -> Option<&str>;

    /// Whether the provider is known to have that attribute: an answer has shown it, or declared it, or
    /// an earlier run saw it ([`Directory::learn_access`]). Until then a user without it may have access
    /// that this attribute never shows.
    fn shows_access(&self) -> bool;

    /// Takes note that an earlier run saw the attribute in which access is shown.
    fn learn_access(&self);

    /// Whether the provider is known to have an attribute of e-mail addresses: an answer has shown an
    /// address of any user, or declared the attribute.
    fn has_addresses(&self) -> bool;

    /// The request for the attributes that the provider declares (RFC 7644 §4). An answer in which the
    /// attribute of access is declared counts as [`Directory::shows_access`] from then on, and one in which
    /// that of addresses is declared as [`Directory::has_addresses`].
    fn schemas_request(&self) -> Request;

    /// Makes sure that a good credential is at hand. Takes its own leave of the pace.
    fn ready(&self) -> impl Future<Output = Result<(), SignInError>> + Send;

    /// Sends one request, once. Dropping the future abandons the request: then it is not known whether
    /// it took effect.
    fn send(&self, request: &Request) -> impl Future<Output = Result<Answer, Silence>> + Send;

    /// Replaces the credential that was just refused. Many callers with the same `refused`
    /// credential cause one renewal.
    fn renew(&self, refused: Credential) -> impl Future<Output = Result<(), SignInError>> + Send;
}

/// The journal cannot be written or read; nothing more may be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct JournalError(pub String);

/// The memory of a run.
pub trait Journal: Clone + Send + Sync + 'static {
    /// The next users to deal with, in the order of their lines, after line `after`; at most
    /// `limit` of them, none when there are no more.
    fn page(
        &self,
        after: Line,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Subject>, JournalError>> + Send;

    /// Stores facts, in order. They are durable when this returns.
    fn record(&self, entries: Vec<Entry>) -> impl Future<Output = Result<(), JournalError>> + Send;
}
