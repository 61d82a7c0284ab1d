//! Certificates and keys for TLS, read from PEM files.

mod pem_file;
mod tls_files;

pub(crate) use pem_file::{KeyFormat, PemKey, PemKeyError, pem_blocks};
pub(crate) use tls_files::{ClientIdentity, ClientIdentityError, Roots, TlsFileError};
