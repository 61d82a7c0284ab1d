//! The documents refer to what exists: files, functions and tests.

use std::path::Path;

use super::sources::{Source, root, sources};

/// The documents: those in the root of the repository and the chapters of the book.
fn documents() -> Vec<String> {
    let mut found = Vec::new();
    for folder in ["", "docs"] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "md") {
                let path = path.strip_prefix(root()).unwrap();
                found.push(path.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    assert!(found.len() > 10, "only {found:?}");
    found
}

/// A link of a document: what is shown, and where it leads.
#[derive(Debug, PartialEq, Eq)]
struct Link {
    text: String,
    target: String,
}

/// All links of the form `[text](target)`.
fn links(document: &str) -> Vec<Link> {
    let pieces = document.split("](").collect::<Vec<_>>();
    pieces
        .windows(2)
        .filter_map(|pair| {
            let (_, text) = pair[0].rsplit_once('[')?;
            let (target, _) = pair[1].split_once(')')?;
            Some(Link {
                text: text.to_owned(),
                target: target.to_owned(),
            })
        })
        .collect()
}

/// All pieces of a document between backticks, code blocks left out.
fn code_spans(document: &str) -> Vec<String> {
    let mut spans = Vec::new();
    let mut in_block = false;
    for line in document.lines() {
        if line.starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            spans.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    spans
}

/// True if Rust text defines something of this name.
fn defines(text: &str, name: &str) -> bool {
    ["fn", "struct", "enum", "trait", "type", "const", "mod"]
        .iter()
        .any(|kind| {
            let start = format!("{kind} {name}");
            text.match_indices(&start).any(|(at, found)| {
                let rest = &text[at + found.len()..];
                !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
            })
        })
}

fn read(document: &str) -> String {
    std::fs::read_to_string(root().join(document)).unwrap()
}

#[test]
fn each_link_leads_to_a_file_that_has_what_is_named() {
    let mut broken = Vec::new();
    for document in &documents() {
        let folder = root().join(document).parent().map(Path::to_owned).unwrap();
        for Link { text, target } in links(&read(document)) {
            let (file, _) = target.split_once('#').unwrap_or((&target, ""));
            if file.is_empty() || target.contains("://") {
                continue;
            }
            let Ok(path) = folder.join(file).canonicalize() else {
                broken.push(format!("{document}: no file {target}"));
                continue;
            };
            let named = text
                .strip_prefix('`')
                .and_then(|text| text.strip_suffix('`'));
            if let Some(named) = named
                && path.extension().is_some_and(|extension| extension == "rs")
            {
                let text = std::fs::read_to_string(&path).unwrap();
                let name = named.rsplit("::").next().unwrap().trim_end_matches("()");
                if !defines(&text, name) {
                    broken.push(format!("{document}: no `{name}` in {target}"));
                }
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn each_file_and_each_test_that_is_named_exists() {
    let rust: Vec<Source> = ["src", "tests/it"]
        .iter()
        .flat_map(|tree| sources(tree))
        .collect();
    let is_promise = |word: &str| {
        word.strip_prefix('p')
            .and_then(|rest| rest.split_once('_'))
            .is_some_and(|(number, _)| number.parse::<u8>().is_ok())
            && word.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    let mut broken = Vec::new();
    for document in &documents() {
        for span in code_spans(&read(document)) {
            let is_path = span.contains('/')
                && !span.contains([' ', '<', '…'])
                && Path::new(&span)
                    .extension()
                    .is_some_and(|extension| extension == "rs");
            let exists = |folder: &str| root().join(folder).join(&span).is_file();
            if is_path && !["", "src", "tests/it"].into_iter().any(exists) {
                broken.push(format!("{document}: no file {span}"));
            }
            let defined = || rust.iter().any(|one| defines(&one.text, &span));
            if is_promise(&span) && !defined() {
                broken.push(format!("{document}: no test {span}"));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn links_and_names_are_read_as_they_are_written() {
    let text = "See [`a::b`](src/a.rs) and [c](d.md#e), not `f`[g].";
    let link = |text: &str, target: &str| Link {
        text: text.to_owned(),
        target: target.to_owned(),
    };
    let expected = [link("`a::b`", "src/a.rs"), link("c", "d.md#e")];
    assert_eq!(links(text), expected);
    assert_eq!(code_spans("`a` b `c`\n```\n`d`\n```\n"), ["a", "c"]);
    assert!(defines("pub fn begin(", "begin"));
    assert!(!defines("pub fn begin_all(", "begin"));
}
