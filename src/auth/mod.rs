//! Tokens: how they are got, kept fresh, and given back.
//!
//! A [`Session`] signs in when it must, renews before a token ends, and never lets two callers do
//! so at once; that is one mechanism for every kind of sign-in. Where tokens come from is the
//! business of an [`Issuer`], a file for each kind. Every request takes its leave of the pace like
//! any other. Nothing here knows what the tokens are used for.
//!
//! A secret leaves this module only inside a header value that is marked sensitive.

mod account;
mod cache;
mod certificate;
mod form;
mod given;
mod identity;
mod issuer;
mod key;
mod redact;
mod session;
mod state;
mod token;
mod wire;

pub use account::{Account, AccountError};
pub use certificate::{Certificate, CertificateEncoding, CertificateError, MessageFormat};
pub use form::TokenForm;
pub use given::{Given, GivenFault, Shape, given};
pub use identity::Identity;
pub use issuer::{
    Anaplan, Client, ClientAuth, ClientCredentials, Device, DevicePrompt, DeviceService, Fixed,
    FromCommand, Issuer, Notifier, Speaker, TokenCommand,
};
pub use key::{KeyError, PrivateKey};
pub use redact::Secrets;
pub use session::Session;
pub use wire::Wire;
