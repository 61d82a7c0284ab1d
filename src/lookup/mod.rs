//! Look-ups: what many users have at the provider, with as few requests as possible, read only.
//!
//! An [`Inquirer`] sees one read request through: leave of the pace, growing waits, renewed
//! credentials. [`look_up()`] goes through the pages of the user list, or asks for users one by one,
//! whichever takes fewer requests; what it finds goes to a [`Register`], which knows whom it seeks.
//! [`next_page`] goes through the list for its own sake.
//! Nothing here writes to the provider, or knows the ledger, HTTP or SCIM.

mod inquirer;
mod listing;
mod look_up;
mod register;
mod singly;
mod strategy;

pub use inquirer::{Finds, Inquirer, InquirySettings, LookUpError};
pub use listing::{Place, next_page};
pub use look_up::{Found, Look, look_up};
pub use register::{Absence, Outstanding, Position, Register, Sought, Told};
pub use singly::read;
pub use strategy::Method;

#[cfg(test)]
mod tests;
