//! TLS: which servers are trusted, what a failure says, and how connections are shared over HTTP/2.

pub(crate) mod authority;
mod connections;
pub(crate) mod front;
