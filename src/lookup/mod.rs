//! Look-ups: what many users have at the provider, with as few requests as possible, read only.
//!
//! An [`Inquirer`] sees one read request through: leave of the pace, growing waits, renewed
//! credentials. A [`Walk`] goes through the user list page by page, however the server counts its pages.
//! [`look_up()`] goes through the list, or asks for users one by one, whichever takes fewer requests; what
//! it finds goes to a [`Register`], which knows whom it seeks. What no answer showed is never believed: a
//! user who is not shown whole is read alone, and a name is called not found only by a list that was seen
//! whole, or by a search that has passed its test.
//! Nothing here writes to the provider, or knows the ledger, HTTP or SCIM.

mod census;
mod count;
mod error;
mod finds;
mod inquirer;
mod look_up;
mod names;
mod place;
mod register;
mod silence;
mod singly;
mod spelling;
mod strategy;
mod trust;
mod walk;

pub use census::Census;
pub use error::{LookUpError, NoAttribute};
pub use finds::{Finds, InquirySettings};
pub use inquirer::Inquirer;
pub use look_up::{Ask, Count, Found, Look, look_up};
pub use place::Place;
pub use register::{Absence, Outstanding, Position, Register, Sought, Told, Wants};
pub use singly::read;
pub use strategy::Method;
pub use walk::{Until, Walk};

#[cfg(test)]
mod tests;
