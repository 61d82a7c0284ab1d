//! The bundle of a large job, and its audit: in seconds, in memory that does not grow with the job.

use std::process::Command;

use tokio::time::Instant;

use crate::support::{Running, program};

use super::generated_job::{Fate, Made};

/// A job of this many users.
async fn made(users: usize) -> Made {
    let fates: Vec<_> = Fate::ALL.iter().cycle().take(users).copied().collect();
    Made::new(&fates).await
}

/// The most memory that a command takes in the folder of a job, in KiB.
async fn peak(made: &Made, args: &[&str]) -> u64 {
    let mut command = program(made.dir.path());
    command.args(args);
    peak_of(command).await
}

/// The most memory that a command takes, in KiB.
async fn peak_of(command: Command) -> u64 {
    let mut running = Running::start(command);
    let status = format!("/proc/{}/status", running.id());
    let mut peak = 0;
    while !running.has_ended() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let size = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
        peak = size.unwrap_or(0).max(peak);
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    let ran = running.end().await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    peak
}

const REPORT: [&str; 5] = ["report", "-o", "evidence", "--ledger", "ledger.db"];
const AUDIT_BUNDLE: [&str; 3] = ["audit", "verify", "evidence"];
const AUDIT_LEDGER: [&str; 5] = ["audit", "verify", "latest", "--ledger", "ledger.db"];

#[tokio::test]
async fn the_memory_of_a_bundle_does_not_grow_with_the_job() {
    let few = peak(&made(300).await, &REPORT).await;
    let many = peak(&made(9_000).await, &REPORT).await;
    assert!(
        many < few + 12 * 1024,
        "{few} KiB for 300 users, {many} KiB for 9,000"
    );
}

/// Writes a workbook into a file. The shell becomes the program, so that its memory is what is measured.
fn workbook(made: &Made) -> Command {
    let program = program(made.dir.path());
    let mut command = Command::new("sh");
    command
        .args([
            "-c",
            "exec \"$0\" report --format xlsx --ledger ledger.db > book.xlsx",
        ])
        .arg(program.get_program())
        .current_dir(made.dir.path());
    command
}

#[tokio::test]
async fn the_memory_of_a_workbook_does_not_grow_with_the_job() {
    let (few, many) = (made(300).await, made(9_000).await);
    let (little, much) = (
        peak_of(workbook(&few)).await,
        peak_of(workbook(&many)).await,
    );
    let size = std::fs::metadata(many.path("book.xlsx")).unwrap().len();
    assert!(size > 500_000, "{size}");
    assert!(
        much < little + 12 * 1024,
        "{little} KiB for 300 users, {much} KiB for 9,000"
    );
}

#[tokio::test]
async fn p9_the_memory_of_an_audit_does_not_grow_with_the_job() {
    let (few, many) = (made(3_000).await, made(30_000).await);
    for made in [&few, &many] {
        peak(made, &REPORT).await;
    }
    for args in [&AUDIT_LEDGER[..], &AUDIT_BUNDLE[..]] {
        let (few, many) = (peak(&few, args).await, peak(&many, args).await);
        assert!(
            many < few + 12 * 1024,
            "{args:?}: {few} KiB for 3,000 users, {many} KiB for 30,000"
        );
    }
}

#[tokio::test]
#[ignore = "takes minutes"]
#[expect(clippy::print_stderr, reason = "the number is what it is run for")]
async fn the_bundle_of_a_hundred_thousand_users_takes_seconds() {
    let made = made(100_000).await;
    let begun = Instant::now();
    let written_with = peak(&made, &REPORT).await;
    let written = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    let verified_with = peak(&made, &AUDIT_BUNDLE).await;
    let verified = begun.elapsed().as_secs_f64();
    eprintln!(
        "written in {written:.1} s with {written_with} KiB, \
         verified in {verified:.1} s with {verified_with} KiB"
    );
    assert!(written_with < 64 * 1024, "{written_with} KiB");
    assert!(verified_with < 60 * 1024, "{verified_with} KiB");
}
