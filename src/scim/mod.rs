//! SCIM 2.0 (RFC 7643, RFC 7644) in the dialect of a profile: the port's directory of users.
//!
//! It says how a request for one user looks in that dialect, signs and sends it, and reads whatever comes back, with
//! every liberty that providers take. It does not judge: what an answer means for a user, and
//! whether to try again, is decided elsewhere. It must not know the ledger or the engine.

mod client;
mod dialect;
mod error;
mod fields;
mod list;
mod path;
mod provider;
mod request;
mod schemas;
mod shows;
mod user;

pub use client::ScimClient;
pub use dialect::{
    Absent, AccessDialect, AttributeName, Dialect, Each, FindDialect, HeaderText, Item, Media,
    Method, PatchOperation, Template, WriteDialect,
};
pub use provider::Provider;
