//! The machine fails: the disk is full, the folder of the ledger is gone, the ledger is damaged,
//! descriptors or memory run out, clocks disagree, outputs are closed. No outcome is lost, and the message
//! says what to do.

mod clock;
mod closed_outputs;
mod disk;
mod few_resources;
#[cfg(target_os = "linux")]
mod synced_commits;
mod unusable_ledger;
