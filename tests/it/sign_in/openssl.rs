//! Keys and certificates made by the `openssl` command, as an administrator would have them.

use std::io::Write;
use std::process::Command;

use crate::support::Bed;

pub(crate) const PASSPHRASE: &str = "Planted-pa55phrase/of this+test";

/// Runs openssl in the bed's folder.
pub(crate) fn openssl(bed: &Bed, line: &str) {
    let output = Command::new("openssl")
        .args(line.split_whitespace())
        .current_dir(bed.dir.path())
        .env("PASSPHRASE", PASSPHRASE)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {line}: {said}");
}

/// Whether there is such a command; a word on standard error if not.
pub(crate) fn is_there() -> bool {
    let there = Command::new("openssl").arg("version").output().is_ok();
    if !there {
        let word = b"skipped: there is no openssl command here\n";
        std::io::stderr().write_all(word).unwrap();
    }
    there
}

/// A certificate and its key, `cert.pem` and `key.pem`, for this bed's folder; its text.
pub(crate) fn certificate(dir: &std::path::Path) -> String {
    let made = Command::new("openssl")
        .args("req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2".split(' '))
        .args(["-subj", "/CN=admin@example.com"])
        .current_dir(dir)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    std::fs::read_to_string(dir.join("cert.pem")).unwrap()
}
