//! Sending: the one way in which a request of a run or of a look-up leaves the process.
//!
//! A [`Sender`] waits for a slot, a credential and a rate-limit permit, sends the request once, and applies
//! what the answer says about the rate limit to the pace of the whole process. [`renewal_after`] is the rule
//! for a refused credential. Both the engine and the look-up send through this room, so that a limit or a
//! `Retry-After` holds for both in the same way (P6).
//!
//! This room does not know what a request is for, whether it will be repeated, or what its answer means for
//! a user. It knows the port, and nothing of HTTP, SCIM or the ledger.

mod refused_credential;
mod sender;

pub(crate) use refused_credential::{CredentialStanding, Renewal, renewal_after};
pub(crate) use sender::{Exchange, SendPermit, SendSettings, Sender};

#[cfg(test)]
mod tests;
