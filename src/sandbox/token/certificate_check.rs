//! Sign-in with a certificate: checks that it is registered, that its key signed the message, and that the
//! message is new.
//!
//! The signature is checked by arithmetic (RFC 8017 §8.2.2) and not by the library that the client signs
//! with, because an error of that library would go unnoticed. Only public values are used here.

use std::collections::HashSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use num_bigint::BigUint;
use serde_json::Value;
use sha2::{Digest, Sha512};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;

/// `DigestInfo` of SHA-512 up to the digest itself (RFC 8017 §9.2, note 1).
const SHA512_INFO: [u8; 19] = [
    0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05,
    0x00, 0x04, 0x40,
];

/// Shortest message, in bytes.
const SHORTEST: usize = 100;

/// The rules for a sign-in with a certificate.
#[derive(Debug, Clone)]
pub struct CertificateRules {
    /// The PEM text of the certificate that is registered in the tenant; without one no client can sign in.
    pub registered: Option<String>,
    /// How far the time in a message may be from the time of the sandbox.
    pub skew: Duration,
    /// Whether messages of the first version, without a time, are accepted.
    pub v1: bool,
}

impl Default for CertificateRules {
    /// No certificate, five minutes, both versions.
    fn default() -> Self {
        Self {
            registered: None,
            skew: Duration::from_mins(5),
            v1: true,
        }
    }
}

/// The messages that have arrived so far: each is accepted once.
#[derive(Debug, Default)]
pub(crate) struct UsedMessages(HashSet<Vec<u8>>);

/// Checks the header value and the body of a sign-in.
///
/// # Errors
/// Why the sign-in is refused.
pub(crate) fn check(
    rules: &CertificateRules,
    seen: &mut UsedMessages,
    shown: &str,
    body: &[u8],
    now_ms: i64,
) -> Result<(), &'static str> {
    let shown = STANDARD
        .decode(shown)
        .map_err(|_| "the certificate is not base64")?;
    let der = der_of(&shown)?;
    let registered = rules
        .registered
        .as_deref()
        .ok_or("no certificate is registered")?;
    if der_of(registered.as_bytes())? != der {
        return Err("the certificate is not registered");
    }
    let body: Value = serde_json::from_slice(body).map_err(|_| "the body is no JSON")?;
    let decoded = |name: &str| STANDARD.decode(body[name].as_str()?).ok();
    let message = decoded("encodedData").ok_or("no encodedData")?;
    let signature = decoded("encodedSignedData").ok_or("no encodedSignedData")?;
    if message.len() < SHORTEST {
        return Err("the message is too short");
    }
    if !verify(&der, &message, &signature)? {
        return Err("the signature does not fit");
    }
    match body["encodedDataFormat"].as_str() {
        None | Some("v1") if rules.v1 => Ok(()),
        Some("v2") => fresh(rules, seen, message, now_ms),
        _ => Err("this encodedDataFormat is not accepted"),
    }
}

fn fresh(
    rules: &CertificateRules,
    seen: &mut UsedMessages,
    message: Vec<u8>,
    now_ms: i64,
) -> Result<(), &'static str> {
    let (time, _) = message.split_first_chunk::<8>().ok_or("no timestamp")?;
    let time_ms = u64::from_be_bytes(*time).saturating_mul(1000);
    let now_ms = u64::try_from(now_ms).unwrap_or(0);
    if u128::from(time_ms.abs_diff(now_ms)) > rules.skew.as_millis() {
        return Err("the timestamp is too far from now");
    }
    if seen.0.insert(message) {
        Ok(())
    } else {
        Err("the message was used before")
    }
}

/// The bytes of a certificate that comes as PEM or as it is.
fn der_of(bytes: &[u8]) -> Result<Vec<u8>, &'static str> {
    if bytes.first() == Some(&0x30) {
        return Ok(bytes.to_vec());
    }
    let blocks = pem::parse_many(bytes).map_err(|_| "this is no PEM text")?;
    let found = blocks
        .into_iter()
        .find(|block| block.tag() == "CERTIFICATE");
    found
        .map(pem::Pem::into_contents)
        .ok_or("this is no certificate")
}

/// RSASSA-PKCS1-v1_5 with SHA-512: the whole encoded message is rebuilt and compared.
fn verify(der: &[u8], message: &[u8], signature: &[u8]) -> Result<bool, &'static str> {
    let (_, certificate) =
        X509Certificate::from_der(der).map_err(|_| "the certificate cannot be read")?;
    let Ok(PublicKey::RSA(key)) = certificate.public_key().parsed() else {
        return Err("the certificate's key is not RSA");
    };
    let modulus = BigUint::from_bytes_be(key.modulus);
    let length = usize::try_from(modulus.bits().div_ceil(8)).map_err(|_| "the key is too long")?;
    let digest = Sha512::digest(message);
    let tail = SHA512_INFO.len() + digest.len();
    if length < tail + 11 || signature.len() != length {
        return Ok(false);
    }
    let exponent = BigUint::from_bytes_be(key.exponent);
    let opened = BigUint::from_bytes_be(signature).modpow(&exponent, &modulus);
    let mut expected = vec![0, 1];
    expected.resize(length - tail - 1, 0xff);
    expected.push(0);
    expected.extend(SHA512_INFO);
    expected.extend(digest);
    Ok(opened == BigUint::from_bytes_be(&expected))
}
