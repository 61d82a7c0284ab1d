//! A thousand ways to change a bundle: each is found, also where the digests are made anew.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use offboard::audit::{Audit, audit_bundle};
use offboard::domain::hex;
use offboard::report::{FILES, Privacy};

use super::generated_job::{Fate, Made, assert_holds};

/// Seed of all dice.
const SEED: u64 = 0x0ff_b0a2d;

/// A bundle in memory, to be changed and put back.
struct Bundle {
    dir: PathBuf,
    files: BTreeMap<&'static str, Vec<u8>>,
}

impl Bundle {
    fn read(dir: &Path) -> Self {
        let files = FILES.map(|name| (name, std::fs::read(dir.join(name)).unwrap()));
        Self {
            dir: dir.to_owned(),
            files: files.into(),
        }
    }

    /// Writes this file in the place of its own, and asks what an audit says. With `reseal`, the forger who did
    /// it has also made all digests anew.
    fn audit_with(&self, name: &'static str, bytes: &[u8], reseal: bool) -> Audit {
        std::fs::write(self.dir.join(name), bytes).unwrap();
        if reseal {
            seal(&self.dir);
        }
        let audit = audit_bundle(&self.dir, None).unwrap();
        for restored in [name, "manifest.json", "SHA256SUMS"] {
            std::fs::write(self.dir.join(restored), &self.files[restored]).unwrap();
        }
        audit
    }

    fn lines(&self, name: &str) -> Vec<&[u8]> {
        self.files[name]
            .split_inclusive(|byte| *byte == b'\n')
            .collect()
    }
}

/// Makes the digests of a bundle anew, as a forger would.
pub(super) fn seal(dir: &Path) {
    let sha256 = |name: &str| {
        let bytes = std::fs::read(dir.join(name)).unwrap();
        (bytes.len(), hex(digest(&SHA256, &bytes).as_ref()))
    };
    let path = dir.join("manifest.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut sums = String::new();
    for file in manifest["files"].as_array_mut().unwrap() {
        let name = file["name"].as_str().unwrap().to_owned();
        let (bytes, sha256) = sha256(&name);
        writeln!(sums, "{sha256}  {name}").unwrap();
        file["bytes"] = bytes.into();
        file["sha256"] = sha256.into();
    }
    std::fs::write(
        &path,
        serde_json::to_string_pretty(&manifest).unwrap() + "\n",
    )
    .unwrap();
    writeln!(sums, "{}  manifest.json", sha256("manifest.json").1).unwrap();
    std::fs::write(dir.join("SHA256SUMS"), sums).unwrap();
}

/// One change of a file's bytes, for which nothing has to be understood.
fn change(bundle: &Bundle, name: &'static str, dice: &mut fastrand::Rng) -> (String, Vec<u8>) {
    let bytes = &bundle.files[name];
    let lines = bundle.lines(name);
    let at = dice.usize(..lines.len());
    match dice.u8(..5) {
        0 => {
            let (byte, bit) = (dice.usize(..bytes.len()), dice.u8(..8));
            let mut changed = bytes.clone();
            changed[byte] ^= 1 << bit;
            (format!("bit {bit} of byte {byte}"), changed)
        }
        1 => {
            let mut lines = lines;
            lines.remove(at);
            (format!("line {at} dropped"), lines.concat())
        }
        2 => {
            let mut lines = lines;
            let other = dice.usize(..lines.len());
            lines.swap(at, other);
            (format!("lines {at} and {other} swapped"), lines.concat())
        }
        3 => {
            let end = dice.usize(..bytes.len());
            (format!("cut at {end}"), bytes[..end].to_vec())
        }
        _ => {
            let mut lines = lines;
            let copy = lines[at];
            lines.insert(dice.usize(..=lines.len()), copy);
            (format!("line {at} once more"), lines.concat())
        }
    }
}

/// Columns of `report.csv` that follow from the events.
const FOLLOW: [&str; 14] = [
    "line",
    "outcome",
    "reason",
    "detail",
    "active_before",
    "active_after",
    "workspaces_before",
    "workspaces_removed",
    "workspaces_after",
    "attempts",
    "confirmed_by",
    "job_id",
    "ticket",
    "event_hash",
];

/// One cell of the table that says something else.
fn edit(bundle: &Bundle, name: &'static str, dice: &mut fastrand::Rng) -> (String, Vec<u8>) {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(&bundle.files[name][..]);
    let mut rows: Vec<Vec<String>> = reader
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect();
    let columns: Vec<_> = if name == "undo.csv" {
        vec![0, 2, 3, 4, 5]
    } else {
        let header = &rows[0];
        let place = |wanted: &&str| header.iter().position(|name| name == wanted).unwrap();
        FOLLOW.iter().map(place).collect()
    };
    let (row, column) = (dice.usize(1..rows.len()), *dice.choice(&columns).unwrap());
    let others = ["removed", "failed", "true", "7", "", "w9", "CHG-1"];
    let old = rows[row][column].clone();
    let others: Vec<_> = others.iter().filter(|other| **other != old).collect();
    let other = **dice.choice(&others).unwrap();
    other.clone_into(&mut rows[row][column]);
    let mut csv = csv::WriterBuilder::new()
        .flexible(true)
        .from_writer(Vec::new());
    for row in &rows {
        csv.write_record(row).unwrap();
    }
    let what = format!("row {row}, column {column}: `{old}` to `{other}`");
    (what, csv.into_inner().unwrap())
}

#[tokio::test]
async fn p9_a_thousand_tamperings_are_all_found_and_none_where_there_is_none() {
    let mut dice = fastrand::Rng::with_seed(SEED);
    let fates: Vec<_> = Fate::ALL.iter().cycle().take(40).copied().collect();
    let made = Made::new(&fates).await;
    let mut found = 0;
    for (name, privacy) in [("open", Privacy::Open), ("masked", Privacy::Masked)] {
        let (dir, _) = made.bundle(name, privacy).await;
        let bundle = Bundle::read(&dir);
        for round in 0..500 {
            // For every other one the digests are made anew, where the cell follows from events.
            let (file, (what, bytes), reseal) = match round % 4 {
                0 | 2 => {
                    let file = *dice.choice(&FILES).unwrap();
                    (file, change(&bundle, file, &mut dice), false)
                }
                1 if privacy == Privacy::Open => {
                    let file = "events.jsonl";
                    (file, change(&bundle, file, &mut dice), true)
                }
                _ => {
                    let file = *dice.choice(&["report.csv", "undo.csv"]).unwrap();
                    (file, edit(&bundle, file, &mut dice), true)
                }
            };
            if bytes == bundle.files[file] {
                continue;
            }
            let audit = bundle.audit_with(file, &bytes, reseal);
            assert!(
                !audit.holds,
                "seed {SEED}: {name}/{file}: {what} was not found"
            );
            let first = &audit.faults.first[0];
            assert!(!first.what.is_empty(), "{first:?}");
            found += 1;
        }
        assert_holds(&dir);
    }
    assert!(found > 900, "only {found} were changes");
}

#[tokio::test]
async fn p9_two_bundles_mixed_are_found_even_with_new_digests() {
    let ours = Made::new(&Fate::ALL).await;
    let theirs = Made::new(&Fate::ALL).await;
    let (dir, _) = ours.bundle("evidence", Privacy::Open).await;
    let (other, _) = theirs.bundle("evidence", Privacy::Open).await;
    let bundle = Bundle::read(&dir);
    for name in [
        "report.csv",
        "events.jsonl",
        "summary.json",
        "manifest.json",
    ] {
        let bytes = std::fs::read(other.join(name)).unwrap();
        for reseal in [false, true] {
            let audit = bundle.audit_with(name, &bytes, reseal);
            assert!(!audit.holds, "{name} {reseal}");
        }
    }
    // The whole of another bundle is another bundle, and no fault.
    assert_holds(&other);
}

#[tokio::test]
async fn a_fault_says_where_what_was_expected_and_what_was_found() {
    let made = Made::new(&Fate::ALL).await;
    let (dir, _) = made.bundle("evidence", Privacy::Open).await;
    let bundle = Bundle::read(&dir);
    let swap = |name: &'static str, from: &str, to: &str| {
        let text = String::from_utf8(bundle.files[name].clone()).unwrap();
        assert!(text.contains(from), "{from}");
        let audit = bundle.audit_with(name, text.replacen(from, to, 1).as_bytes(), true);
        let faults = audit.faults.first.iter();
        faults
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let told = [
        swap(
            "report.csv",
            ",\"failed\",\"forbidden\",",
            ",\"removed\",\"\",",
        ),
        swap("summary.json", "\"failed\": 1", "\"failed\": 0"),
        swap(
            "summary.json",
            "\"ticket\": \"CHG-4711\"",
            "\"ticket\": \"CHG-1\"",
        ),
        swap("undo.csv", ",\"true\",\"w1 w2\",", ",\"true\",\"w1\","),
        swap(
            "events.jsonl",
            "\"outcome\":\"failed\"",
            "\"outcome\":\"removed\"",
        ),
    ];
    let mut settings = insta::Settings::clone_current();
    settings.add_filter("[0-9a-f]{64}", "[HASH]");
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!("evidence_faults", told.join("\n\n")));
}
