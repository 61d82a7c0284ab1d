//! What a bundle states about itself: the manifest, and the list of digests.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Deserialize;
use serde_json::Value;

use crate::audit::chain::End;
use crate::audit::fault::{Fault, Faults};
use crate::audit::replay::Replay;

pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const SUMS: &str = "SHA256SUMS";

/// The version of the form that this program knows.
const SCHEMA: u64 = 1;

/// The manifest, as far as it is checked.
#[derive(Debug, Deserialize)]
pub(super) struct Manifest {
    schema: u64,
    job: String,
    target: String,
    change: String,
    roster_digest: String,
    lines: u64,
    chain: Chain,
    pub(super) redacted: bool,
    settings: Value,
    pub(super) files: Vec<FileEntry>,
}

#[derive(Debug, Deserialize)]
struct Chain {
    events: u64,
    unchained: u64,
    masked: u64,
    head: Option<String>,
}

/// One file, as the manifest states it.
#[derive(Debug, Deserialize)]
pub(super) struct FileEntry {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

impl Manifest {
    /// The end of the chain that is stated.
    pub(super) fn end(&self) -> End {
        End {
            head: self.chain.head.clone(),
            events: self.chain.events,
            unchained: self.chain.unchained,
            masked: self.chain.masked,
        }
    }

    /// Compares what is stated with the events.
    pub(super) fn check(&self, replay: &Replay, faults: &mut Faults) {
        let place = |field: &'static str| {
            move || Fault::of(MANIFEST, "it does not say what the events say").field(field)
        };
        if self.schema != SCHEMA {
            let what = "it is of a form that this version does not know";
            faults.push(Fault::of(MANIFEST, what).but(SCHEMA, self.schema));
        }
        if let Some(header) = replay.header() {
            let lines = (header.lines.to_string(), self.lines.to_string());
            for (field, expected, found) in [
                ("job", &header.job, &self.job),
                ("target", &header.target, &self.target),
                ("change", &header.change, &self.change),
                ("roster_digest", &header.roster_digest, &self.roster_digest),
                ("lines", &lines.0, &lines.1),
            ] {
                faults.compare(place(field), expected, found);
            }
        }
        if let Some(settings) = replay.runs.last().and_then(|run| run.began.get("settings")) {
            let (expected, found) = (settings.to_string(), self.settings.to_string());
            faults.compare(place("settings"), &expected, &found);
        }
        if !self.redacted && self.chain.masked > 0 {
            let what = "texts are masked in a bundle that is not redacted";
            faults.push(Fault::of(MANIFEST, what).field("redacted"));
        }
    }
}

/// Compares the list of digests with the files: `digests` are those of what is there, in the order of
/// the manifest, the manifest last.
pub(super) fn check_sums(text: &str, digests: &[(String, String)], faults: &mut Faults) {
    let mut stated: BTreeMap<&str, &str> = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        match line.split_once("  ") {
            Some((digest, name)) if stated.insert(name, digest).is_none() => {}
            _ => {
                let what = "the line is no digest and name, or names a file twice";
                faults.push(Fault::of(SUMS, what).line(index as u64 + 1));
            }
        }
    }
    let mut exact = String::new();
    for (name, digest) in digests {
        // Writing to a `String` cannot fail.
        let _ = writeln!(exact, "{digest}  {name}");
        match stated.remove(name.as_str()) {
            Some(found) => {
                let differs = || {
                    let what = "the file is not the one that was written";
                    Fault::of(name, what).field(SUMS)
                };
                faults.compare(differs, found, digest);
            }
            None => faults.push(Fault::of(SUMS, format!("`{name}` is missing"))),
        }
    }
    for name in stated.into_keys() {
        faults.push(Fault::of(SUMS, format!("`{name}` is not in the manifest")));
    }
    if faults.is_empty() && text != exact {
        faults.push(Fault::of(SUMS, "it is not written as it was"));
    }
}
