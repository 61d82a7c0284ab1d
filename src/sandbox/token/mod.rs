//! Sign-in: the token store, the `Authorization` header, and the calls under `/token`.
//!
//! It knows accounts and tokens, nothing of users as SCIM resources.

pub(crate) mod credential;
pub(crate) mod service;
pub(crate) mod store;
