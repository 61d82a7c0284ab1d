//! The attempt policy: which step follows for one user, given the verdicts so far.
//!
//! It is a pure rule: it sends nothing, waits for nothing, and knows of no other user. In short:
//!
//! - A write whose own answer shows the wanted state settles the user.
//! - After a write that may have taken effect, the user is read before anything else is sent (P4).
//! - No user is called failed before a read has shown that the wanted state is not there (P2).

mod after_read;
mod policy;
mod step;

pub(super) use policy::AttemptPolicy;
pub(super) use step::{Delivery, Step};

#[cfg(test)]
mod tests;
