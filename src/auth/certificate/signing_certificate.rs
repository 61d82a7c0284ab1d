//! A certificate with its key, and the signed message that both sign in with.
//!
//! Anaplan's token service takes the certificate in the header and a signed message in the body. The
//! message has two versions (Anaplan, Authentication API: `encodedDataFormat`).

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

use super::signing_key::PrivateKey;

/// The random bytes after the time in a message of version 2: 100 bytes in all, as in Anaplan's sample.
const RANDOM: usize = 92;

/// The random bytes of a message of version 1, which holds nothing else: at least 100.
const MESSAGE: usize = 100;

/// How the header carries the certificate. There are working clients for both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CertificateEncoding {
    /// Base64 of the PEM text, as Anaplan's documentation and its own clients do.
    #[default]
    Pem,
    /// Base64 of the DER bytes, as community guides do.
    Der,
}

/// The format of the signed message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MessageFormat {
    /// Random bytes: the older format. A person who has seen such a message can use it again.
    V1,
    /// Eight bytes of time (seconds since the epoch, big-endian), then random ones. It is accepted once.
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
    /// The file is not PEM, or is damaged.
    #[error("it is no PEM file: {0}")]
    NoPem(String),
    /// No block in the file is a certificate.
    #[error("it holds no certificate")]
    NoCertificate,
    /// A block with the label of a certificate cannot be read.
    #[error("its certificate cannot be read: {0}")]
    Unreadable(String),
    /// None of the certificates is for the key.
    #[error("the key does not belong to the certificate of {0}")]
    OtherKey(String),
    /// The certificate has expired, or is not valid yet.
    #[error("the certificate of {subject} is good from {from} to {to} only")]
    OutOfTime {
        /// The subject of the certificate.
        subject: String,
        /// When it becomes valid.
        from: String,
        /// When it expires.
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
    /// The certificate in base64, as the header carries it.
    shown: String,
    subject: String,
    key: PrivateKey,
    format: MessageFormat,
}

/// One signed message.
#[derive(Debug)]
pub(in crate::auth) struct Challenge {
    /// The body of the request.
    pub(in crate::auth) body: String,
    /// The signature in it, in base64. In version 1 it is a secret like a password.
    pub(in crate::auth) signature: String,
}

impl Certificate {
    /// Picks from a PEM text the certificate for `key`. `now` is the time of this machine.
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

    /// The subject of the certificate, such as `CN=admin@example.com`.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The certificate as the `CACertificate` scheme carries it.
    pub(in crate::auth) fn shown(&self) -> &str {
        &self.shown
    }

    /// A new signed message. `None` if the system gives no random bytes, or no memory.
    pub(in crate::auth) fn challenge(&self, now: Timestamp) -> Option<Challenge> {
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

/// The certificate without the rest of its file, which may hold notes and other certificates.
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
mod tests {
    //! Compares keys, certificates and signatures with those of the `openssl` command, which shares no code
    //! with
    //! this crate. If the command is missing, the tests are skipped and say so.

    use std::path::PathBuf;
    use std::process::Command;

    use secrecy::{ExposeSecret, SecretString};
    use serde_json::Value;

    use super::*;
    use crate::auth::KeyError;
    use crate::domain::Clock;
    use crate::http::PemKeyError;

    const PASSPHRASE: &str = "pass phräse";

    /// A folder with a key and its certificate.
    struct Bed(tempfile::TempDir);

    impl Bed {
        /// `None` without openssl.
        fn new() -> Option<Self> {
            if Command::new("openssl").arg("version").output().is_err() {
                let word = "skipped: there is no openssl command here\n";
                std::io::Write::write_all(&mut std::io::stderr(), word.as_bytes()).unwrap();
                return None;
            }
            let bed = Self(tempfile::tempdir().unwrap());
            bed.openssl(
                "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 \
             -subj /CN=admin@example.com",
            );
            Some(bed)
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn openssl(&self, line: &str) -> String {
            let output = Command::new("openssl")
                .args(line.split_whitespace())
                .current_dir(self.0.path())
                .env("PASSPHRASE", PASSPHRASE)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "openssl {line}: {said}");
            String::from_utf8_lossy(&output.stdout).into_owned()
        }

        fn text(&self, name: &str) -> SecretString {
            std::fs::read_to_string(self.path(name)).unwrap().into()
        }

        fn key(&self, name: &str) -> Result<PrivateKey, KeyError> {
            PrivateKey::read(&self.text(name), Some(&PASSPHRASE.into()))
        }

        fn certificate(
            &self,
            name: &str,
            format: MessageFormat,
        ) -> Result<Certificate, CertificateError> {
            let key = self.key("key.pem").unwrap();
            let text = std::fs::read_to_string(self.path(name)).unwrap();
            let now = Clock::System.now();
            Certificate::read(&text, key, CertificateEncoding::Pem, format, now)
        }

        /// Whether openssl finds the challenge signed by the certificate's key.
        fn verify(&self, challenge: &Challenge) -> Vec<u8> {
            let body: Value = serde_json::from_str(&challenge.body).unwrap();
            let decoded = |name: &str| STANDARD.decode(body[name].as_str().unwrap()).unwrap();
            let message = decoded("encodedData");
            std::fs::write(self.path("message"), &message).unwrap();
            std::fs::write(self.path("signature"), decoded("encodedSignedData")).unwrap();
            let public = self.openssl("x509 -in cert.pem -noout -pubkey");
            std::fs::write(self.path("public.pem"), public).unwrap();
            let output =
                self.openssl("dgst -sha512 -verify public.pem -signature signature message");
            assert_eq!(output.trim(), "Verified OK");
            message
        }
    }

    #[test]
    fn openssl_verifies_each_signature_and_no_message_is_repeated() {
        let Some(bed) = Bed::new() else { return };
        let now = Timestamp::from_millis(1_750_736_826_900);
        let v2 = bed.certificate("cert.pem", MessageFormat::V2).unwrap();
        assert_eq!(v2.subject(), "CN=admin@example.com");
        let (first, second) = (v2.challenge(now).unwrap(), v2.challenge(now).unwrap());
        let message = bed.verify(&first);
        assert_eq!(message.len(), 100);
        // Anaplan's own sample begins so: 2025-06-24T03:47:06Z.
        assert_eq!(message[..8], [0, 0, 0, 0, 0x68, 0x5a, 0x1f, 0xba]);
        assert!(first.body.contains(r#""encodedDataFormat":"v2""#));
        assert_ne!(message[8..], bed.verify(&second)[8..]);

        let v1 = bed.certificate("cert.pem", MessageFormat::V1).unwrap();
        let challenge = v1.challenge(now).unwrap();
        assert_eq!(bed.verify(&challenge).len(), 100);
        assert!(!challenge.body.contains("encodedDataFormat"));
    }

    #[test]
    fn a_key_is_read_in_every_form_that_openssl_writes() {
        let Some(bed) = Bed::new() else { return };
        let public = bed.key("key.pem").unwrap().public().to_vec();
        bed.openssl("rsa -in key.pem -traditional -out pkcs1.pem");
        for (name, flags) in [
            ("default.pem", ""),
            ("aes128.pem", "-v2 aes-128-cbc -v2prf hmacWithSHA1"),
            ("des3.pem", "-v2 des3"),
            ("scrypt.pem", "-scrypt"),
        ] {
            let pass = "-passout env:PASSPHRASE";
            bed.openssl(&format!(
                "pkcs8 -topk8 -in key.pem -out {name} {flags} {pass}"
            ));
            assert!(PrivateKey::is_encrypted(&bed.text(name)));
            let wrong = PrivateKey::read(&bed.text(name), Some(&"wrong".into()));
            assert_eq!(
                wrong.unwrap_err(),
                KeyError::Pem(PemKeyError::WrongPassphrase),
                "{name}"
            );
            let none = PrivateKey::read(&bed.text(name), None);
            assert_eq!(
                none.unwrap_err(),
                KeyError::Pem(PemKeyError::NoPassphrase),
                "{name}"
            );
        }
        assert!(
            bed.text("pkcs1.pem")
                .expose_secret()
                .contains("BEGIN RSA PRIVATE KEY")
        );
        for name in [
            "pkcs1.pem",
            "default.pem",
            "aes128.pem",
            "des3.pem",
            "scrypt.pem",
        ] {
            assert_eq!(bed.key(name).unwrap().public(), public, "{name}");
        }
        // One file for both, as some tools write it, with notes between the blocks.
        let both = [bed.text("cert.pem"), bed.text("default.pem")];
        let both = both
            .map(|text| text.expose_secret().to_owned())
            .join("Bag Attributes\n");
        std::fs::write(bed.path("both.pem"), both).unwrap();
        assert_eq!(bed.key("both.pem").unwrap().public(), public);
    }

    #[test]
    fn p10_a_key_that_cannot_be_used_is_reported_without_a_piece_of_it() {
        let Some(bed) = Bed::new() else { return };
        bed.openssl("rsa -in key.pem -traditional -aes128 -passout env:PASSPHRASE -out old.pem");
        bed.openssl("ecparam -name prime256v1 -genkey -noout -out ec1.pem");
        bed.openssl("pkcs8 -topk8 -nocrypt -in ec1.pem -out ec8.pem");
        bed.openssl("genrsa -out short.pem 1024");
        std::fs::write(bed.path("words.pem"), "planted").unwrap();
        let key = bed.text("key.pem");
        let key = key.expose_secret();
        let odd = "-----BEGIN PRIVATE KEY-----\nplanted!\n-----END PRIVATE KEY-----\n";
        std::fs::write(bed.path("odd.pem"), odd).unwrap();
        std::fs::write(bed.path("cut.pem"), &key[..key.len() / 2]).unwrap();
        for (name, expected) in [
            (
                "old.pem",
                "it is encrypted in an old way that is not read here (AES-128-CBC)",
            ),
            ("ec1.pem", "it is an EC PRIVATE KEY"),
            ("ec8.pem", "it is no RSA key"),
            ("short.pem", "it is no RSA key of 2048 bits or more"),
            ("words.pem", "it holds no private key"),
            ("cert.pem", "it holds no private key"),
            ("cut.pem", "a block begins and does not end"),
            ("odd.pem", "it is no PEM file"),
        ] {
            let error = bed.key(name).unwrap_err();
            let message = format!("{error} {error:?} {}", error.hint());
            assert!(message.contains(expected), "{name}: {message}");
            assert!(
                !message.contains("planted") && !message.contains(&key[100..130]),
                "{message}"
            );
        }
        let key = bed.key("key.pem").unwrap();
        assert_eq!(format!("{key:?}"), "PrivateKey(..)");
    }

    #[test]
    fn a_certificate_must_be_that_of_the_key_and_in_its_time() {
        let Some(bed) = Bed::new() else { return };
        bed.openssl(
        "req -x509 -newkey rsa:2048 -nodes -keyout other-key.pem -out other.pem -days 2 -subj /CN=other",
    );
        let error = |name| {
            bed.certificate(name, MessageFormat::V2)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            error("other.pem"),
            "the key does not belong to the certificate of CN=other"
        );
        assert_eq!(error("key.pem"), "it holds no certificate");
        // Of several certificates the right one is taken, wherever it is in the file.
        let chain = ["other.pem", "cert.pem"].map(|name| bed.text(name).expose_secret().to_owned());
        std::fs::write(bed.path("chain.pem"), chain.concat()).unwrap();
        let found = bed.certificate("chain.pem", MessageFormat::V2).unwrap();
        assert_eq!(found.subject(), "CN=admin@example.com");
        let shown = STANDARD.decode(found.shown()).unwrap();
        assert_eq!(
            String::from_utf8(shown).unwrap(),
            bed.text("cert.pem").expose_secret()
        );

        let later = Timestamp::from_millis(Clock::System.now().as_millis() + 4 * 86_400_000);
        let text = bed.text("cert.pem");
        let read = |encoding, now| {
            let key = bed.key("key.pem").unwrap();
            Certificate::read(text.expose_secret(), key, encoding, MessageFormat::V2, now)
        };
        let error = read(CertificateEncoding::Der, later).unwrap_err();
        assert!(
            matches!(error, CertificateError::OutOfTime { .. }),
            "{error}"
        );
        let der = read(CertificateEncoding::Der, Clock::System.now()).unwrap();
        bed.openssl("x509 -in cert.pem -outform DER -out cert.der");
        let expected = std::fs::read(bed.path("cert.der")).unwrap();
        assert_eq!(STANDARD.decode(der.shown()).unwrap(), expected);
    }
}
