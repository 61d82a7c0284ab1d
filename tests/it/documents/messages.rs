//! The chapter on trouble is sorted by messages, and each of them is one that the program prints.

use regex::Regex;

use super::book::root;
use super::page::Page;

/// The chapter.
const CHAPTER: &str = "docs/troubleshooting.md";

/// All texts in which a message of the program may be: its sources, with texts that go over several lines
/// made one line, and what the tests have seen it print.
fn sources() -> Vec<String> {
    let broken = Regex::new(r"\\\n\s*").unwrap();
    let mut texts = Vec::new();
    let mut folders = vec![root().join("src"), root().join("tests/it/snapshots")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                texts.push(broken.replace_all(&text, "").replace("\\\"", "\""));
            }
        }
    }
    texts
}

/// True if one line of a text has all pieces of a message in their order. A `…` of the message stands for
/// anything. A comment says nothing.
fn says(text: &str, message: &str) -> bool {
    let mut lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.any(|line| {
        let mut rest = line;
        message
            .split('…')
            .all(|piece| match rest.split_once(piece.trim()) {
                Some((_, after)) => {
                    rest = after;
                    true
                }
                None => false,
            })
    })
}

/// The messages that head a section of the chapter.
fn headings(chapter: &str) -> Vec<String> {
    let heads = chapter.lines().filter_map(|line| line.strip_prefix("### "));
    heads
        .map(|head| {
            let inner = head
                .strip_prefix("`` ")
                .and_then(|head| head.strip_suffix(" ``"))
                .or_else(|| {
                    head.strip_prefix('`')
                        .and_then(|head| head.strip_suffix('`'))
                });
            inner
                .unwrap_or_else(|| panic!("no message: {head}"))
                .to_owned()
        })
        .collect()
}

#[test]
fn each_message_of_the_chapter_is_one_of_the_program() {
    let texts = sources();
    let messages = headings(&Page::read(CHAPTER).text);
    assert!(messages.len() >= 15, "only {} messages", messages.len());
    let invented: Vec<_> = messages
        .iter()
        .filter(|message| !texts.iter().any(|text| says(text, message)))
        .collect();
    assert!(
        invented.is_empty(),
        "no message of the program: {invented:#?}"
    );
}

#[test]
fn a_message_is_found_by_its_pieces_in_their_order() {
    let text = "a\n#[error(\"ledger `{path}` is in use by {holder}\")]\n";
    assert!(says(text, "ledger `…` is in use by …"));
    assert!(!says(text, "is in use by … ledger"));
    assert!(!says(text, "ledger `…` is lost"));
    assert!(!says("/// A comment.", "A comment"));
    assert_eq!(headings("### `a`\n### `` b `c` ``\n## d\n"), ["a", "b `c`"]);
}
