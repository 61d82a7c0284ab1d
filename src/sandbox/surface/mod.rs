//! The SCIM surface: what the provider answers under `/scim/1/0/v2`.
//!
//! Handlers parse, ask the tenant and print. Sign-in, throttling and faults have been settled by
//! the gate before they run; a handler learns only of the faults that change what is applied.

pub(crate) mod discovery;
pub(crate) mod entitlement;
pub(crate) mod expression;
pub(crate) mod filter;
pub(crate) mod list;
pub(crate) mod patch;
pub(crate) mod path;
pub(crate) mod query;
pub(crate) mod replace;
pub(crate) mod resource;
pub(crate) mod users;
pub(crate) mod wire;
