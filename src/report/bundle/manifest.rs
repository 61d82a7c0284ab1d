//! `manifest.json`: describes the bundle, with the length and the digest of each file.

use serde::Serialize;
use serde_json::Value;

use crate::domain::Clock;
use crate::report::Summary;
use crate::report::bundle::hashed_file::FileDigest;
use crate::report::events::WrittenEvents;

/// The version of the bundle's form: of the manifest, and of the files that it names.
pub(super) const SCHEMA: u32 = 1;

/// The content of `manifest.json`.
#[derive(Debug, Serialize)]
pub(super) struct Manifest<'a> {
    schema: u32,
    tool: &'static str,
    version: &'static str,
    written_at: String,
    job: &'a str,
    target: &'a str,
    change: &'a str,
    roster_digest: &'a str,
    lines: u64,
    chain: Chain<'a>,
    redacted: bool,
    /// The settings of the last run, without secrets.
    settings: &'a Value,
    files: Vec<FileEntry<'a>>,
}

#[derive(Debug, Serialize)]
struct Chain<'a> {
    /// Events in `events.jsonl`.
    events: u64,
    /// Of these, the events that were stored by a version without chains. They come first and have no hash.
    unchained: u64,
    /// Of these, the events whose texts are masked.
    masked: u64,
    /// The hash of the last event; `null` if none is chained.
    head: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct FileEntry<'a> {
    name: &'a str,
    bytes: u64,
    sha256: &'a str,
}

impl<'a> Manifest<'a> {
    /// Describes a bundle whose other files are written.
    pub(super) fn new(
        summary: &'a Summary,
        written: WrittenEvents,
        redacted: bool,
        settings: &'a Value,
        files: &'a [(&'static str, FileDigest)],
    ) -> Self {
        Self {
            schema: SCHEMA,
            tool: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            written_at: Clock::System.now().to_string(),
            job: &summary.job,
            target: &summary.target,
            change: &summary.change,
            roster_digest: &summary.roster_digest,
            lines: summary.lines,
            chain: Chain {
                events: written.events,
                unchained: written.unchained,
                masked: written.masked,
                head: summary.chain.as_ref().map(|chain| chain.head.as_str()),
            },
            redacted,
            settings,
            files: files
                .iter()
                .map(|(name, digest)| FileEntry {
                    name,
                    bytes: digest.bytes,
                    sha256: &digest.sha256,
                })
                .collect(),
        }
    }
}

/// `SHA256SUMS`, as `sha256sum -c` reads it. It covers the manifest too, which cannot name itself.
pub(super) fn sums(files: &[(&'static str, FileDigest)]) -> String {
    let lines = files
        .iter()
        .map(|(name, digest)| format!("{}  {name}\n", digest.sha256));
    lines.collect()
}
