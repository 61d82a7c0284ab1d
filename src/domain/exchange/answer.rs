//! What came back for a request: an answer, or silence. The terms are those that every provider shares.

use std::fmt;
use std::time::Duration;

use crate::domain::UserState;

/// One page of a list of users.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserPage {
    /// How many users the whole list has, if the answer says.
    pub total: Option<u64>,
    /// The users on this page.
    pub users: Vec<UserState>,
    /// The cursor of the next page, if the provider pages by cursors (RFC 9865).
    pub next_cursor: Option<String>,
}

/// The number of the credential that a request was sent with. Each renewal adds one, so that many requests
/// that are refused at the same time cause only one renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Credential(pub u64);

/// What a provider says about an error (RFC 7644 §3.12), or the text of an answer that is not a SCIM
/// error. Control characters are removed and the length is limited.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problem {
    /// `scimType`, if given.
    pub scim_type: Option<String>,
    /// `detail`, or the beginning of the text of the answer.
    pub detail: Option<String>,
    /// Whether the body says that the request was refused or failed, even if the status says otherwise.
    pub is_refusal: bool,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.scim_type, &self.detail) {
            (Some(kind), Some(detail)) => write!(f, "{kind}: {detail}"),
            (Some(text), None) | (None, Some(text)) => f.write_str(text),
            (None, None) => Ok(()),
        }
    }
}

/// What the body of an answer holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A user.
    User(UserState),
    /// A page of a list of users.
    Page(UserPage),
    /// Nothing.
    Empty,
    /// Another JSON object: an error body, or another resource.
    Other(Problem),
    /// No JSON object: a page of a proxy, or of a server that is not a SCIM service. Its text, shortened.
    Foreign(String),
    /// The status line arrived, but not the whole body. The text says why.
    Broken(String),
    /// The body is longer than the limit. A page with fewer users may fit.
    TooLong,
}

/// A whole user as the provider sent it, as JSON. Only the SCIM client interprets it.
#[derive(Clone, PartialEq, Eq)]
pub struct Resource {
    /// The JSON text.
    pub whole: String,
    /// The version that a header of the answer gives (`ETag`).
    pub version: Option<String>,
}

impl fmt::Debug for Resource {
    /// Prints the length only: the text is all that a provider knows about a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resource({} bytes)", self.whole.len())
    }
}

/// How many more requests the server says that it grants. A hint: any `Retry-After` takes precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Requests that the server still grants before the reset.
    pub remaining: u64,
    /// Time until the reset, from the arrival of the answer.
    pub resets_in: Duration,
}

impl Allowance {
    /// The longest wait that follows from this hint alone. The hint may speak of a quota per day, or come
    /// from a wrong clock, and one request every five minutes does no harm.
    pub const LONGEST_RESET: Duration = Duration::from_mins(5);

    /// How long to send nothing: `None` while requests remain, else at most [`Allowance::LONGEST_RESET`].
    pub fn wait(self) -> Option<Duration> {
        let wait = self.resets_in.min(Self::LONGEST_RESET);
        (self.remaining == 0 && !wait.is_zero()).then_some(wait)
    }
}

/// The answer that decided the outcome of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedBy {
    /// Its HTTP status.
    pub status: u16,
    /// The id that the server gave to the request.
    pub request_id: Option<String>,
}

/// An answer. At least its status line has arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status, 100–599.
    pub status: u16,
    /// The body.
    pub content: Content,
    /// The user as it was sent, if the next write is computed from it.
    pub resource: Option<Resource>,
    /// How long the server asks the client to wait. It holds for all requests of the process.
    pub wait: Option<Duration>,
    /// How many more requests the server says it grants.
    pub allowance: Option<Allowance>,
    /// The id that the server gave to this request. The provider's support asks for it.
    pub request_id: Option<String>,
    /// The credential that the request was sent with.
    pub credential: Credential,
}

impl Answer {
    /// The provider's own words, if the body has any.
    pub fn words(&self) -> Option<String> {
        match &self.content {
            Content::Other(problem) => Some(problem.to_string()).filter(|text| !text.is_empty()),
            Content::Broken(text) | Content::Foreign(text) => {
                Some(text.clone()).filter(|text| !text.is_empty())
            }
            Content::TooLong => Some("the body is longer than 8 MiB".to_owned()),
            Content::User(_) | Content::Page(_) | Content::Empty => None,
        }
    }
}

/// No answer arrived. The text is the whole chain of causes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Silence {
    /// Name resolution or connecting failed. The request was not sent.
    #[error("cannot reach the server: {0}")]
    NotSent(String),
    /// Something between this machine and the server blocks all requests, until a person has dealt with
    /// it. The request was not sent.
    #[error("no request gets through: {0}")]
    Blocked(String),
    /// The request cannot be built, so it can never be sent.
    #[error("the request cannot be built: {0}")]
    Unsendable(String),
    /// The connection broke or timed out when the request may already have been sent.
    #[error("no answer: {0}")]
    Lost(String),
}
