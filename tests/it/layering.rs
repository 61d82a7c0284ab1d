//! What each part of the crate must not know, kept by reading its source: the absences are the
//! design, and no compiler sees to them.

mod scan;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use scan::{Mention, mentions};

/// The longest that a file may be.
const LINES: usize = 400;

/// Parts that know none of their siblings but these. `engine`, `scim` and the others not named here
/// are held by the rules of those whom they must not know.
const KNOWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("port", &["domain"]),
    ("files", &[]),
    ("pace", &["domain"]),
    ("roster", &[]),
    ("sandbox", &[]),
    ("engine", &["domain", "port", "pace"]),
    ("http", &["domain"]),
    ("ledger", &["domain", "files", "port"]),
    ("lookup", &["domain", "pace", "port"]),
    ("auth", &["domain", "http", "pace", "port"]),
    ("scim", &["auth", "domain", "http", "pace", "port"]),
    ("plan", &["domain", "ledger", "lookup", "port", "roster"]),
    ("report", &["domain", "files", "ledger"]),
    ("audit", &["domain", "ledger", "report"]),
    ("export", &["domain", "files", "lookup", "report"]),
    (
        "job",
        &[
            "auth", "domain", "engine", "http", "ledger", "lookup", "pace", "plan", "port",
            "report", "roster", "scim", "settings",
        ],
    ),
    ("progress", &["domain", "engine", "screen"]),
    ("screen", &["domain"]),
    (
        "settings",
        &["auth", "domain", "http", "lookup", "pace", "roster", "scim"],
    ),
];

/// What is named in one part only. Tests beside the code may use any crate.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("sqlx", &["ledger"]),
    ("reqwest", &["http"]),
    ("rustls", &["http"]),
    ("hyper_util", &["http"]),
    ("flate2", &["http"]),
    ("brotli_decompressor", &["http"]),
    ("axum", &["sandbox"]),
    ("governor", &["pace"]),
    ("indicatif", &["cli", "progress"]),
    ("clap", &["cli", "progress"]),
    ("println!", &[]),
    ("eprintln!", &[]),
    ("print!", &[]),
    ("eprint!", &[]),
    ("dbg!", &[]),
    // `auth` reads those of a program that prints a token.
    ("stdout", &["auth", "screen"]),
    ("stderr", &["auth", "screen"]),
];

/// All source files, with the part that each belongs to.
fn sources() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(&root).unwrap().to_owned();
                let part = inside.iter().next().unwrap().to_string_lossy();
                let part = part.trim_end_matches(".rs").to_owned();
                files.push((part, inside, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files.sort();
    assert!(files.len() > 50, "only {} files were found", files.len());
    files
}

fn parts() -> Vec<String> {
    let mut parts: Vec<_> = sources().into_iter().map(|(part, ..)| part).collect();
    parts.dedup();
    parts
}

fn is_test(file: &Path) -> bool {
    file.iter()
        .any(|piece| piece == "tests" || piece == "tests.rs")
}

/// Whether a part may mention this; else the reason why not.
fn objection(part: &str, parts: &[String], mention: &Mention, test: bool) -> Option<String> {
    let pieces: Vec<&str> = mention.path.split("::").collect();
    if let ["crate", sibling, ..] = pieces.as_slice() {
        let is_part = *sibling != part && parts.iter().any(|known| known == sibling);
        if is_part && *sibling == "cli" && part != "main" {
            return Some(format!("`{part}` must not know `cli`"));
        }
        if is_part && *sibling == "job" && part != "cli" {
            return Some(format!("`{part}` must not know `job`"));
        }
        let knows = KNOWS.iter().find(|(name, _)| *name == part);
        if let (true, Some((_, knows))) = (is_part, knows)
            && !knows.contains(sibling)
        {
            return Some(format!("`{part}` must not know `{sibling}`"));
        }
    }
    if mention.path == "tokio::spawn" || mention.path.ends_with("task::spawn") {
        return Some("every task is owned and joined: no `tokio::spawn`".to_owned());
    }
    let (first, last) = (pieces.first()?, pieces.last()?);
    let (name, allowed) = ONLY_IN
        .iter()
        .find(|(name, _)| name == first || name == last)?;
    let fits = allowed.contains(&part) || test;
    (!fits).then(|| format!("`{name}` belongs to {allowed:?}, not to `{part}`"))
}

#[test]
fn each_part_knows_only_what_it_may() {
    let parts = parts();
    let mut broken = Vec::new();
    for (part, file, text) in sources() {
        for mention in mentions(&text) {
            if let Some(why) = objection(&part, &parts, &mention, is_test(&file)) {
                let Mention { line, path } = mention;
                broken.push(format!("src/{}:{line}: {why} ({path})", file.display()));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn each_part_is_known_to_these_rules() {
    let rules: BTreeMap<_, _> = KNOWS.iter().copied().collect();
    for part in parts() {
        let free = ["cli", "lib", "main"].contains(&part.as_str());
        assert!(free || rules.contains_key(part.as_str()), "no rule: {part}");
    }
}

#[test]
fn each_file_says_what_it_is_and_is_short_enough_to_read() {
    let mut broken = Vec::new();
    for (_, file, text) in sources() {
        let file = file.display();
        if !text.starts_with("//! ") {
            broken.push(format!("src/{file}:1: does not begin with `//!`"));
        }
        let lines = text.lines().count();
        if lines > LINES {
            broken.push(format!("src/{file}:{lines}: more than {LINES} lines"));
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn these_rules_can_be_broken() {
    let parts: Vec<_> = KNOWS
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .chain(["cli".to_owned()])
        .collect();
    let objections = |part: &str, text: &str| {
        mentions(text)
            .iter()
            .filter_map(|mention| objection(part, &parts, mention, false))
            .count()
    };
    for (part, text) in [
        ("domain", "use crate::ledger::Job;"),
        ("engine", "let x = crate::scim::client();"),
        (
            "engine",
            "use crate::{\n    domain::Line,\n    ledger::Job,\n};",
        ),
        ("engine", "use sqlx::Row;"),
        ("engine", "use {reqwest::Url};"),
        ("ledger", "use crate::cli::Exit;"),
        ("sandbox", "use crate::scim::User;"),
        ("plan", "sqlx::query(\"SELECT 1\")"),
        ("ledger", "println!(\"{x}\")"),
        ("ledger", "std::io::stderr().lock()"),
        ("cli", "tokio::spawn(async {})"),
        ("cli", "use tokio::{sync::mpsc, spawn};"),
    ] {
        assert_eq!(objections(part, text), 1, "{part}: {text}");
    }
    for (part, text) in [
        (
            "domain",
            "use crate::domain::Line; // unlike crate::ledger::Job",
        ),
        (
            "engine",
            "let text = \"crate::ledger sqlx::query println!\";",
        ),
        ("engine", "use crate::{domain::{Line, Job}, port::Journal};"),
        ("ledger", "use crate::domain::Line; use sqlx::Row;"),
        ("cli", "use crate::ledger::Job; tasks.spawn(x);"),
    ] {
        assert_eq!(objections(part, text), 0, "{part}: {text}");
    }
}
