//! What each room of the crate must not import. The compiler does not check this, so the source is read.

use std::collections::BTreeMap;

use super::scan::{Mention, mentions};
use super::sources::sources;

/// Rooms that may import these siblings and no others. `engine`, `scim` and the others not named here
/// are held by the rules of the rooms that must not know them.
const KNOWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("port", &["domain"]),
    ("platform", &[]),
    ("files", &["platform"]),
    ("pace", &["domain"]),
    ("roster", &[]),
    ("sandbox", &["platform"]),
    ("sending", &["domain", "pace", "port"]),
    ("engine", &["domain", "pace", "port", "sending"]),
    ("http", &["domain"]),
    ("ledger", &["domain", "files", "platform", "port"]),
    ("lookup", &["domain", "pace", "port", "sending"]),
    ("auth", &["domain", "http", "pace", "platform", "port"]),
    ("scim", &["auth", "domain", "http", "pace", "port"]),
    ("plan", &["domain", "ledger", "lookup", "port", "roster"]),
    ("report", &["domain", "files", "ledger", "platform"]),
    ("audit", &["domain", "ledger", "report"]),
    (
        "export",
        &["domain", "files", "lookup", "platform", "report"],
    ),
    (
        "job",
        &[
            "auth", "domain", "engine", "http", "ledger", "lookup", "pace", "plan", "platform",
            "port", "report", "roster", "scim", "settings",
        ],
    ),
    (
        "worker",
        &[
            "domain", "engine", "job", "ledger", "lookup", "port", "progress", "settings",
        ],
    ),
    ("progress", &["domain", "engine", "screen"]),
    ("screen", &["domain", "platform"]),
    (
        "settings",
        &[
            "auth", "domain", "http", "lookup", "pace", "platform", "progress", "roster", "scim",
        ],
    ),
];

/// What is named in one room only. Tests beside the code may use any crate.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("sqlx", &["ledger"]),
    ("reqwest", &["http"]),
    ("rustls", &["http"]),
    ("hyper_util", &["http"]),
    ("flate2", &["http"]),
    ("brotli_decompressor", &["http"]),
    ("axum", &["sandbox", "worker"]),
    ("governor", &["pace"]),
    ("indicatif", &["progress"]),
    ("clap", &["cli", "progress", "settings"]),
    ("println!", &[]),
    ("eprintln!", &[]),
    ("print!", &[]),
    ("eprint!", &[]),
    ("dbg!", &[]),
    // `auth` reads those of a program that prints a token.
    ("stdout", &["auth", "screen"]),
    ("stderr", &["auth", "screen"]),
];

fn rooms() -> Vec<String> {
    let mut rooms: Vec<_> = sources("src")
        .into_iter()
        .map(|source| source.room)
        .collect();
    rooms.dedup();
    rooms
}

/// Whether a room may mention this; else the reason why not.
fn objection(room: &str, rooms: &[String], mention: &Mention, test: bool) -> Option<String> {
    let pieces: Vec<&str> = mention.path.split("::").collect();
    if let ["crate", sibling, ..] = pieces.as_slice() {
        let is_room = *sibling != room && rooms.iter().any(|known| known == sibling);
        if is_room && *sibling == "cli" && room != "main" {
            return Some(format!("`{room}` must not know `cli`"));
        }
        if is_room && *sibling == "job" && !["cli", "worker"].contains(&room) {
            return Some(format!("`{room}` must not know `job`"));
        }
        let knows = KNOWS.iter().find(|(name, _)| *name == room);
        if let (true, Some((_, knows))) = (is_room, knows)
            && !knows.contains(sibling)
        {
            return Some(format!("`{room}` must not know `{sibling}`"));
        }
    }
    if mention.path == "tokio::spawn" || mention.path.ends_with("task::spawn") {
        return Some("every task is owned and joined: no `tokio::spawn`".to_owned());
    }
    let (first, last) = (pieces.first()?, pieces.last()?);
    let (name, allowed) = ONLY_IN
        .iter()
        .find(|(name, _)| name == first || name == last)?;
    let fits = allowed.contains(&room) || test;
    (!fits).then(|| format!("`{name}` belongs to {allowed:?}, not to `{room}`"))
}

#[test]
fn each_room_knows_only_what_it_may() {
    let rooms = rooms();
    let mut broken = Vec::new();
    for source in sources("src") {
        for mention in mentions(&source.text) {
            if let Some(why) = objection(&source.room, &rooms, &mention, source.is_test()) {
                let Mention { line, path } = mention;
                broken.push(format!("{}:{line}: {why} ({path})", source.name()));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn each_room_is_known_to_these_rules() {
    let rules: BTreeMap<_, _> = KNOWS.iter().copied().collect();
    for room in rooms() {
        let free = ["cli", "lib", "main"].contains(&room.as_str());
        assert!(free || rules.contains_key(room.as_str()), "no rule: {room}");
    }
}

#[test]
fn these_rules_can_be_broken() {
    let rooms: Vec<_> = KNOWS
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .chain(["cli".to_owned()])
        .collect();
    let objections = |room: &str, text: &str| {
        mentions(text)
            .iter()
            .filter_map(|mention| objection(room, &rooms, mention, false))
            .count()
    };
    for (room, text) in [
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
        assert_eq!(objections(room, text), 1, "{room}: {text}");
    }
    for (room, text) in [
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
        assert_eq!(objections(room, text), 0, "{room}: {text}");
    }
}
