//! Where tokens come from: one file for each kind of sign-in.
//!
//! An [`Issuer`] takes one step towards a token each time it is asked, and reports what came of it. The
//! session decides when to ask, how often, and who waits meanwhile.

mod anaplan;
mod client_credentials;
mod command;
mod device_grant;
mod fixed_credential;
mod issuer_kind;
mod token_answer;
mod token_cache;
mod token_endpoint;

pub(crate) use anaplan::Anaplan;
pub(crate) use client_credentials::{Client, ClientCredentials};
pub(crate) use command::{FromCommand, TokenCommand};
pub(crate) use device_grant::{Device, DevicePrompt, DeviceService};
pub(crate) use fixed_credential::Fixed;
pub(crate) use issuer_kind::Issuer;
pub(super) use issuer_kind::{Grant, TokenRequest};
pub(crate) use token_endpoint::ClientAuth;
