//! The tenant: made people, their workspaces, and what has been changed since the start.
//!
//! It knows nothing of HTTP, tokens or faults, and it answers in its own types only.

pub(crate) mod people;
pub(crate) mod profile;
pub(crate) mod state;
pub(crate) mod workspace;
