//! SCIM 2.0 (RFC 7643, RFC 7644) in the dialect of a profile: the client behind [`crate::port::Directory`].
//!
//! It builds the request for one user or for a page of users in that dialect, signs and sends it, and
//! reads the answer, in every form that providers are known to send. It does not decide what an
//! answer means for a user or whether to try again: `domain` and `engine` do. It must not know the ledger
//! or the engine.

mod delivery;
pub(in crate::scim) mod dialect;
pub(in crate::scim) mod request;
pub(in crate::scim) mod response;
mod scim_client;

pub(crate) use dialect::{AttributeName, Dialect};
pub(crate) use response::service_config::ServiceConfig;
pub(crate) use scim_client::ScimClient;
