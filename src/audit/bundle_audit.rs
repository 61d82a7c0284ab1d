//! A bundle as evidence: its digests, its chain, and whether its files agree with the chain.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};

use crate::audit::audit_fault::{AuditFault, AuditFaults};
use crate::audit::checks::{
    ChainCheck, MANIFEST, SUMS, StatedManifest, TableCheck, UndoCheck, check_sums, check_totals,
};
use crate::audit::replay::{LineStates, LinkedText, Replay, ReplayEvent};
use crate::audit::{Audit, AuditError};
use crate::domain::hex;
use crate::report::FILES;

const EVENTS: &str = "events.jsonl";
const TABLE: &str = "report.csv";
const SUMMARY: &str = "summary.json";
const UNDO: &str = "undo.csv";

/// Checks a bundle. `head` is a hash that was kept elsewhere, and must be one of the chain.
///
/// # Errors
/// The folder cannot be read. What is wrong with what it holds is part of the audit.
pub fn audit_bundle(dir: &Path, head: Option<&str>) -> Result<Audit, AuditError> {
    let folder = Folder(dir);
    let mut faults = AuditFaults::default();
    let manifest = manifest(folder, &mut faults)?;
    digests(folder, manifest.as_ref(), &mut faults)?;

    let mut chain = ChainCheck::new(EVENTS, head);
    let mut replay = Replay::new();
    events(folder, &mut chain, &mut replay, &mut faults)?;
    let mut states = replay.line_states().map_err(AuditError::Temporary)?;
    let end = manifest.as_ref().map(StatedManifest::end);
    let note = chain.finish(end.as_ref(), &mut faults);
    if replay.header().is_none() {
        faults.push(AuditFault::of(EVENTS, "no event names the job"));
    }
    if let Some(manifest) = &manifest {
        manifest.check(&replay, &mut faults);
    }
    table(folder, &replay, &mut states, &mut faults)?;
    undo(folder, &replay, &mut states, &mut faults)?;
    if let Some(text) = folder.read(SUMMARY, &mut faults)? {
        match serde_json::from_slice(&text) {
            Ok(summary) => {
                check_totals(SUMMARY, &summary, &replay, &states, &chain, &mut faults);
            }
            Err(error) => faults.push(AuditFault::of(SUMMARY, format!("it is no JSON: {error}"))),
        }
    }
    let mut audit = Audit::new(&chain, &replay, faults);
    audit.notes.extend(note);
    Ok(audit)
}

/// The folder of a bundle.
#[derive(Clone, Copy)]
struct Folder<'a>(&'a Path);

impl Folder<'_> {
    /// Opens a file; one that is missing is a fault.
    fn open(
        self,
        name: &str,
        faults: &mut AuditFaults,
    ) -> Result<Option<BufReader<File>>, AuditError> {
        match File::open(self.0.join(name)) {
            Ok(file) => Ok(Some(BufReader::new(file))),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                faults.push(AuditFault::of(name, "the file is missing"));
                Ok(None)
            }
            Err(source) => Err(self.failed(name, source)),
        }
    }

    /// Reads a small file.
    fn read(self, name: &str, faults: &mut AuditFaults) -> Result<Option<Vec<u8>>, AuditError> {
        let Some(mut file) = self.open(name, faults)? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        let read = file.read_to_end(&mut bytes);
        read.map_err(|source| self.failed(name, source))?;
        Ok(Some(bytes))
    }

    /// The length of a file and its SHA-256.
    fn digest(
        self,
        name: &str,
        faults: &mut AuditFaults,
    ) -> Result<Option<(u64, String)>, AuditError> {
        let Some(mut file) = self.open(name, faults)? else {
            return Ok(None);
        };
        let mut context = Context::new(&SHA256);
        let mut bytes = 0;
        loop {
            let chunk = file.fill_buf();
            let chunk = chunk.map_err(|source| self.failed(name, source))?;
            if chunk.is_empty() {
                break;
            }
            context.update(chunk);
            let taken = chunk.len();
            bytes += taken as u64;
            file.consume(taken);
        }
        Ok(Some((bytes, hex(context.finish().as_ref()))))
    }

    fn failed(self, name: &str, source: io::Error) -> AuditError {
        AuditError::Read {
            path: self.0.join(name),
            source,
        }
    }
}

fn manifest(
    folder: Folder<'_>,
    faults: &mut AuditFaults,
) -> Result<Option<StatedManifest>, AuditError> {
    let Some(text) = folder.read(MANIFEST, faults)? else {
        return Ok(None);
    };
    match serde_json::from_slice::<StatedManifest>(&text) {
        Ok(manifest) => Ok(Some(manifest)),
        Err(error) => {
            let what = format!("it cannot be read: {error}");
            faults.push(AuditFault::of(MANIFEST, what));
            Ok(None)
        }
    }
}

/// Compares each file with what is stated of it.
fn digests(
    folder: Folder<'_>,
    manifest: Option<&StatedManifest>,
    faults: &mut AuditFaults,
) -> Result<(), AuditError> {
    let mut digests = Vec::new();
    let stated = manifest.map_or(&[][..], |manifest| &manifest.files);
    for file in stated {
        let name = &file.name;
        if name.contains(['/', '\\']) || name.starts_with('.') {
            let what = format!("`{}` is no file of a bundle", name.escape_debug());
            faults.push(AuditFault::of(MANIFEST, what).field("files"));
            continue;
        }
        let Some((bytes, sha256)) = folder.digest(name, faults)? else {
            continue;
        };
        let differs = |field| {
            move || AuditFault::of(name, "the file is not the one that was written").field(field)
        };
        let (length, found) = (file.bytes.to_string(), bytes.to_string());
        faults.compare(differs("bytes"), &length, &found);
        faults.compare(differs("sha256"), &file.sha256, &sha256);
        digests.push((name.clone(), sha256));
    }
    for name in FILES {
        let is_stated =
            name == MANIFEST || name == SUMS || stated.iter().any(|file| file.name == name);
        if manifest.is_some() && !is_stated {
            let what = format!("`{name}` is missing");
            faults.push(AuditFault::of(MANIFEST, what).field("files"));
        }
    }
    if let Some((_, sha256)) = folder.digest(MANIFEST, &mut AuditFaults::default())? {
        digests.push((MANIFEST.to_owned(), sha256));
    }
    if let Some(text) = folder.read(SUMS, faults)? {
        check_sums(&String::from_utf8_lossy(&text), &digests, faults);
    }
    Ok(())
}

fn events(
    folder: Folder<'_>,
    chain: &mut ChainCheck,
    replay: &mut Replay,
    faults: &mut AuditFaults,
) -> Result<(), AuditError> {
    let Some(mut file) = folder.open(EVENTS, faults)? else {
        return Ok(());
    };
    let mut bytes = Vec::new();
    let mut number = 0;
    loop {
        bytes.clear();
        let read = file.read_until(b'\n', &mut bytes);
        if read.map_err(|source| folder.failed(EVENTS, source))? == 0 {
            return Ok(());
        }
        number += 1;
        let fault = |what: String| AuditFault::of(EVENTS, what).line(number);
        if bytes.pop_if(|byte| *byte == b'\n').is_none() {
            faults.push(fault(
                "the line has no end: the file was cut off".to_owned(),
            ));
        }
        let link = std::str::from_utf8(&bytes).ok().and_then(LinkedText::parse);
        let Some(link) = link else {
            faults.push(fault("the line is no event with a hash".to_owned()));
            continue;
        };
        match ReplayEvent::parse(&link.text) {
            Ok(event) => {
                chain.push(number, &link, &event, faults);
                let seq = event.seq;
                let wrong = replay.push(event, link.hash);
                if let Some(what) = wrong.map_err(AuditError::Temporary)? {
                    faults.push(fault(what).event(seq));
                }
            }
            Err(error) => faults.push(fault(format!("the text is no event: {error}"))),
        }
    }
}

/// The records of a table; one that cannot be read is a fault, and the last.
fn records(
    folder: Folder<'_>,
    name: &'static str,
    faults: &mut AuditFaults,
    mut take: impl FnMut(&[&str], &mut AuditFaults) -> io::Result<()>,
) -> Result<(), AuditError> {
    let Some(file) = folder.open(name, faults)? else {
        return Ok(());
    };
    let mut csv = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(file);
    for record in csv.records() {
        match record {
            Ok(record) => {
                let taken = take(&record.iter().collect::<Vec<_>>(), faults);
                taken.map_err(AuditError::Temporary)?;
            }
            Err(error) => {
                faults.push(AuditFault::of(name, format!("it is no table: {error}")));
                break;
            }
        }
    }
    Ok(())
}

fn table(
    folder: Folder<'_>,
    replay: &Replay,
    states: &mut LineStates,
    faults: &mut AuditFaults,
) -> Result<(), AuditError> {
    let (mut check, mut states) = (None, Some(states));
    records(folder, TABLE, faults, |row, faults| {
        if let Some(states) = states.take() {
            check = Some(TableCheck::new(TABLE, replay, states, row.iter().copied()));
            return Ok(());
        }
        check
            .as_mut()
            .map_or(Ok(()), |check| check.push(row, faults))
    })?;
    if let Some(check) = check {
        check.finish(faults);
    }
    Ok(())
}

fn undo(
    folder: Folder<'_>,
    replay: &Replay,
    states: &mut LineStates,
    faults: &mut AuditFaults,
) -> Result<(), AuditError> {
    let mut check = UndoCheck::new(replay, states);
    let mut is_header = true;
    records(folder, UNDO, faults, |row, faults| {
        if std::mem::take(&mut is_header) {
            return Ok(());
        }
        check.push(row, faults)
    })?;
    check.finish(faults).map_err(AuditError::Temporary)
}
