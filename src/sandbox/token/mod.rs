//! Sign-in: the token store, the `Authorization` header, and the calls under `/token` and `/oauth`.
//!
//! It knows accounts and tokens, nothing of users as SCIM resources.

pub(crate) mod certificate;
pub(crate) mod credential;
pub(crate) mod grant;
pub(crate) mod oauth;
pub(crate) mod service;
pub(crate) mod store;
