//! The tenant: generated people, their workspaces, and what has been changed since the start.
//!
//! It knows nothing of HTTP, tokens or faults.

pub(crate) mod people;
pub(crate) mod user_profile;
pub(crate) mod user_store;
pub(crate) mod workspace;
