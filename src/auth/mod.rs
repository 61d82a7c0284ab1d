//! Sign-in: gets tokens, renews them, and gives them back at the end.
//!
//! A [`Session`] signs in when a request needs a token, renews the token before it ends, and never lets two
//! callers do so at the same time; it works the same for every kind of sign-in. An [`Issuer`] gets the
//! tokens, with one file for each kind. Each request to a sign-in service waits for a permit of the rate
//! limit, like every other request (P6). Nothing here knows what the tokens are used for.
//!
//! A secret leaves this room only inside a header value that is marked sensitive (P10).

mod account;
mod certificate;
mod issuer;
mod paced_client;
mod redact;
mod secret_text;
mod session;
mod signed_in_account;
mod token_form;

pub(crate) use account::{Account, AccountError};
pub(crate) use certificate::{
    Certificate, CertificateEncoding, CertificateError, KeyError, MessageFormat, PrivateKey,
};
pub(crate) use issuer::{
    Anaplan, Client, ClientAuth, ClientCredentials, Device, DevicePrompt, DeviceService, Fixed,
    FromCommand, Issuer, TokenCommand,
};
pub(crate) use paced_client::PacedClient;
pub(crate) use secret_text::{SecretShape, parse_secret};
pub(crate) use session::Session;
pub(crate) use signed_in_account::Identity;
pub(crate) use token_form::TokenForm;
