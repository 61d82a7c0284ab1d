//! P10 for a job with a password: no secret in files, in output, in the list of processes or in a core dump.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use offboard::sandbox::{FaultSettings, SandboxSettings};

use super::line_tap::Proxy;

use crate::support::{Bed, Ran, ended, finish, start, until};

const PASSWORD: &str = "Planted-pa55word/of+this=test";

/// A bed whose provider wants that password and misbehaves so, with a proxy before it.
async fn bed(faults: &str) -> (Bed, Proxy) {
    let bed = Bed::new(SandboxSettings {
        users: 60,
        password: PASSWORD.to_owned(),
        faults: FaultSettings::parse(faults).unwrap(),
        ..SandboxSettings::default()
    })
    .await;
    let proxy = Proxy::before(bed.sandbox.addr()).await;
    (bed, proxy)
}

/// The whole job through the proxy, with the log at its loudest.
fn run(bed: &Bed, proxy: &Proxy, more: &[&str]) -> std::process::Command {
    let mut command = bed.run_all(60);
    command
        .env("OFFBOARD_PASSWORD", PASSWORD)
        .env("OFFBOARD_AUTH_URL", proxy.url(""))
        .env("OFFBOARD_SCIM_URL", proxy.url("/scim/1/0/v2"))
        .env("OFFBOARD_THROTTLE_WAIT", "10ms")
        .env("OFFBOARD_TIMEOUT", "1s")
        .env("OFFBOARD_MAX_ATTEMPTS", "2")
        .arg("-vv")
        .args(more);
    command
}

/// Everything that must not be found: the password, the pair as HTTP carries it, each token.
fn secrets(proxy: &Proxy) -> Vec<String> {
    let tokens = proxy.tokens();
    assert!(!tokens.is_empty(), "no token was seen on the wire");
    let pair = STANDARD.encode(format!("admin@example.com:{PASSWORD}"));
    assert!(proxy.has_carried(&pair), "the password never left");
    [PASSWORD.to_owned(), pair]
        .into_iter()
        .chain(tokens)
        .collect()
}

pub(super) fn assert_clean(what: &str, bytes: &[u8], secrets: &[String]) {
    for secret in secrets {
        let found = bytes
            .windows(secret.len())
            .any(|window| window == secret.as_bytes());
        assert!(!found, "a secret is in {what}: {}…", &secret[..8]);
    }
}

/// Whatever is in the folder and was printed.
fn assert_nothing_leaked(bed: &Bed, ran: &Ran, secrets: &[String]) {
    assert_clean("standard output", ran.stdout.as_bytes(), secrets);
    assert_clean("standard error", ran.stderr.as_bytes(), secrets);
    let count = assert_folder_clean(bed.dir.path(), secrets);
    assert!(count >= 2, "only {count} files");
}

pub(super) fn assert_folder_clean(folder: &Path, secrets: &[String]) -> usize {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            if path.is_dir() {
                return assert_folder_clean(&path, secrets);
            }
            let bytes = std::fs::read(&path).unwrap();
            assert_clean(&path.display().to_string(), &bytes, secrets);
            1
        })
        .sum()
}

async fn through(faults: &str) {
    let (bed, proxy) = bed(faults).await;
    bed.write_roster(&[]);
    let ran = finish(run(&bed, &proxy, &[])).await;
    let seen = secrets(&proxy);
    assert!(ran.stderr.contains("DEBUG"), "no log: {ran:?}");
    assert_nothing_leaked(&bed, &ran, &seen);

    // Once more, to a file, and with the report. A finished job signs in no more.
    let ran = finish(run(&bed, &proxy, &["--new", "--log-file", "offboard.log"])).await;
    let seen = secrets(&proxy);
    let log = std::fs::read_to_string(bed.path("offboard.log")).unwrap();
    assert!(log.contains("DEBUG"), "no log: {ran:?}");
    let report = finish(bed.offboard(&["report", "-o", "evidence"])).await;
    assert_eq!(report.code, Some(0), "{report:?}");
    assert_nothing_leaked(&bed, &ran, &seen);
    assert_nothing_leaked(&bed, &report, &seen);
}

#[apply(end_to_end!)]
async fn p10_a_run_that_goes_well_leaves_no_secret_behind() {
    through("none").await;
}

#[apply(end_to_end!)]
async fn p10_a_run_among_faults_leaves_no_secret_behind() {
    through("unauthorized401=0.1,error500=0.1,garbage=0.1,reset-after=0.05,multi207=0.05").await;
}

#[apply(end_to_end!)]
async fn p10_a_refused_sign_in_leaves_no_secret_behind() {
    let (bed, proxy) = bed("none").await;
    bed.write_roster(&[]);
    let wrong = format!("{PASSWORD}-mistyped");
    let mut command = run(&bed, &proxy, &[]);
    command.env("OFFBOARD_PASSWORD", &wrong);
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(5), "{ran:?}");
    let pair = STANDARD.encode(format!("admin@example.com:{wrong}"));
    assert!(proxy.has_carried(&pair));
    assert_nothing_leaked(&bed, &ran, &[wrong, pair]);
}

#[apply(end_to_end!)]
async fn p10_a_process_list_shows_no_secret() {
    let (bed, proxy) = bed("latency=20ms").await;
    bed.write_roster(&[]);
    let child = start(run(&bed, &proxy, &[]));
    until("a token was given", || !proxy.tokens().is_empty()).await;
    let line = std::fs::read(format!("/proc/{}/cmdline", child.id()));
    let ran = ended(child).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    // Where there is no such file, it cannot leak.
    if let Ok(line) = line {
        assert!(line.starts_with(env!("CARGO_BIN_EXE_offboard").as_bytes()));
        assert_clean("the command line", &line, &secrets(&proxy));
    }
}

#[apply(end_to_end!)]
async fn p10_no_core_dump_holds_a_secret() {
    let (bed, proxy) = bed("latency=20ms").await;
    bed.write_roster(&[]);
    let child = start(run(&bed, &proxy, &[]));
    until("a token was given", || !proxy.tokens().is_empty()).await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id()));
    let ran = ended(child).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    // On other systems no other process can read these limits.
    if let Ok(limits) = limits {
        let line = limits
            .lines()
            .find(|line| line.starts_with("Max core file size"));
        let words: Vec<_> = line.unwrap().split_whitespace().skip(4).take(2).collect();
        assert_eq!(words, ["0", "0"], "{limits}");
    }
}
