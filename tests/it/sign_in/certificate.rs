//! Sign-in with a certificate: the sandbox checks the signature by other means than the program
//! signs with, and wants every message fresh.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use offboard::sandbox::{CertificateRules, SandboxSettings};

use super::openssl::{self, PASSPHRASE};
use super::setup::{LONG, SHORT, all, done, provider, refused, slowly};
use crate::support::{Bed, finish};

/// A bed whose provider knows the certificate that lies in the bed's folder.
pub(crate) async fn bed(users: usize, life: Duration, rules: CertificateRules) -> Option<Bed> {
    if !openssl::is_there() {
        return None;
    }
    let made = tempfile::tempdir().unwrap();
    let text = openssl::certificate(made.path());
    let bed = Bed::new(SandboxSettings {
        certificate: CertificateRules {
            registered: Some(text),
            ..rules
        },
        ..provider(users, life)
    })
    .await;
    for file in ["cert.pem", "key.pem"] {
        std::fs::copy(made.path().join(file), bed.path(file)).unwrap();
    }
    bed.write_roster(&[]);
    Some(bed)
}

fn with(mut command: Command, key: &str) -> Command {
    command.args(["--certificate-file", "cert.pem", "--key-file", key]);
    command
}

#[apply(end_to_end!)]
async fn a_certificate_signs_in_and_is_renewed_in_the_middle_of_a_run() {
    let Some(bed) = bed(40, SHORT, CertificateRules::default()).await else {
        return;
    };
    let ran = done(&bed, with(slowly(&bed, "anaplan-certificate"), "key.pem")).await;
    assert!(
        ran.stderr.contains("signing in as CN=admin@example.com"),
        "{ran:?}"
    );
    let totals = bed.books.totals();
    // On a slow machine a token may end before its renewal has its turn: then it is a sign-in.
    assert!(totals.refreshes + totals.sign_ins >= 3, "{totals:?}");
}

#[apply(end_to_end!)]
async fn each_form_of_key_and_certificate_signs_in() {
    let Some(bed) = bed(2, LONG, CertificateRules::default()).await else {
        return;
    };
    openssl::openssl(&bed, "rsa -in key.pem -traditional -out pkcs1.pem");
    let encrypt = "pkcs8 -topk8 -in key.pem -out encrypted.pem -passout env:PASSPHRASE";
    openssl::openssl(&bed, encrypt);
    std::fs::write(bed.path("passphrase"), format!("{PASSPHRASE}\n")).unwrap();
    for (key, more) in [
        ("key.pem", ""),
        ("pkcs1.pem", "--certificate-encoding der"),
        ("encrypted.pem", "--key-passphrase-file passphrase"),
        ("key.pem", "--certificate-format v1"),
    ] {
        let mut command = with(all(&bed, "anaplan-certificate"), key);
        command.arg("--new").args(more.split_whitespace());
        done(&bed, command).await;
    }
    let mut command = with(all(&bed, "anaplan-certificate"), "encrypted.pem");
    command
        .arg("--new")
        .env("OFFBOARD_KEY_PASSPHRASE", PASSPHRASE);
    done(&bed, command).await;
    assert_eq!(bed.books.totals().sign_ins, 5);
}

#[apply(end_to_end!)]
async fn what_does_not_fit_is_reported_before_anything_is_sent() {
    let Some(bed) = bed(1, LONG, CertificateRules::default()).await else {
        return;
    };
    let other = bed.path("other");
    std::fs::create_dir(&other).unwrap();
    openssl::certificate(Path::new(&other));
    let encrypt = "pkcs8 -topk8 -in key.pem -out encrypted.pem -passout env:PASSPHRASE";
    openssl::openssl(&bed, encrypt);
    for (key, passphrase, words) in [
        (
            "other/key.pem",
            "",
            [
                "the key does not belong to the certificate",
                "belong together",
            ],
        ),
        (
            "encrypted.pem",
            "wrong",
            ["the passphrase does not open it", "check the passphrase"],
        ),
        (
            "encrypted.pem",
            "",
            [
                "there is no passphrase of the key",
                "OFFBOARD_KEY_PASSPHRASE",
            ],
        ),
        ("cert.pem", "", ["it holds no private key", "--key-file"]),
        (
            "nobody.pem",
            "",
            ["cannot read the key `nobody.pem`", "No such file"],
        ),
    ] {
        let mut command = with(all(&bed, "anaplan-certificate"), key);
        command.env("OFFBOARD_KEY_PASSPHRASE", passphrase);
        refused(command, 3, &words).await;
    }
    assert_eq!(bed.books.totals().requests, 0);
}

#[apply(end_to_end!)]
async fn a_clock_that_is_wrong_and_a_certificate_that_is_unknown_are_refused() {
    let rules = CertificateRules {
        // Seconds are cut off: no message is ever that fresh.
        skew: Duration::ZERO,
        v1: false,
        ..CertificateRules::default()
    };
    let Some(bed) = bed(1, LONG, rules).await else {
        return;
    };
    let command = with(all(&bed, "anaplan-certificate"), "key.pem");
    refused(
        command,
        5,
        &["the timestamp is too far from now", "this machine's clock"],
    )
    .await;
    let mut command = with(all(&bed, "anaplan-certificate"), "key.pem");
    command.args(["--certificate-format", "v1"]);
    refused(command, 5, &["this encodedDataFormat is not accepted"]).await;

    openssl::certificate(bed.dir.path());
    let command = with(all(&bed, "anaplan-certificate"), "key.pem");
    refused(command, 5, &["the certificate is not registered"]).await;
}

#[apply(end_to_end!)]
async fn a_certificate_needs_no_name_since_the_provider_sends_it() {
    let Some(bed) = bed(1, LONG, CertificateRules::default()).await else {
        return;
    };
    let mut command = with(all(&bed, "anaplan-certificate"), "key.pem");
    command.arg("--json");
    let ran = finish(command).await;
    assert!(ran.stdout.contains("admin@example.com"), "{ran:?}");
    assert!(!ran.stderr.contains("--self"), "{ran:?}");
}
