//! What a bundle states about itself: the manifest, and the list of digests.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Deserialize;
use serde_json::Value;

use crate::audit::audit_fault::{AuditFault, AuditFaults};
use crate::audit::checks::chain_check::StatedEnd;
use crate::audit::replay::Replay;
use crate::ledger::EventBody;

pub(in crate::audit) const MANIFEST: &str = "manifest.json";
pub(in crate::audit) const SUMS: &str = "SHA256SUMS";

/// The version of the form that this program knows.
const SCHEMA: u64 = 1;

/// The manifest of a bundle, as far as it is checked.
#[derive(Debug, Deserialize)]
pub(in crate::audit) struct StatedManifest {
    schema: u64,
    job: String,
    target: String,
    change: String,
    roster_digest: String,
    lines: u64,
    chain: StatedChain,
    pub(in crate::audit) redacted: bool,
    settings: Value,
    pub(in crate::audit) files: Vec<FileEntry>,
}

#[derive(Debug, Deserialize)]
struct StatedChain {
    events: u64,
    unchained: u64,
    masked: u64,
    head: Option<String>,
}

/// One file, as the manifest states it.
#[derive(Debug, Deserialize)]
pub(in crate::audit) struct FileEntry {
    pub(in crate::audit) name: String,
    pub(in crate::audit) bytes: u64,
    pub(in crate::audit) sha256: String,
}

impl StatedManifest {
    /// The end of the chain that is stated.
    pub(in crate::audit) fn end(&self) -> StatedEnd {
        StatedEnd {
            head: self.chain.head.clone(),
            events: self.chain.events,
            unchained: self.chain.unchained,
            masked: self.chain.masked,
        }
    }

    /// Compares what is stated with the events.
    pub(in crate::audit) fn check(&self, replay: &Replay, faults: &mut AuditFaults) {
        let place = |field: &'static str| {
            move || AuditFault::of(MANIFEST, "it does not say what the events say").field(field)
        };
        if self.schema != SCHEMA {
            let what = "it is of a form that this version does not know";
            faults.push(AuditFault::of(MANIFEST, what).but(SCHEMA, self.schema));
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
        // Versions before the plan recorded no settings, nor the kind of a run.
        let began = replay.runs.last().map(|run| &run.began);
        if let Some(EventBody::RunStarted {
            kind: Some(_),
            settings,
            ..
        }) = began
        {
            let settings = settings.as_deref().unwrap_or(&Value::Null);
            let (expected, found) = (settings.to_string(), self.settings.to_string());
            faults.compare(place("settings"), &expected, &found);
        }
        if !self.redacted && self.chain.masked > 0 {
            let what = "texts are masked in a bundle that is not redacted";
            faults.push(AuditFault::of(MANIFEST, what).field("redacted"));
        }
    }
}

/// Compares the list of digests with the files: `digests` are those of what is there, in the order of
/// the manifest, the manifest last.
pub(in crate::audit) fn check_sums(
    text: &str,
    digests: &[(String, String)],
    faults: &mut AuditFaults,
) {
    let mut stated: BTreeMap<&str, &str> = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        match line.split_once("  ") {
            Some((digest, name)) if stated.insert(name, digest).is_none() => {}
            _ => {
                let what = "the line is no digest and name, or names a file twice";
                faults.push(AuditFault::of(SUMS, what).line(index as u64 + 1));
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
                    AuditFault::of(name, what).field(SUMS)
                };
                faults.compare(differs, found, digest);
            }
            None => faults.push(AuditFault::of(SUMS, format!("`{name}` is missing"))),
        }
    }
    for name in stated.into_keys() {
        faults.push(AuditFault::of(
            SUMS,
            format!("`{name}` is not in the manifest"),
        ));
    }
    if faults.is_empty() && text != exact {
        faults.push(AuditFault::of(SUMS, "it is not written as it was"));
    }
}
