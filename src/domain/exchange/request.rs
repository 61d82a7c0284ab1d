//! One request to a provider, in terms that every provider shares.

use std::fmt;

/// What a request does at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RequestKind {
    /// Changes a user.
    Write,
    /// Reads one user.
    Read,
    /// Reads a list of users.
    List,
}

/// What a list of users is filtered by.
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
    /// At the start of a list that is paged by cursors (RFC 9865).
    FirstCursor,
    /// At this cursor.
    Cursor(String),
}

impl PageAt {
    /// The start of a list.
    pub const FIRST: Self = Self::Index(1);
}

/// One request, complete except for the credential. Its text is stored in the ledger as the intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What it does at the provider.
    pub kind: RequestKind,
    /// The HTTP method.
    pub method: &'static str,
    /// The path below the SCIM base, percent-encoded, beginning with `/`.
    pub path: String,
    /// The JSON body, if any.
    pub body: Option<String>,
    /// A text that the ledger stores in place of the body, if the body holds more about the user than the
    /// ledger should.
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
