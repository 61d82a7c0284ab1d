//! How to sign in, as far as settings say it: which kind, where, as whom, and which secret it takes.
//!
//! This folder holds no secret, and does not know how a kind works.

mod kind;
mod resolve;
#[cfg(test)]
mod tests;

pub(crate) use kind::{SignInKind, SignInMethod};
pub(crate) use resolve::SignIn;
pub(super) use resolve::lacking;
