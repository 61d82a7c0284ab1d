//! The Rust files of the repository, with the room that each is part of.

use std::path::{Path, PathBuf};

/// The root of the repository.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// One Rust file.
#[derive(Debug)]
pub(super) struct Source {
    /// The folder or file directly below the tree's root: `engine`, `port`, `main`.
    pub(super) room: String,
    /// The path from the root of the repository: `src/engine/unit.rs`.
    pub(super) path: PathBuf,
    /// The content.
    pub(super) text: String,
}

impl Source {
    /// The path, for a message.
    pub(super) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// True for `tests.rs` and for files below a folder `tests`.
    pub(super) fn is_test(&self) -> bool {
        let inside = self.path.iter().skip(1);
        inside
            .into_iter()
            .any(|piece| piece == "tests" || piece == "tests.rs")
    }

    /// True for `mod.rs`.
    pub(super) fn is_module_root(&self) -> bool {
        self.path.ends_with("mod.rs")
    }

    /// The lines outside `#[cfg(test)] mod … { … }`, as rustfmt lays such a module out.
    pub(super) fn lines_without_tests(&self) -> Vec<&str> {
        let mut kept = Vec::new();
        let mut lines = self.text.lines().peekable();
        while let Some(line) = lines.next() {
            let is_module = |next: &&str| {
                let next = next.trim_start();
                let next = next.strip_prefix("pub(crate) ").unwrap_or(next);
                next.starts_with("mod ") && next.ends_with('{')
            };
            if line.trim() == "#[cfg(test)]" && lines.peek().is_some_and(is_module) {
                let indent = line.len() - line.trim_start().len();
                let end = format!("{}}}", " ".repeat(indent));
                lines.by_ref().find(|line| *line == end);
            } else {
                kept.push(line);
            }
        }
        kept
    }
}

/// All Rust files of a tree, such as `src`.
pub(super) fn sources(tree: &str) -> Vec<Source> {
    let base = root().join(tree);
    let mut files = Vec::new();
    let mut folders = vec![base.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(&base).unwrap();
                let room = inside.iter().next().unwrap().to_string_lossy();
                files.push(Source {
                    room: room.trim_end_matches(".rs").to_owned(),
                    text: std::fs::read_to_string(&path).unwrap(),
                    path: path.strip_prefix(root()).unwrap().to_owned(),
                });
            }
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(files.len() > 50, "only {} files were found", files.len());
    files
}

#[test]
fn a_test_module_is_left_out_of_the_count_of_lines() {
    let source = |text: &str| Source {
        room: "room".to_owned(),
        path: PathBuf::from("src/room/file.rs"),
        text: text.to_owned(),
    };
    let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {\n    }\n}\nfn c() {}\n";
    let kept = ["fn a() {}", "fn c() {}"];
    assert_eq!(source(text).lines_without_tests(), kept);
    let declared = "#[cfg(test)]\nmod tests;\nfn c() {}\n";
    assert_eq!(source(declared).lines_without_tests().len(), 3);
}
