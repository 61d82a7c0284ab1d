//! A private key from a PEM file, in the forms that OpenSSL writes.
//!
//! `RSA PRIVATE KEY` is PKCS#1 (RFC 8017 §A.1.2), `PRIVATE KEY` is PKCS#8 (RFC 5958 §2) and `ENCRYPTED
//! PRIVATE KEY` is PKCS#8 behind a passphrase (RFC 5958 §3).

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{self, KeyPair as _};
use pem::Pem;
use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::der::Decode as _;
use secrecy::{ExposeSecret, SecretString};

/// What is wrong with a key file. No text holds a piece of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The file is no PEM.
    #[error("it is no PEM file: {0}")]
    NoPem(String),
    /// No block in the file is a private key.
    #[error("it holds no private key")]
    NoKey,
    /// The key is encrypted, and no passphrase was given.
    #[error("it is encrypted, and there is no passphrase")]
    NoPassphrase,
    /// The passphrase does not open it.
    #[error("the passphrase does not open it")]
    WrongPassphrase,
    /// The key is encrypted in a way that is not read here.
    #[error("it is encrypted in an old way that is not read here ({0})")]
    OldEncryption(String),
    /// The key is not what its label says, or not RSA, or too short.
    #[error("it is no RSA key of 2048 bits or more that can be used: {0}")]
    Unusable(String),
}

impl KeyError {
    /// What to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoPem(_) | Self::NoKey => {
                "`--key-file` names a PEM file with a block `PRIVATE KEY`; `openssl pkcs12 -nocerts` \
                 takes one out of a .p12 file"
            }
            Self::NoPassphrase => {
                "set OFFBOARD_KEY_PASSPHRASE, or give `--key-passphrase-file FILE` (`-` for standard \
                 input)"
            }
            Self::WrongPassphrase => "check the passphrase of `--key-file`",
            Self::OldEncryption(_) => {
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
    /// Whether this PEM text holds a key that only a passphrase opens.
    pub fn is_encrypted(text: &SecretString) -> bool {
        let text = text.expose_secret();
        text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    }

    /// Reads the first private key of a PEM text; other blocks, such as certificates, are passed over.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn read(text: &SecretString, passphrase: Option<&SecretString>) -> Result<Self, KeyError> {
        let blocks = pem::parse_many(text.expose_secret())
            .map_err(|error| KeyError::NoPem(error.to_string()))?;
        let block = blocks
            .iter()
            .find(|block| block.tag().ends_with("PRIVATE KEY"))
            .ok_or(KeyError::NoKey)?;
        let pair = match block.tag() {
            "RSA PRIVATE KEY" => {
                if let Some(how) = block.headers().get("DEK-Info") {
                    let how = how.split(',').next().unwrap_or_default();
                    return Err(KeyError::OldEncryption(how.trim().to_owned()));
                }
                KeyPair::from_der(block.contents())
            }
            "PRIVATE KEY" => KeyPair::from_pkcs8(block.contents()),
            "ENCRYPTED PRIVATE KEY" => {
                let passphrase = passphrase.ok_or(KeyError::NoPassphrase)?;
                KeyPair::from_pkcs8(decrypt(block, passphrase)?.as_bytes())
            }
            other => return Err(KeyError::Unusable(format!("it is an {other}"))),
        };
        pair.map(Self)
            .map_err(|error| KeyError::Unusable(error.to_string()))
    }

    /// The public half, as `RSAPublicKey` in DER (RFC 8017 §A.1.1).
    pub(super) fn public(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    /// Signs by RSASSA-PKCS1-v1_5 with SHA-512 (RFC 8017 §8.2); `None` if the system gives no memory.
    pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
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

fn decrypt(block: &Pem, passphrase: &SecretString) -> Result<pkcs8::SecretDocument, KeyError> {
    let old = |error: pkcs8::pkcs5::Error| KeyError::OldEncryption(error.to_string());
    let encrypted = EncryptedPrivateKeyInfoRef::from_der(block.contents())
        .map_err(|error| KeyError::OldEncryption(error.to_string()))?;
    encrypted
        .decrypt(passphrase.expose_secret())
        .map_err(|error| match error {
            pkcs8::Error::EncryptedPrivateKey(
                error @ (pkcs8::pkcs5::Error::NoPbes1CryptSupport
                | pkcs8::pkcs5::Error::UnsupportedAlgorithm { .. }
                | pkcs8::pkcs5::Error::AlgorithmParametersInvalid { .. }),
            ) => old(error),
            // With a wrong passphrase the padding is wrong, or by chance the text is nonsense.
            _ => KeyError::WrongPassphrase,
        })
}
