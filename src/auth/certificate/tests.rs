//! Keys, certificates and signatures against those of the `openssl` command, which knows nothing of
//! this code. Where that command is missing, the tests say so and show nothing.

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
        let told = self.openssl("dgst -sha512 -verify public.pem -signature signature message");
        assert_eq!(told.trim(), "Verified OK");
        message
    }
}

#[test]
fn openssl_verifies_what_is_signed_and_no_message_comes_twice() {
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
fn p10_a_key_that_cannot_be_used_is_told_without_a_piece_of_it() {
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
        let told = format!("{error} {error:?} {}", error.hint());
        assert!(told.contains(expected), "{name}: {told}");
        assert!(
            !told.contains("planted") && !told.contains(&key[100..130]),
            "{told}"
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
    let told = |name| {
        bed.certificate(name, MessageFormat::V2)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        told("other.pem"),
        "the key does not belong to the certificate of CN=other"
    );
    assert_eq!(told("key.pem"), "it holds no certificate");
    // Of several the right one is taken, whatever its place.
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
