//! The machine on which it was measured: when, its processors, and how long its disk takes to sync.

use std::io::Write;

use tokio::time::Instant;

use crate::bench_folder::disk;
use crate::results::Spread;
use crate::{Failed, IN_FLIGHT};

/// How often the disk is asked to sync.
const SYNCS: usize = 200;

/// What is appended before each sync: a page of the ledger.
const PAGE: [u8; 4096] = [1; 4096];

/// The sentences above the tables.
pub(crate) fn describe(rounds: usize) -> Result<String, Failed> {
    let date = jiff::Timestamp::now().strftime("%F");
    let cores = std::thread::available_parallelism()?;
    let processor = processor().unwrap_or_default();
    let sync = sync_seconds()?;
    Ok(format!(
        "Measured on {date} by version {} on {cores} cores{processor}, {IN_FLIGHT} requests in flight, \
         rounds: {rounds}. Figures are medians, with the lowest and the highest; memory is the highest.\n\n\
         The floor: to append 4 KiB and sync it takes this disk {:.2} ms (median of {SYNCS}; {:.2} to {:.2}). \
         A write leaves only after a sync of its intent, and its outcome is synced too; users share syncs.\n",
        env!("CARGO_PKG_VERSION"),
        sync.median * 1e3,
        sync.low * 1e3,
        sync.high * 1e3,
    ))
}

/// The name of the processor, in brackets.
fn processor() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    let (_, name) = line.split_once(':')?;
    Some(format!(" ({})", name.trim()))
}

/// Seconds that it takes to append to a file and to sync it.
fn sync_seconds() -> Result<Spread, Failed> {
    let mut file = tempfile::tempfile_in(disk())?;
    let mut seconds = Vec::new();
    for _ in 0..SYNCS {
        let start = Instant::now();
        file.write_all(&PAGE)?;
        file.sync_data()?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    Ok(Spread::of(seconds).ok_or("nothing was measured")?)
}
