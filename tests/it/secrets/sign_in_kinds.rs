//! P10 for every kind of sign-in: at the loudest log, nothing that signs in is in anything that stays,
//! is shown, or is in the process list.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use offboard::sandbox::{Approver, CertificateRules, SandboxSettings};

use super::job::{assert_clean, assert_folder_clean};
use super::line_tap::Proxy;
use crate::sign_in::openssl;
use crate::sign_in::setup::{API_KEY, CLIENT_SECRET, by, provider};
use crate::support::{Bed, Running};

const PASSWORD: &str = "Planted-pa55word/for+every=kind";
const TOKENS: [&str; 4] = ["tokenValue", "access_token", "refresh_token", "device_code"];

/// The provider, a tap before it, and a folder for what is secret by itself.
struct Stage {
    bed: Bed,
    proxy: Proxy,
    safe: tempfile::TempDir,
}

async fn stage() -> Stage {
    let safe = tempfile::tempdir().unwrap();
    let registered = openssl::is_there().then(|| openssl::certificate(safe.path()));
    // Life ends in the middle of the job, so that renewals are heard too.
    let life = Duration::from_millis(500);
    let mut settings = SandboxSettings {
        password: PASSWORD.to_owned(),
        certificate: CertificateRules {
            registered,
            ..CertificateRules::default()
        },
        ..provider(40, life)
    };
    settings.oauth.person = Some((2, Approver::Approves));
    let bed = Bed::new(settings).await;
    bed.write_roster(&[]);
    let proxy = Proxy::before(bed.sandbox.addr()).await;
    Stage { bed, proxy, safe }
}

impl Stage {
    fn safe(&self, name: &str) -> std::path::PathBuf {
        self.safe.path().join(name)
    }

    fn command(&self, kind: &str) -> Command {
        let flags = "--rate 40/s --burst 1 --concurrency 4 -vv --log-file offboard.log";
        let mut command = by(&self.bed, kind, self.bed.run_with(40, flags));
        command
            .env("OFFBOARD_AUTH_URL", self.proxy.url(""))
            .env("OFFBOARD_SCIM_URL", self.proxy.url("/scim/1/0/v2"))
            .env("OFFBOARD_TOKEN_URL", self.proxy.url("/oauth/token"))
            .env("OFFBOARD_DEVICE_URL", self.proxy.url("/oauth/device/code"))
            .env("OFFBOARD_TOKEN_CACHE", self.safe("tokens.json"));
        command
    }

    /// Runs it, and looks everywhere for what was planted and for every token that was given out.
    async fn check(&self, command: Command, code: i32, planted: &[&str]) {
        let running = Running::start(command);
        let line = std::fs::read(format!("/proc/{}/cmdline", running.id()));
        let ran = running.end().await;
        assert_eq!(ran.code, Some(code), "{ran:?}");
        let mut secrets = self.proxy.values(&TOKENS);
        secrets.extend(planted.iter().map(|text| (*text).to_owned()));
        if let Ok(line) = line {
            assert_clean("the command line", &line, &secrets);
        }
        assert_clean("standard output", ran.stdout.as_bytes(), &secrets);
        assert_clean("standard error", ran.stderr.as_bytes(), &secrets);
        let log = std::fs::read_to_string(self.bed.path("offboard.log")).unwrap();
        // A refusal at the first request leaves nothing to tell at that level.
        assert!(code != 0 || log.contains("DEBUG"), "no log: {ran:?}");
        assert!(assert_folder_clean(self.bed.dir.path(), &secrets) >= 3);
    }
}

#[apply(end_to_end!)]
async fn p10_a_password_on_every_request_stays_secret() {
    for password in [PASSWORD, "Planted-wr0ng/pa55word"] {
        let stage = stage().await;
        let mut command = stage.command("basic");
        command
            .env("OFFBOARD_USERNAME", "admin@example.com")
            .env("OFFBOARD_PASSWORD", password);
        let code = if password == PASSWORD { 0 } else { 5 };
        stage.check(command, code, &[password]).await;
    }
}

#[apply(end_to_end!)]
async fn p10_a_bearer_token_stays_secret() {
    for token in [API_KEY, "auk_Planted-wr0ng-t0ken"] {
        let stage = stage().await;
        let mut command = stage.command("bearer");
        command.env("OFFBOARD_TOKEN", token);
        let code = if token == API_KEY { 0 } else { 5 };
        stage.check(command, code, &[token]).await;
        assert!(stage.proxy.has_carried(token));
    }
}

#[apply(end_to_end!)]
async fn p10_a_client_secret_and_its_tokens_stay_secret() {
    for auth in ["form", "basic"] {
        let stage = stage().await;
        let mut command = stage.command("client-credentials");
        command
            .env("OFFBOARD_CLIENT_SECRET", CLIENT_SECRET)
            .env("OFFBOARD_CLIENT_AUTH", auth);
        stage.check(command, 0, &[CLIENT_SECRET]).await;
        assert!(
            stage.proxy.values(&["access_token"]).len() > 1,
            "nothing was renewed"
        );
    }
    let stage = stage().await;
    let mut command = stage.command("client-credentials");
    let wrong = "Planted-wr0ng/secret";
    command.env("OFFBOARD_CLIENT_SECRET", wrong);
    stage.check(command, 5, &[wrong]).await;
}

#[apply(end_to_end!)]
async fn p10_codes_and_refresh_tokens_of_a_device_stay_secret() {
    let stage = stage().await;
    stage.check(stage.command("oauth-device"), 0, &[]).await;
    assert!(
        stage.proxy.values(&["refresh_token"]).len() > 1,
        "nothing was renewed"
    );
    assert_eq!(stage.proxy.values(&["device_code"]).len(), 1);
}

#[apply(end_to_end!)]
async fn p10_the_token_of_a_command_stays_secret() {
    let stage = stage().await;
    std::fs::write(stage.safe("token"), API_KEY).unwrap();
    for (code, script) in [
        (0, "cat \"$SAFE/token\"; cat \"$SAFE/token\" >&2"),
        (11, "cat \"$SAFE/token\"; cat \"$SAFE/token\" >&2; exit 1"),
    ] {
        let mut command = stage.command("command");
        command
            .arg("--new")
            .args(["--token-command-shell", "--token-command", script])
            .env("SAFE", stage.safe.path());
        stage.check(command, code, &[API_KEY]).await;
    }
}

#[apply(end_to_end!)]
async fn p10_a_passphrase_and_its_key_stay_secret() {
    let stage = stage().await;
    if !stage.safe("key.pem").exists() {
        return;
    }
    encrypt(stage.safe.path());
    let key = std::fs::read_to_string(stage.safe("encrypted.pem")).unwrap();
    let piece = key.lines().nth(8).unwrap();
    for (passphrase, code) in [(openssl::PASSPHRASE, 0), ("Planted-wr0ng-pa55phrase", 3)] {
        let mut command = stage.command("anaplan-certificate");
        command
            .arg("--new")
            .env("OFFBOARD_CERTIFICATE_FILE", stage.safe("cert.pem"))
            .env("OFFBOARD_KEY_FILE", stage.safe("encrypted.pem"))
            .env("OFFBOARD_KEY_PASSPHRASE", passphrase);
        stage.check(command, code, &[passphrase, piece]).await;
    }
    let signatures = stage.proxy.values(&["encodedSignedData"]);
    assert!(!signatures.is_empty());
}

fn encrypt(dir: &Path) {
    let made = Command::new("openssl")
        .args("pkcs8 -topk8 -in key.pem -out encrypted.pem -passout env:PASSPHRASE".split(' '))
        .env("PASSPHRASE", openssl::PASSPHRASE)
        .current_dir(dir)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
}
