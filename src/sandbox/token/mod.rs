//! Sign-in: the token store, the `Authorization` header, and the calls under `/token` and `/oauth`.
//!
//! It knows accounts and tokens, and nothing of users as SCIM resources.

pub(crate) mod authorization_header;
pub(crate) mod certificate_check;
pub(crate) mod oauth_calls;
pub(crate) mod oauth_grants;
pub(crate) mod token_calls;
pub(crate) mod token_store;
