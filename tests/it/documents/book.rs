//! The book in `docs/`: each chapter is in its table of contents, and each link leads somewhere.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::page::Page;

/// The root of the repository.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Markdown files of a folder, by their path from the root.
fn in_folder(folder: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let documents = names.filter(|name| {
        Path::new(name)
            .extension()
            .is_some_and(|extension| extension == "md")
    });
    documents
        .map(|name| match folder {
            "" => name,
            _ => format!("{folder}/{name}"),
        })
        .collect()
}

/// All documents of the repository that people read.
pub(super) fn pages() -> Vec<Page> {
    let paths = in_folder("").into_iter().chain(in_folder("docs"));
    let pages: Vec<_> = paths.map(|path| Page::read(&path)).collect();
    assert!(
        pages.len() > 10,
        "only {} documents were found",
        pages.len()
    );
    pages
}

/// The file that a link of a document leads to, and the heading in it.
fn destination(page: &Page, target: &str) -> (PathBuf, Option<String>) {
    let (file, heading) = match target.split_once('#') {
        Some((file, heading)) => (file, Some(heading.to_owned())),
        None => (target, None),
    };
    let here = root().join(&page.path);
    let path = match file {
        "" => here,
        file => here.parent().unwrap().join(file),
    };
    (path, heading)
}

#[test]
fn each_link_leads_to_a_file_and_to_a_heading_in_it() {
    let mut broken = Vec::new();
    for page in pages() {
        for target in page.contents().targets {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (path, heading) = destination(&page, &target);
            // The book has its own folder only.
            if page.path.starts_with("docs/") && target.starts_with("../") {
                broken.push(format!("{}: leads out of the book: {target}", page.path));
                continue;
            }
            let Ok(path) = path.canonicalize() else {
                broken.push(format!("{}: no file {target}", page.path));
                continue;
            };
            if let Some(heading) = heading {
                let led_to = path.strip_prefix(root()).unwrap().to_string_lossy();
                let anchors = Page::read(&led_to).contents().anchors;
                if !anchors.contains(&heading) {
                    broken.push(format!("{}: no heading {target}", page.path));
                }
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn the_table_of_contents_names_each_chapter_once() {
    let mut named = Page::read("docs/SUMMARY.md").contents().targets;
    named.sort();
    let chapters: Vec<_> = in_folder("docs")
        .into_iter()
        .filter(|path| path != "docs/SUMMARY.md")
        .map(|path| path.trim_start_matches("docs/").to_owned())
        .collect();
    assert_eq!(named, chapters);
}

#[test]
fn each_chapter_begins_with_its_title() {
    let summary = Page::read("docs/SUMMARY.md");
    for line in summary.text.lines() {
        let Some((title, rest)) = line
            .split_once('[')
            .and_then(|(_, rest)| rest.split_once("]("))
        else {
            continue;
        };
        let file = rest.split(')').next().unwrap();
        let chapter = Page::read(&format!("docs/{file}"));
        let first = chapter.text.lines().next().unwrap_or_default();
        assert_eq!(first, format!("# {title}"), "{file}");
    }
}

#[test]
fn the_book_is_made_from_this_folder() {
    let text = std::fs::read_to_string(root().join("docs/book.toml")).unwrap();
    let book: toml::Table = toml::from_str(&text).unwrap();
    assert_eq!(book["book"]["src"].as_str(), Some("."));
    // `target` is what git leaves out.
    let built = book["build"]["build-dir"].as_str().unwrap();
    assert!(built.starts_with("../target/"), "{built}");
}
