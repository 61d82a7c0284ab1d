//! Sign-in with a certificate: the certificate and its key, read from PEM files, and the signed message
//! that proves that the key is at hand.

mod signing_certificate;
mod signing_key;

pub(crate) use signing_certificate::{
    Certificate, CertificateEncoding, CertificateError, MessageFormat,
};
pub(crate) use signing_key::{KeyError, PrivateKey};
