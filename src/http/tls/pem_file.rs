//! Reads PEM text (RFC 7468): its blocks, and the first private key in it, which may be encrypted.
//!
//! `RSA PRIVATE KEY` is PKCS#1 (RFC 8017 §A.1.2), `EC PRIVATE KEY` is SEC 1 (RFC 5915 §4), `PRIVATE KEY` is
//! PKCS#8 (RFC 5958 §2) and `ENCRYPTED PRIVATE KEY` is PKCS#8 behind a passphrase (RFC 5958 §3). It must not
//! know what a key or a certificate is used for.

use std::fmt;

use pem::Pem;
use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::der::Decode as _;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

/// What is wrong with the PEM text of a key. No message holds a piece of the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PemKeyError {
    /// The text is not PEM, or a block in it is damaged.
    #[error("it is no PEM file: {0}")]
    NoPem(String),
    /// No block in the text is a private key.
    #[error("it holds no private key")]
    NoKey,
    /// The key is encrypted, and no passphrase was given.
    #[error("it is encrypted, and there is no passphrase")]
    NoPassphrase,
    /// The passphrase does not open the key.
    #[error("the passphrase does not open it")]
    WrongPassphrase,
    /// The key is encrypted in a way that this program does not read.
    #[error("it is encrypted in an old way that is not read here ({0})")]
    OldEncryption(String),
}

/// The format of a private key's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyFormat {
    /// An RSA key alone.
    Pkcs1,
    /// A key of any algorithm, with the name of the algorithm.
    Pkcs8,
    /// A key on an elliptic curve alone.
    Sec1,
    /// Another format, by the label of its block, such as `OPENSSH PRIVATE KEY`.
    Other(String),
}

/// A private key, decrypted, in DER. The bytes are cleared from memory when it is dropped.
pub(crate) struct PemKey {
    /// The format of the bytes.
    pub format: KeyFormat,
    /// The key in DER.
    pub der: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for PemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PemKey")
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

impl PemKey {
    /// Whether a passphrase is needed to read the key of this PEM text.
    pub(crate) fn is_encrypted(text: &SecretString) -> bool {
        let text = text.expose_secret();
        text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    }

    /// Reads the first private key of a PEM text. Other blocks, such as certificates, are skipped.
    ///
    /// # Errors
    /// [`PemKeyError`].
    pub(crate) fn read(
        text: &SecretString,
        passphrase: Option<&SecretString>,
    ) -> Result<Self, PemKeyError> {
        let blocks = pem_blocks(text.expose_secret().as_bytes()).map_err(PemKeyError::NoPem)?;
        let block = blocks
            .into_iter()
            .find(|block| block.tag().ends_with("PRIVATE KEY"))
            .ok_or(PemKeyError::NoKey)?;
        if let Some(how) = old_encryption(&block) {
            return Err(PemKeyError::OldEncryption(how));
        }
        let format = match block.tag() {
            "RSA PRIVATE KEY" => KeyFormat::Pkcs1,
            "EC PRIVATE KEY" => KeyFormat::Sec1,
            "PRIVATE KEY" => KeyFormat::Pkcs8,
            "ENCRYPTED PRIVATE KEY" => {
                let passphrase = passphrase.ok_or(PemKeyError::NoPassphrase)?;
                return Ok(Self {
                    format: KeyFormat::Pkcs8,
                    der: decrypt(&block, passphrase)?,
                });
            }
            other => KeyFormat::Other(other.to_owned()),
        };
        Ok(Self {
            format,
            der: Zeroizing::new(block.into_contents()),
        })
    }
}

/// All blocks of a PEM text. The text between the blocks may be anything.
///
/// # Errors
/// A block is damaged, or has no end because the text was cut; the text says which.
pub(crate) fn pem_blocks(text: &[u8]) -> Result<Vec<Pem>, String> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    let blocks = pem::parse_many(text).map_err(|error| error.to_string())?;
    let begun = text.windows(BEGIN.len()).filter(|part| *part == BEGIN);
    if begun.count() > blocks.len() {
        return Err("a block begins and does not end".to_owned());
    }
    Ok(blocks)
}

/// The cipher of a block that is encrypted as a whole, as OpenSSL did before PKCS#8 (RFC 1421 §4.6).
fn old_encryption(block: &Pem) -> Option<String> {
    let headers = block.headers();
    let kind = headers.get("Proc-Type").unwrap_or_default();
    let cipher = headers.get("DEK-Info").map(|info| {
        let cipher = info.split(',').next().unwrap_or_default();
        cipher.trim().to_owned()
    });
    cipher.or_else(|| kind.contains("ENCRYPTED").then(|| kind.to_owned()))
}

fn decrypt(block: &Pem, passphrase: &SecretString) -> Result<Zeroizing<Vec<u8>>, PemKeyError> {
    let old = |error: pkcs8::pkcs5::Error| PemKeyError::OldEncryption(error.to_string());
    let encrypted = EncryptedPrivateKeyInfoRef::from_der(block.contents())
        .map_err(|error| PemKeyError::OldEncryption(error.to_string()))?;
    let key = encrypted.decrypt(passphrase.expose_secret());
    let key = key.map_err(|error| match error {
        pkcs8::Error::EncryptedPrivateKey(
            error @ (pkcs8::pkcs5::Error::NoPbes1CryptSupport
            | pkcs8::pkcs5::Error::UnsupportedAlgorithm { .. }
            | pkcs8::pkcs5::Error::AlgorithmParametersInvalid { .. }),
        ) => old(error),
        // With a wrong passphrase the padding is wrong, or the decrypted bytes are not a key.
        _ => PemKeyError::WrongPassphrase,
    })?;
    Ok(Zeroizing::new(key.as_bytes().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key of an elliptic curve in PKCS#8, encrypted by `openssl pkcs8 -topk8 -v2 aes-256-cbc` with the
    /// passphrase `planted`.
    const ENCRYPTED: &str = "\
-----BEGIN ENCRYPTED PRIVATE KEY-----\n\
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAijDkO5QzhycgICCAAw\n\
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEGzWGVBC3sGIciLs5cgBip8EgZBC\n\
LShbSMs57G6lbam9/bWWBNunBT1tSq/xX0dNDH0KMKIdI91yiJ6+nOcCFmLq+9Lv\n\
HILTBvQjKyQcWEY/wyROSCFtACk5DC42QTgpBKfQX4qLVKXz3NYKwPMxGKGXZjXb\n\
1xpSo4d9qSastWmhJjYL70vTZpZM+hWZoUdtNcXHM4SSzST8zVBQcZGTiFcUm8A=\n\
-----END ENCRYPTED PRIVATE KEY-----\n";

    #[test]
    fn an_encrypted_key_is_read_with_its_passphrase_only() {
        let text = SecretString::from(ENCRYPTED);
        assert!(PemKey::is_encrypted(&text));
        let key = PemKey::read(&text, Some(&"planted".into())).unwrap();
        assert_eq!(key.format, KeyFormat::Pkcs8);
        // PKCS#8 begins with a sequence and the version 0.
        assert_eq!(key.der[0], 0x30);
        let none = PemKey::read(&text, None).unwrap_err();
        assert_eq!(none, PemKeyError::NoPassphrase);
        let wrong = PemKey::read(&text, Some(&"other".into())).unwrap_err();
        assert_eq!(wrong, PemKeyError::WrongPassphrase);
        assert!(!format!("{key:?}").contains("der"));
    }

    #[test]
    fn the_format_is_that_of_the_label() {
        let read = |label: &str| {
            let text = format!("notes\n-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
            PemKey::read(&text.into(), None)
        };
        for (label, expected) in [
            ("RSA PRIVATE KEY", KeyFormat::Pkcs1),
            ("EC PRIVATE KEY", KeyFormat::Sec1),
            ("PRIVATE KEY", KeyFormat::Pkcs8),
            (
                "OPENSSH PRIVATE KEY",
                KeyFormat::Other("OPENSSH PRIVATE KEY".to_owned()),
            ),
        ] {
            assert_eq!(read(label).unwrap().format, expected);
        }
        assert_eq!(read("CERTIFICATE").unwrap_err(), PemKeyError::NoKey);
    }

    #[test]
    fn a_text_that_was_cut_is_damaged_even_after_a_whole_block() {
        let whole = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_eq!(pem_blocks(whole.as_bytes()).unwrap().len(), 1);
        assert_eq!(pem_blocks(b"no block").unwrap().len(), 0);
        let cut = format!("{whole}{}", &whole[..40]);
        assert!(
            pem_blocks(cut.as_bytes())
                .unwrap_err()
                .contains("does not end")
        );
        let odd = whole.replace("AAAA", "AA!A");
        assert!(pem_blocks(odd.as_bytes()).is_err());
    }
}
