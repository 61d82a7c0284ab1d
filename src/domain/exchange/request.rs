//! One request to a provider, in terms that every provider shares.

use std::fmt;

/// What a request does at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RequestKind {
    /// Changes a user.
    Write,
    /// Looks a user up.
    Read,
    /// Looks for many users at once.
    List,
}

/// What a search among all users is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// Users with one of these names.
    UserNames(Vec<String>),
    /// Users who may sign in.
    Active,
}

/// Where a page of a list begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageAt {
    /// At the user of this number, counted from 1 (RFC 7644 §3.4.2.4).
    Index(u64),
    /// At the beginning of a list that is paged by cursors (RFC 9865).
    FirstCursor,
    /// Where this cursor points.
    Cursor(String),
}

impl PageAt {
    /// The beginning of a list.
    pub const FIRST: Self = Self::Index(1);
}

/// One request, complete but for the credential. Its text is what the ledger keeps as the intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Whether it changes anything.
    pub kind: RequestKind,
    /// The HTTP method.
    pub method: &'static str,
    /// The path below the SCIM base, percent-encoded, beginning with `/`.
    pub path: String,
    /// The JSON body, if any.
    pub body: Option<String>,
    /// What is kept in place of the body, where that holds more about the user than a ledger should.
    pub instead: Option<String>,
    /// The version that the user must still have, if the provider keeps versions (RFC 7644 §3.14).
    pub if_match: Option<String>,
}

impl Request {
    /// A request without a body.
    pub fn bare(kind: RequestKind, method: &'static str, path: String) -> Self {
        Self {
            kind,
            method,
            path,
            body: None,
            instead: None,
            if_match: None,
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        match self.instead.as_ref().or(self.body.as_ref()) {
            Some(body) => write!(f, " {body}"),
            None => Ok(()),
        }
    }
}
