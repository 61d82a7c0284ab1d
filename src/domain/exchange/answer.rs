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
    /// The cursor of the page that follows, where the provider pages by cursors (RFC 9865).
    pub next_cursor: Option<String>,
}

/// Which credential a request was signed with: counts up by one with each renewal, so that many

/// requests refused at once cause one renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Credential(pub u64);

/// A provider's own account of what went wrong (RFC 7644 §3.12), or the text of an answer that is

/// no SCIM error. Control characters are gone and the length is capped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problem {
    /// `scimType`, if given.
    pub scim_type: Option<String>,
    /// `detail`, or the beginning of whatever text came.
    pub detail: Option<String>,
    /// The body itself says that the request was refused or has failed, whatever the status is.
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

/// What an answer's body turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A user.
    User(UserState),
    /// A page of a list of users.
    Page(UserPage),
    /// Nothing.
    Empty,
    /// Something else that a service says: an error body, another resource.
    Other(Problem),
    /// No JSON object: a proxy's page, or a server that is no such service. Its text, cut.
    Foreign(String),
    /// The status line came, the body did not come whole; the text says why.
    Broken(String),
    /// The body is longer than what is read of one: fewer users at a time may fit.
    TooLong,
}

/// A whole user as the provider sent it: JSON, which only the part that asked for it understands.
#[derive(Clone, PartialEq, Eq)]
pub struct Resource {
    /// The JSON text.
    pub whole: String,
    /// The version that a header of the answer gives (`ETag`).
    pub version: Option<String>,
}

impl fmt::Debug for Resource {
    /// It is all that a provider knows about a person, so that none of it is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resource({} bytes)", self.whole.len())
    }
}

/// What a server says it still grants: a hint, which any `Retry-After` overrules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Requests that it still answers before the reset.
    pub remaining: u64,
    /// Time until there are more, from the arrival of the answer.
    pub resets_in: Duration,
}

impl Allowance {
    /// Longest wait on the word of a hint alone: quotas may be per day, clocks may be wrong, and one
    /// request every five minutes does no harm.
    pub const LONGEST_WAIT: Duration = Duration::from_mins(5);

    /// How long to send nothing; `None` while something remains. At most
    /// [`Allowance::LONGEST_WAIT`].
    pub fn wait(self) -> Option<Duration> {
        let wait = self.resets_in.min(Self::LONGEST_WAIT);
        (self.remaining == 0 && !wait.is_zero()).then_some(wait)
    }
}

/// Which answer decided how a user ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedBy {
    /// Its HTTP status.
    pub status: u16,
    /// The server's name for the request.
    pub request_id: Option<String>,
}

/// An answer: the status line at least has arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status, 100–599.
    pub status: u16,
    /// The body.
    pub content: Content,
    /// The user as it was sent, where the next write is made from it.
    pub resource: Option<Resource>,
    /// How long the server asks the client to wait: it holds for all requests.
    pub wait: Option<Duration>,
    /// How many more requests the server says it grants.
    pub allowance: Option<Allowance>,
    /// The server's name for this request, for its support desk.
    pub request_id: Option<String>,
    /// What the request was signed with.
    pub credential: Credential,
}

impl Answer {
    /// The provider's own words, if the body holds any.
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

/// No answer came. The text is the whole chain of causes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Silence {
    /// Name look-up or connecting failed: the request never left.
    #[error("cannot reach the server: {0}")]
    NotSent(String),
    /// Something between us and the server lets no request through, and will not before a person has
    /// dealt with it: the request never left.
    #[error("no request gets through: {0}")]
    Blocked(String),
    /// The request cannot be built: it will never leave.
    #[error("the request cannot be built: {0}")]
    Unsendable(String),
    /// The connection broke or timed out after the request may have left.
    #[error("no answer: {0}")]
    Lost(String),
}
