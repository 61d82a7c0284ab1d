//! Whom we trust and who we are in TLS: certificate authorities and a client certificate, from files.

use std::path::{Path, PathBuf};

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::{ExposeSecret, SecretString};

use crate::domain::pem_text;

/// A file of certificates or a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsFileError {
    /// It cannot be read.
    #[error("cannot read `{path}`: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is no text in PEM, or a certificate in it is damaged.
    #[error("`{path}` is damaged: {why}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// It holds nothing of what it is for.
    #[error("`{path}` holds no {what} in PEM")]
    Without {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// The key in it needs a passphrase.
    #[error("the key in `{path}` is encrypted")]
    Encrypted {
        /// The file.
        path: PathBuf,
    },
}

impl TlsFileError {
    /// What to do next, where there is something to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read { .. } => None,
            Self::Damaged { .. } | Self::Without { .. } => Some(
                "PEM is text with a line `-----BEGIN …-----`; `openssl x509 -inform der -in FILE` \
                 makes it of a binary certificate, `openssl pkcs12 -in FILE -nodes` of a .pfx"
                    .to_owned(),
            ),
            Self::Encrypted { path } => Some(format!(
                "decrypt it into a file that only you can read: \
                 `(umask 077; openssl pkey -in '{}' -out key.pem)`",
                path.display()
            )),
        }
    }
}

/// Certificate authorities that are trusted besides, or instead of, those of the system.
#[derive(Debug, Clone, Default)]
pub struct Roots(Vec<CertificateDer<'static>>);

impl Roots {
    /// All certificates in a PEM file.
    ///
    /// # Errors
    /// [`TlsFileError`]; a file without any is one.
    pub fn read(path: &Path) -> Result<Self, TlsFileError> {
        Ok(Self(certificates(path, &text(path)?)?))
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn to_reqwest(&self) -> reqwest::Result<Vec<reqwest::Certificate>> {
        let each = self.0.iter().map(|der| reqwest::Certificate::from_der(der));
        each.collect()
    }
}

/// The certificate that we show to a server that asks for one, and its key.
#[derive(Debug, Clone)]
pub struct ClientIdentity(SecretString);

impl ClientIdentity {
    /// A chain of certificates, ours first, and the key to it, both in PEM.
    ///
    /// # Errors
    /// The error, and whether it is the key's.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, (TlsFileError, bool)> {
        let chain = text(certificate).map_err(|error| (error, false))?;
        let chain = certificates(certificate, &chain).map_err(|error| (error, false))?;
        let key = private_key(key).map_err(|error| (error, true))?;
        let mut whole = String::new();
        for certificate in chain {
            whole.push_str(&armoured("CERTIFICATE", &certificate));
        }
        let kind = match key {
            PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
            PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
            _ => "PRIVATE KEY",
        };
        whole.push_str(&armoured(kind, key.secret_der()));
        Ok(Self(whole.into()))
    }

    pub(super) fn to_reqwest(&self) -> reqwest::Result<reqwest::Identity> {
        reqwest::Identity::from_pem(self.0.expose_secret().as_bytes())
    }
}

fn text(path: &Path) -> Result<Vec<u8>, TlsFileError> {
    let bytes = std::fs::read(path).map_err(|source| TlsFileError::Read {
        path: path.to_owned(),
        source,
    })?;
    match pem_text(&bytes) {
        Ok(text) => Ok(text.into_bytes()),
        Err(fault) => Err(damaged(path, &fault)),
    }
}

fn damaged(path: &Path, why: &impl ToString) -> TlsFileError {
    TlsFileError::Damaged {
        path: path.to_owned(),
        why: why.to_string(),
    }
}

fn certificates(path: &Path, text: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsFileError> {
    let found: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(text).collect();
    let found = found.map_err(|error| damaged(path, &error))?;
    if found.is_empty() {
        return Err(TlsFileError::Without {
            path: path.to_owned(),
            what: "certificate",
        });
    }
    let mut roots = rustls::RootCertStore::empty();
    for certificate in &found {
        // The only reader of certificates at hand; nothing is trusted by this.
        let read = roots.add(certificate.clone());
        read.map_err(|error| damaged(path, &error))?;
    }
    Ok(found)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsFileError> {
    let text = text(path)?;
    // PKCS #8 says so in its first line, older forms in a header below it.
    let is_encrypted = String::from_utf8_lossy(&text).lines().any(|line| {
        line.starts_with("-----BEGIN ENCRYPTED")
            || (line.starts_with("Proc-Type:") && line.contains("ENCRYPTED"))
    });
    if is_encrypted {
        return Err(TlsFileError::Encrypted {
            path: path.to_owned(),
        });
    }
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
        pem::Error::NoItemsFound => TlsFileError::Without {
            path: path.to_owned(),
            what: "key",
        },
        other => damaged(path, &other),
    })
}

fn armoured(kind: &str, der: &[u8]) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN {kind}-----\n{text}\n-----END {kind}-----\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_and_utf_16_are_no_part_of_a_pem_file() {
        let made = rcgen::generate_simple_self_signed(["x.example.com".to_owned()]).unwrap();
        let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        let dir = tempfile::tempdir().unwrap();
        let (chain, own) = (dir.path().join("chain.pem"), dir.path().join("key.pem"));
        let wide = |text: &str| {
            let marked = format!("\u{feff}{text}");
            marked
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect::<Vec<u8>>()
        };
        let marked = |text: &str| format!("\u{feff}{text}").into_bytes();
        let spellings: [fn(&str) -> Vec<u8>; 2] = [wide, marked];
        for spell in spellings {
            std::fs::write(&chain, spell(&certificate)).unwrap();
            std::fs::write(&own, spell(&key)).unwrap();
            assert!(Roots::read(&chain).is_ok());
            assert!(ClientIdentity::read(&chain, &own).is_ok());
        }
        std::fs::write(&chain, certificate.replacen('-', "\u{a0}-", 1)).unwrap();
        let told = Roots::read(&chain).unwrap_err().to_string();
        assert!(told.contains("a no-break space (U+00A0)"), "{told}");
    }
}
