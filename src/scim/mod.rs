//! SCIM 2.0 (RFC 7643, RFC 7644) in Anaplan's dialect: the port's directory of users.
//!
//! It says how a request for one user looks, signs and sends it, and reads whatever comes back, with
//! every liberty that providers take. It does not judge: what an answer means for a user, and
//! whether to try again, is decided elsewhere. It must not know the ledger or the engine.

mod client;
mod error;
mod fields;
mod list;
mod patch;
mod path;
mod provider;
mod user;

pub use client::ScimClient;
pub use provider::Provider;
