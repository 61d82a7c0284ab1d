//! The SCIM API: what the provider answers under `/scim/1/0/v2`.
//!
//! Handlers parse a request, ask the tenant and print the answer. The middleware has settled sign-in, rate
//! limit and most faults before a handler runs; a handler learns only of the faults that change what is
//! applied.

pub(crate) mod discovery;
pub(crate) mod expression;
pub(crate) mod list;
pub(crate) mod scim_answer;
pub(crate) mod user_calls;
pub(crate) mod user_json;
pub(crate) mod write;
