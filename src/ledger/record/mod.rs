//! Events: what each kind says, the text in which it is stored, and how that text is read back.
//!
//! [`EventBody`] is the one declaration of all kinds. The writer stores it; the audit, `explain`, the
//! timeline and the report read it. Nothing here knows SQL.

mod event_body;
mod fact_bodies;
mod new_event;
mod sentences;
mod tagged_body;
pub(in crate::ledger) mod word;

pub(in crate::ledger) use event_body::EventKind;
pub(crate) use event_body::{EventBody, RequestEnd};
pub(in crate::ledger) use new_event::{FactEvents, NewEvent};
pub(crate) use tagged_body::BodyOf;

#[cfg(test)]
mod tests;
