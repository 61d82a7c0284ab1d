//! The two traits through which the engine reaches the outside: a [`Directory`] answers requests, and a
//! [`Journal`] stores facts.
//!
//! The engine is written against these alone, so that its rules can be tested on paused time with
//! scripted implementations. This file knows nothing of HTTP, SCIM, tokens or SQL.

use std::future::Future;

use crate::domain::{
    Answer, Credential, Effect, Entry, Filter, Goal, KnownNames, Line, Operation, PageAt, Request,
    Resource, Seen, Silence, UserId,
};

/// A user without an outcome, as the journal hands it to a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject {
    /// The roster line that names the user.
    pub line: Line,
    /// The user's id at the provider.
    pub user: UserId,
    /// Writes begun for this user so far, in all runs.
    pub attempts: u32,
    /// What the writes so far may have done.
    pub effect: Effect,
    /// The wanted state of the user.
    pub goal: Goal,
    /// The state in which the user was last seen before the first write. No user is written without it.
    pub before: Option<Seen>,
    /// The other names of the user: the door checks them before each write.
    pub known: KnownNames,
}

impl Subject {
    /// Whether no write has been sent for the user yet, or none since a retry has reopened it.
    pub(crate) fn is_new(&self) -> bool {
        self.effect == Effect::None || self.attempts == 0
    }
}

/// Why there is no credential to sign requests with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// The provider refuses the credential: trying again is of no use.
    #[error("sign-in refused: {0}")]
    Refused(String),
    /// Something on the way, such as a proxy, lets no request through until a person has fixed it.
    #[error("no request gets through: {0}")]
    Blocked(String),
    /// The sign-in service cannot be reached, or fails.
    #[error("cannot sign in: {0}")]
    Unavailable(String),
}

/// The provider: it builds requests about its users, and sends them.
pub trait Directory: Send + Sync + 'static {
    /// The request that applies `operations` to `user`, in their order. `shown` is the whole user as it
    /// was read right before; it is given if [`crate::domain::Means::from_read`] says so.
    fn write_request(
        &self,
        user: &UserId,
        operations: &[Operation],
        shown: Option<&Resource>,
    ) -> Request;

    /// The request that shows `user`.
    fn read_request(&self, user: &UserId) -> Request;

    /// The request for one page of the list of all users: `count` users from `at` on. A page of one user
    /// shows whether the account may read users at all.
    fn page_request(&self, at: &PageAt, count: u64) -> Request;

    /// The request for the users that match `filter`, at most `count` of them.
    fn search_request(&self, filter: &Filter, count: u64) -> Request;

    /// The request for one page of the users that match `expression`, a filter in the provider's own
    /// language: `count` users from `at` on.
    fn filtered_request(&self, expression: &str, at: &PageAt, count: u64) -> Request;

    /// The attribute of a user in which access is shown; `None` if the profile names none.
    fn access_attribute(&self) -> Option<&str>;

    /// Whether the provider is known to have that attribute: an answer has shown or declared it, or an
    /// earlier run saw it ([`Directory::learn_access`]). Until then, a user without the attribute may have
    /// access that the attribute does not show.
    fn shows_access(&self) -> bool;

    /// An earlier run saw the attribute in which access is shown.
    fn learn_access(&self);

    /// Whether the provider is known to have an attribute of e-mail addresses: an answer has shown an
    /// address of any user, or declared the attribute.
    fn has_addresses(&self) -> bool;

    /// The request for the attributes that the provider declares (RFC 7644 §4). An answer in which the
    /// attribute of access is declared counts as [`Directory::shows_access`] from then on, and one in which
    /// that of addresses is declared as [`Directory::has_addresses`].
    fn schemas_request(&self) -> Request;

    /// Waits until there is a good credential. A request for one takes its own rate-limit permit.
    fn ready(&self) -> impl Future<Output = Result<(), SignInError>> + Send;

    /// Sends one request, once. Dropping the future abandons the request: then it is not known whether
    /// the request took effect.
    fn send(&self, request: &Request) -> impl Future<Output = Result<Answer, Silence>> + Send;

    /// Replaces the credential that was just refused. Many callers with the same `refused`
    /// credential cause one renewal.
    fn renew(&self, refused: Credential) -> impl Future<Output = Result<(), SignInError>> + Send;
}

/// The journal cannot be written or read; nothing more may be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct JournalError(pub String);

/// The durable record of a job: it hands out users, and stores the facts about them.
pub(crate) trait Journal: Clone + Send + Sync + 'static {
    /// The next users without an outcome, in the order of their lines, after line `after`; at most
    /// `limit` of them, none when there are no more.
    fn page(
        &self,
        after: Line,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Subject>, JournalError>> + Send;

    /// Stores facts, in order. They are durable when this returns.
    fn record(&self, entries: Vec<Entry>) -> impl Future<Output = Result<(), JournalError>> + Send;
}
