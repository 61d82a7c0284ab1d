//! A certificate, its key, and the challenge that both sign in with.
//!
//! Anaplan's token service takes the certificate in the header and a signed message in the body; it
//! gives the message's form two versions (Anaplan, Authentication API: `encodedDataFormat`).

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pem::{EncodeConfig, LineEnding, Pem};
use serde_json::json;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use crate::domain::Timestamp;
use crate::http::pem_blocks;

use super::key::PrivateKey;

/// Random bytes behind the time of a message of version 2: 100 bytes in all, as Anaplan's own sample.
const RANDOM: usize = 92;

/// Bytes of a message of version 1, which holds nothing else: at least 100.
const MESSAGE: usize = 100;

/// How the header shows the certificate. Clients that are known to work do either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CertificateEncoding {
    /// Base64 of the PEM text, as Anaplan's documentation and its own clients do.
    #[default]
    Pem,
    /// Base64 of the DER bytes, as community guides do.
    Der,
}

/// Which form the signed message has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MessageFormat {
    /// Random bytes: the older form, which anyone who has seen it can use again.
    V1,
    /// Eight bytes of time (seconds since the epoch, big-endian), then random ones; good once.
    #[default]
    V2,
}

impl fmt::Display for CertificateEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pem => "pem",
            Self::Der => "der",
        })
    }
}

impl FromStr for CertificateEncoding {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "pem" => Ok(Self::Pem),
            "der" => Ok(Self::Der),
            _ => Err("a certificate is shown as `pem` or as `der`"),
        }
    }
}

impl fmt::Display for MessageFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
        })
    }
}

impl FromStr for MessageFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "v1" => Ok(Self::V1),
            "v2" => Ok(Self::V2),
            _ => Err("the message has the form `v1` or `v2`"),
        }
    }
}

/// What is wrong with a certificate file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The file is no PEM.
    #[error("it is no PEM file: {0}")]
    NoPem(String),
    /// No block in the file is a certificate.
    #[error("it holds no certificate")]
    NoCertificate,
    /// A block is labelled a certificate and is none.
    #[error("its certificate cannot be read: {0}")]
    Unreadable(String),
    /// None of the certificates is that of the key.
    #[error("the key does not belong to the certificate of {0}")]
    OtherKey(String),
    /// The certificate's time is over, or has not come.
    #[error("the certificate of {subject} is good from {from} to {to} only")]
    OutOfTime {
        /// Whose certificate.
        subject: String,
        /// Its first moment.
        from: String,
        /// Its last moment.
        to: String,
    },
}

impl CertificateError {
    /// What to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoPem(_) | Self::NoCertificate | Self::Unreadable(_) => {
                "`--certificate-file` names a PEM file with a block `CERTIFICATE`"
            }
            Self::OtherKey(_) => "check that `--certificate-file` and `--key-file` belong together",
            Self::OutOfTime { .. } => {
                "get a new certificate and register it in the tenant, or set this machine's clock right"
            }
        }
    }
}

/// A certificate with its key.
#[derive(Debug)]
pub struct Certificate {
    /// Base64, as the header carries it.
    shown: String,
    subject: String,
    key: PrivateKey,
    format: MessageFormat,
}

/// One challenge, answered by ourselves.
#[derive(Debug)]
pub(super) struct Challenge {
    /// The body of the request.
    pub(super) body: String,
    /// The signature in it, in base64: in version 1 it is as good as a password.
    pub(super) signature: String,
}

impl Certificate {
    /// Picks from a PEM text the certificate that belongs to `key`. `now` is our own time.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn read(
        text: &str,
        key: PrivateKey,
        encoding: CertificateEncoding,
        format: MessageFormat,
        now: Timestamp,
    ) -> Result<Self, CertificateError> {
        let mut others = Vec::new();
        let blocks = pem_blocks(text.as_bytes()).map_err(CertificateError::NoPem)?;
        for block in blocks.iter().filter(|block| block.tag() == "CERTIFICATE") {
            let (_, certificate) = X509Certificate::from_der(block.contents())
                .map_err(|error| CertificateError::Unreadable(error.to_string()))?;
            let subject = certificate.subject().to_string();
            let public = &certificate.public_key().subject_public_key.data;
            if public.as_ref() != key.public() {
                others.push(subject);
                continue;
            }
            check_time(&certificate, now)?;
            return Ok(Self {
                shown: STANDARD.encode(encoded(block, encoding)),
                subject,
                key,
                format,
            });
        }
        Err(match others.into_iter().next() {
            Some(subject) => CertificateError::OtherKey(subject),
            None => CertificateError::NoCertificate,
        })
    }

    /// Whose certificate it is, such as `CN=admin@example.com`.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The certificate as the `CACertificate` scheme shows it.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// A fresh challenge. `None` if the system has no random bytes, or no memory.
    pub(super) fn challenge(&self, now: Timestamp) -> Option<Challenge> {
        let message = match self.format {
            MessageFormat::V1 => random(MESSAGE)?,
            MessageFormat::V2 => {
                let seconds = u64::try_from(now.as_millis() / 1000).unwrap_or(0);
                [seconds.to_be_bytes().to_vec(), random(RANDOM)?].concat()
            }
        };
        let signature = STANDARD.encode(self.key.sign(&message)?);
        let mut body = json!({
            "encodedData": STANDARD.encode(message),
            "encodedSignedData": signature,
        });
        if self.format == MessageFormat::V2 {
            body["encodedDataFormat"] = "v2".into();
        }
        Some(Challenge {
            body: body.to_string(),
            signature,
        })
    }
}

fn random(count: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; count];
    rand::fill(&mut bytes).ok().map(|()| bytes)
}

/// The block alone: a file may hold notes and other certificates as well.
fn encoded(block: &Pem, encoding: CertificateEncoding) -> Vec<u8> {
    match encoding {
        CertificateEncoding::Pem => {
            let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
            pem::encode_config(block, config).into_bytes()
        }
        CertificateEncoding::Der => block.contents().to_vec(),
    }
}

fn check_time(certificate: &X509Certificate<'_>, now: Timestamp) -> Result<(), CertificateError> {
    let validity = certificate.validity();
    let (from, to) = (
        validity.not_before.timestamp(),
        validity.not_after.timestamp(),
    );
    let now = now.as_millis() / 1000;
    if (from..=to).contains(&now) {
        return Ok(());
    }
    let shown = |seconds: i64| Timestamp::from_millis(seconds.saturating_mul(1000)).to_string();
    Err(CertificateError::OutOfTime {
        subject: certificate.subject().to_string(),
        from: shown(from),
        to: shown(to),
    })
}

#[cfg(test)]
mod tests;
