//! The files for TLS: certificate authorities to trust, and a client certificate with its key.

use std::path::{Path, PathBuf};

use pem::Pem;
use rustls::pki_types::CertificateDer;
use secrecy::{ExposeSecret, SecretString};

use super::pem_file::{KeyFormat, PemKey, PemKeyError, pem_blocks};
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
    /// It is not text, or a block or certificate in it is damaged.
    #[error("`{path}` is damaged: {why}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// It has no block of the kind that is needed.
    #[error("`{path}` holds no {what} in PEM")]
    Without {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// The key in it needs a passphrase, and none was given.
    #[error("the key in `{path}` is encrypted, and there is no passphrase")]
    Encrypted {
        /// The file.
        path: PathBuf,
    },
    /// The passphrase does not open the key in it.
    #[error("the passphrase does not open the key in `{path}`")]
    WrongPassphrase {
        /// The file.
        path: PathBuf,
    },
    /// The key in it is encrypted in a way that this program does not read.
    #[error("the key in `{path}` is encrypted in an old way that is not read here ({cipher})")]
    OldEncryption {
        /// The file.
        path: PathBuf,
        /// How it is encrypted.
        cipher: String,
    },
}

/// Which of the two files of a client certificate cannot be used, and why.
#[derive(Debug)]
pub enum ClientIdentityError {
    /// The file with the certificate.
    Certificate(TlsFileError),
    /// The file with the key.
    Key(TlsFileError),
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
            Self::Encrypted { .. } => Some(
                "set OFFBOARD_CLIENT_KEY_PASSPHRASE, or give `--client-key-passphrase-file FILE` (`-` \
                 for standard input)"
                    .to_owned(),
            ),
            Self::WrongPassphrase { .. } => {
                Some("check the passphrase of `--client-key`".to_owned())
            }
            Self::OldEncryption { .. } => Some(
                "write it anew with `openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD -out NEW`"
                    .to_owned(),
            ),
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
    pub(in crate::http) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(in crate::http) fn to_reqwest(&self) -> reqwest::Result<Vec<reqwest::Certificate>> {
        let each = self.0.iter().map(|der| reqwest::Certificate::from_der(der));
        each.collect()
    }
}

/// The certificate for a server that asks for one, and its key.
#[derive(Debug, Clone)]
pub struct ClientIdentity(SecretString);

impl ClientIdentity {
    /// Whether a passphrase is needed to read the key in this file; `false` if the file cannot be read.
    pub fn needs_passphrase(key: &Path) -> bool {
        text(key).is_ok_and(|text| PemKey::is_encrypted(&text.into()))
    }

    /// Reads a chain of certificates, the client's own first, and the key of the first one, both from PEM
    /// files. `passphrase` opens an encrypted key.
    ///
    /// # Errors
    /// [`ClientIdentityError`], for the first file that cannot be used.
    pub fn read(
        certificate: &Path,
        key: &Path,
        passphrase: Option<&SecretString>,
    ) -> Result<Self, ClientIdentityError> {
        let chain = text(certificate).and_then(|text| certificates(certificate, &text));
        let chain = chain.map_err(ClientIdentityError::Certificate)?;
        let key = private_key(key, passphrase).map_err(ClientIdentityError::Key)?;
        let certificates = chain.iter().map(|der| Pem::new("CERTIFICATE", &der[..]));
        let blocks: Vec<Pem> = certificates.chain([key]).collect();
        Ok(Self(pem::encode_many(&blocks).into()))
    }

    pub(in crate::http) fn to_reqwest(&self) -> reqwest::Result<reqwest::Identity> {
        reqwest::Identity::from_pem(self.0.expose_secret().as_bytes())
    }
}

fn text(path: &Path) -> Result<String, TlsFileError> {
    let bytes = std::fs::read(path).map_err(|source| TlsFileError::Read {
        path: path.to_owned(),
        source,
    })?;
    pem_text(&bytes).map_err(|fault| damaged(path, &fault))
}

fn damaged(path: &Path, why: &impl ToString) -> TlsFileError {
    TlsFileError::Damaged {
        path: path.to_owned(),
        why: why.to_string(),
    }
}

fn certificates(path: &Path, text: &str) -> Result<Vec<CertificateDer<'static>>, TlsFileError> {
    let blocks = pem_blocks(text.as_bytes()).map_err(|why| damaged(path, &why))?;
    let found = blocks
        .into_iter()
        .filter(|block| block.tag() == "CERTIFICATE");
    let found: Vec<CertificateDer<'static>> =
        found.map(|block| block.into_contents().into()).collect();
    if found.is_empty() {
        return Err(TlsFileError::Without {
            path: path.to_owned(),
            what: "certificate",
        });
    }
    let mut roots = rustls::RootCertStore::empty();
    for certificate in &found {
        // This only checks that the certificate can be read; the store is thrown away.
        let read = roots.add(certificate.clone());
        read.map_err(|error| damaged(path, &error))?;
    }
    Ok(found)
}

/// The key as a PEM block in which nothing is encrypted.
fn private_key(path: &Path, passphrase: Option<&SecretString>) -> Result<Pem, TlsFileError> {
    let text = SecretString::from(text(path)?);
    let owned = || path.to_owned();
    let without = || TlsFileError::Without {
        path: owned(),
        what: "key",
    };
    let key = PemKey::read(&text, passphrase).map_err(|error| match error {
        PemKeyError::NoPem(why) => damaged(path, &why),
        PemKeyError::NoKey => without(),
        PemKeyError::NoPassphrase => TlsFileError::Encrypted { path: owned() },
        PemKeyError::WrongPassphrase => TlsFileError::WrongPassphrase { path: owned() },
        PemKeyError::OldEncryption(cipher) => TlsFileError::OldEncryption {
            path: owned(),
            cipher,
        },
    })?;
    let label = match key.format {
        KeyFormat::Pkcs1 => "RSA PRIVATE KEY",
        KeyFormat::Sec1 => "EC PRIVATE KEY",
        KeyFormat::Pkcs8 => "PRIVATE KEY",
        KeyFormat::Other(_) => return Err(without()),
    };
    Ok(Pem::new(label, &key.der[..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pem_files_are_read_with_a_byte_order_mark_and_in_utf_16() {
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
            assert!(ClientIdentity::read(&chain, &own, None).is_ok());
        }
        std::fs::write(&chain, certificate.replacen('-', "\u{a0}-", 1)).unwrap();
        let error = Roots::read(&chain).unwrap_err().to_string();
        assert!(error.contains("a no-break space (U+00A0)"), "{error}");
    }
}
