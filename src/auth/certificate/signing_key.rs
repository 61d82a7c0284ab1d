//! The RSA key that signs in at Anaplan's token service, read from a PEM file.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{self, KeyPair as _};
use secrecy::SecretString;

use crate::http::{KeyFormat, PemKey, PemKeyError};

/// What is wrong with a key file. No message holds a piece of the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read as PEM, holds no key, or the key cannot be decrypted.
    #[error(transparent)]
    Pem(#[from] PemKeyError),
    /// The key does not have the format that its label names, is not RSA, or is too short.
    #[error("it is no RSA key of 2048 bits or more that can be used: {0}")]
    Unusable(String),
}

impl KeyError {
    /// What to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Pem(PemKeyError::NoPem(_) | PemKeyError::NoKey) => {
                "`--key-file` names a PEM file with a block `PRIVATE KEY`; `openssl pkcs12 -nocerts` \
                 takes one out of a .p12 file"
            }
            Self::Pem(PemKeyError::NoPassphrase) => {
                "set OFFBOARD_KEY_PASSPHRASE, or give `--key-passphrase-file FILE` (`-` for standard \
                 input)"
            }
            Self::Pem(PemKeyError::WrongPassphrase) => "check the passphrase of `--key-file`",
            Self::Pem(PemKeyError::OldEncryption(_)) => {
                "write it anew with `openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD -out NEW`"
            }
            Self::Unusable(_) => "Anaplan takes RSA keys; check `--key-file`",
        }
    }
}

/// An RSA key that signs.
pub struct PrivateKey(KeyPair);

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(..)")
    }
}

impl PrivateKey {
    /// Whether a passphrase is needed to read the key of this PEM text.
    pub fn is_encrypted(text: &SecretString) -> bool {
        PemKey::is_encrypted(text)
    }

    /// Reads the first private key of a PEM text; other blocks, such as certificates, are skipped.
    /// `passphrase` opens an encrypted key.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn read(text: &SecretString, passphrase: Option<&SecretString>) -> Result<Self, KeyError> {
        let key = PemKey::read(text, passphrase)?;
        let pair = match key.format {
            KeyFormat::Pkcs1 => KeyPair::from_der(&key.der),
            KeyFormat::Pkcs8 => KeyPair::from_pkcs8(&key.der),
            KeyFormat::Sec1 => {
                return Err(KeyError::Unusable("it is an EC PRIVATE KEY".to_owned()));
            }
            KeyFormat::Other(label) => return Err(KeyError::Unusable(format!("it is an {label}"))),
        };
        pair.map(Self)
            .map_err(|error| KeyError::Unusable(error.to_string()))
    }

    /// The public half, as `RSAPublicKey` in DER (RFC 8017 §A.1.1).
    pub(in crate::auth) fn public(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    /// Signs by RSASSA-PKCS1-v1_5 with SHA-512 (RFC 8017 §8.2). `None` if the system gives no memory.
    pub(in crate::auth) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        let random = SystemRandom::new();
        self.0
            .sign(
                &signature::RSA_PKCS1_SHA512,
                &random,
                message,
                &mut signature,
            )
            .ok()
            .map(|()| signature)
    }
}
