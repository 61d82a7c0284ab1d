//! Tokens: how they are got, kept fresh, and given back.
//!
//! A [`Session`] signs in when it must, renews before a token ends, and never lets two callers do
//! so at once. Every request it makes takes its leave of the pace like any other. It knows how
//! Anaplan hands out tokens, and must not know what the tokens are used for.
//!
//! A secret leaves this module only inside a header value that is marked sensitive.

mod account;
mod anaplan;
mod identity;
mod redact;
mod session;
mod state;
mod token;

pub use account::{Account, AccountError};
pub use identity::Identity;
pub use session::Session;
