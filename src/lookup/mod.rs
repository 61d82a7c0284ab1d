//! Look-ups: they find out what many users have at the provider, with few requests, and write nothing there.
//!
//! [`look_up()`] walks through the list of all users, or asks for users one by one, whichever takes fewer
//! requests. Each user that it finds goes to a [`Register`], which knows the users that are sought. An
//! [`Inquirer`] repeats a request until there is an answer that can be used. A [`Walk`] goes through the list
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

pub use by_id::read;
pub use error::{LookUpError, NoAttribute};
pub use inquirer::Inquirer;
pub use inquiry_settings::{InquirySettings, QuerySupport};
pub use list::{ListCursor, Until, Walk};
pub use look_up::{CountActive, LookUpOptions, LookUpResult, LookUpStatus, look_up};
pub use register::{Absence, Outstanding, Position, RecordedAnswer, Register, Sought, Wants};
pub use strategy::Strategy;
pub use tenant_counts::Census;

#[cfg(test)]
mod tests;
