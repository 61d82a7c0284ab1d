//! Look-ups: they find out what many users have at the provider, with few requests, and write nothing there.
//!
//! `look_up()` walks through the list of all users, or asks for users one by one, whichever takes fewer
//! requests. Each user that it finds goes to a `Register`, which knows the users that are sought. An
//! `Inquirer` repeats a request until there is an answer that can be used. A `Walk` goes through the list
//! page by page, however the server counts its pages.
//!
//! What no answer showed is never believed. A user whose list entry does not show everything is read alone. A
//! name is called not found only by a list that was seen whole, or by a search that has passed a test.
//!
//! Nothing here knows the ledger, HTTP or SCIM.

mod addresses;
mod by_id;
mod error;
mod inquirer;
mod inquiry_settings;
mod list;
mod look_up;
mod register;
mod search;
mod strategy;
mod tenant_counts;

pub(crate) use by_id::read;
pub(crate) use error::{LookUpError, NoAttribute};
pub(crate) use inquirer::Inquirer;
pub(crate) use inquiry_settings::{InquirySettings, QuerySupport};
pub(crate) use list::{ListCursor, Until, Walk};
pub use look_up::LookUpStatus;
pub(crate) use look_up::{CountActive, LookUpOptions, LookUpResult, look_up};
pub(crate) use register::{Absence, Outstanding, Position, Register, Sought, Wants};

#[cfg(test)]
mod tests;
