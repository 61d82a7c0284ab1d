//! Many users: what becomes of each of them, and how much memory it takes.

use std::time::Duration;

use offboard::domain::Status;
use offboard::sandbox::SandboxSettings;

use crate::support::{Bed, Running, finish, tally};

const FAST: &str = "--rate unlimited --concurrency 64";

async fn bed(users: usize, refused: usize) -> Bed {
    Bed::new(SandboxSettings {
        users,
        refused,
        request_log: false,
        ..SandboxSettings::default()
    })
    .await
}

/// The largest resident memory that the process has had so far, in KiB; none once it has ended.
fn peak_memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

/// Runs a job of so many users to its end and returns the most memory it took, in KiB.
async fn memory_for(users: usize) -> u64 {
    let bed = bed(users, 0).await;
    bed.write_roster(&[]);
    let mut running = Running::start(bed.run_with(users as u64, FAST));
    let mut peak = 0;
    while !running.has_ended() {
        peak = peak_memory(running.id()).unwrap_or(0).max(peak);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let ran = running.end().await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(peak > 0);
    peak
}

#[apply(end_to_end!)]
async fn ten_thousand_users_all_end_as_the_providers_books_say() {
    let bed = bed(10_000, 25).await;
    let unknown: Vec<_> = (0..25)
        .map(|number| format!("ffff{number:028x},nobody{number}@example.com"))
        .collect();
    let lines: Vec<_> = unknown.iter().map(String::as_str).collect();
    bed.write_roster(&lines);
    let ran = finish(bed.run_with(10_000, FAST)).await;
    assert_eq!(ran.code, Some(10), "{:?}", ran.code);
    let rows = bed.rows().await;
    let tally = tally(&rows);
    assert_eq!(tally[&Status::Removed], 9_975, "{tally:?}");
    assert_eq!(tally[&Status::NotFound], 25, "{tally:?}");
    assert_eq!(tally[&Status::Failed], 25, "{tally:?}");
    let books = bed.books.users();
    for (user, row) in books.iter().zip(&rows) {
        assert_eq!(row.user_id.as_ref(), Some(&user.id));
        assert_eq!(user.writes_received, 1, "{user:?}");
        assert_eq!(bed.is_gone(&user.id), !user.refused, "{user:?}");
        let expected = if user.refused {
            Status::Failed
        } else {
            Status::Removed
        };
        assert_eq!(row.status, expected, "{row:?}");
        if user.refused {
            let words = row.detail.as_deref().unwrap_or_default();
            assert!(words.contains("protected by policy"), "{row:?}");
        }
    }
    let (report, summary) = bed.report("evidence").await;
    assert_eq!((report.len(), &summary["balanced"]), (10_025, &true.into()));
    let unknown = report.iter().filter(|row| row["outcome"] == "not_found");
    assert!(
        unknown.clone().count() == 25
            && unknown
                .clone()
                .all(|row| row["user_id"].starts_with("ffff"))
    );
}

#[apply(end_to_end!)]
async fn memory_does_not_grow_with_the_roster() {
    let (few, many) = (memory_for(1_000).await, memory_for(10_000).await);
    assert!(
        many < few + 10 * 1024,
        "{few} KiB for 1,000 users, {many} KiB for 10,000"
    );
    assert!(many < 64 * 1024, "{many} KiB");
}

#[apply(end_to_end!)]
#[ignore = "takes minutes"]
#[expect(clippy::print_stderr, reason = "the number is what it is run for")]
async fn a_hundred_thousand_users_fit_into_64_mib() {
    let peak = memory_for(100_000).await;
    eprintln!("{peak} KiB");
    assert!(peak < 64 * 1024, "{peak} KiB");
}
