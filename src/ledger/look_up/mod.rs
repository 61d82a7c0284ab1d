//! What look-ups find: users as the provider shows them, and the candidates of lines that several users may
//! fit.
//!
//! Nothing here asks the provider.

mod candidates;
mod found;

pub(in crate::ledger) use candidates::{forget, forget_lines};
pub(in crate::ledger) use found::place;
