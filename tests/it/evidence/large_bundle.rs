//! The bundle of a large job: in seconds, in memory that does not grow with it.

use tokio::time::Instant;

use crate::support::{Running, finish, program};

use super::generated_job::{Fate, Made};

async fn write(users: usize) -> (Made, f64, u64) {
    let fates: Vec<_> = Fate::ALL.iter().cycle().take(users).copied().collect();
    let made = Made::new(&fates).await;
    let mut command = program(made.dir.path());
    command.args(["report", "-o", "evidence", "--ledger", "ledger.db"]);
    let begun = Instant::now();
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
    let seconds = begun.elapsed().as_secs_f64();
    let ran = running.end().await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    (made, seconds, peak)
}

#[tokio::test]
async fn the_memory_of_a_bundle_does_not_grow_with_the_job() {
    let (_, _, few) = write(300).await;
    let (_, _, many) = write(9_000).await;
    assert!(
        many < few + 12 * 1024,
        "{few} KiB for 300 users, {many} KiB for 9,000"
    );
}

#[tokio::test]
#[ignore = "takes minutes"]
#[expect(clippy::print_stderr, reason = "the number is what it is run for")]
async fn the_bundle_of_a_hundred_thousand_users_takes_seconds() {
    let (made, seconds, peak) = write(100_000).await;
    let begun = Instant::now();
    let mut verify = program(made.dir.path());
    verify.args(["audit", "verify", "evidence"]);
    let ran = finish(verify).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let verified = begun.elapsed().as_secs_f64();
    eprintln!("written in {seconds:.1} s with {peak} KiB, verified in {verified:.1} s");
    assert!(peak < 64 * 1024, "{peak} KiB");
}
