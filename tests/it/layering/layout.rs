//! How files are laid out: small enough to read, few in a folder, and named so that a module is found.

use std::collections::BTreeMap;
use std::path::Path;

use super::scan::{code_only, published};
use super::sources::{Source, root, sources};

/// The longest that a file may be, without its test module.
const LINES: usize = 600;

/// The most Rust files in a folder, `mod.rs` included. The root of a tree has its rooms and is free.
const FILES: usize = 10;

/// The deepest path of a file: `src/room/folder/folder/file.rs`.
const DEPTH: usize = 5;

/// The trees, with the number of path pieces above a room.
const TREES: &[(&str, usize)] = &[("src", 1), ("tests/it", 2)];

fn all() -> Vec<Source> {
    TREES.iter().flat_map(|(tree, _)| sources(tree)).collect()
}

/// What a `mod.rs` holds besides documentation, declarations and imports.
fn logic(source: &Source) -> Option<String> {
    let text = source.lines_without_tests().join("\n");
    let code = code_only(&text);
    code.split(';').find_map(|item| {
        let lines = item.lines().map(str::trim);
        let lines: Vec<_> = lines
            .filter(|line| !line.is_empty() && !line.starts_with("#["))
            .collect();
        let first = *lines.first()?;
        let bare = published(first).unwrap_or(first);
        let is_declaration = ["mod ", "use "].iter().any(|word| bare.starts_with(word));
        (!is_declaration).then(|| first.to_owned())
    })
}

#[test]
fn each_file_says_what_it_is_and_is_short_enough_to_read() {
    let mut broken = Vec::new();
    for source in all() {
        let name = source.name();
        if !source.text.starts_with("//! ") {
            broken.push(format!("{name}:1: does not begin with `//!`"));
        }
        let lines = source.lines_without_tests().len();
        if lines > LINES {
            broken.push(format!("{name}: {lines} lines, more than {LINES}"));
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn each_folder_holds_few_files_and_is_not_deep() {
    let mut folders: BTreeMap<_, usize> = BTreeMap::new();
    let mut broken = Vec::new();
    for (tree, above) in TREES {
        for source in sources(tree) {
            let folder = source.path.parent().unwrap();
            if folder != Path::new(tree) {
                *folders.entry(folder.to_owned()).or_default() += 1;
            }
            if source.path.iter().count() > DEPTH + above - 1 {
                broken.push(format!("{}: too deep", source.name()));
            }
        }
    }
    for (folder, files) in folders {
        if files > FILES {
            broken.push(format!("{}: {files} files", folder.display()));
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn a_module_with_a_folder_is_its_mod_rs() {
    let beside = |source: &Source| root().join(source.path.with_extension("")).is_dir();
    let broken: Vec<_> = all().into_iter().filter(beside).collect();
    let broken: Vec<_> = broken.iter().map(Source::name).collect();
    assert!(broken.is_empty(), "beside a folder: {broken:?}");
}

#[test]
fn a_mod_rs_only_declares() {
    let mut broken = Vec::new();
    for source in all() {
        if source.is_module_root()
            && let Some(item) = logic(&source)
        {
            broken.push(format!("{}: {item}", source.name()));
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn logic_in_a_mod_rs_is_seen() {
    let logic = |text: &str| {
        logic(&Source {
            room: "room".to_owned(),
            path: "src/room/mod.rs".into(),
            text: text.to_owned(),
        })
    };
    let declares = "//! A room; with a semicolon.\n\n#[cfg(test)]\nmod tests;\nmod a;\n\
                    pub(crate) mod b;\n\npub use a::{\n    B,\n    C,\n};\npub(in crate::x) use d::e;\n";
    assert_eq!(logic(declares), None);
    for item in ["const A: u8 = 1;", "pub fn a() {}", "impl A {}", "a!();"] {
        assert!(logic(&format!("mod a;\n{item}\n")).is_some(), "{item}");
    }
}
