//! Each stored snapshot is compared by a test. A file that no test names is left over: delete it.

use std::path::{Path, PathBuf};

use super::sources::{Source, root, sources};

/// All files below a folder that end in `.snap`.
fn stored(tree: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(tree)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "snap")
            {
                found.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    found
}

/// The verbs of the program: `help_VERB` is the name of a snapshot for each.
fn verbs() -> Vec<String> {
    use clap::CommandFactory;
    let command = offboard::cli::Cli::command();
    let verbs = command.get_subcommands();
    let verbs = verbs.map(|verb| format!("help_{}", verb.get_name()));
    verbs.chain(["help_program".to_owned()]).collect()
}

/// True if a file beside the folder of the snapshot, in the module that the snapshot's name begins with,
/// names it: insta calls it `crate__module__name`, where the name is a literal or that of the test.
fn is_used_beside(snapshot: &Path, sources: &[Source]) -> bool {
    let stem = snapshot.file_stem().unwrap().to_string_lossy().into_owned();
    let pieces: Vec<_> = stem.split("__").collect();
    let (Some((name, modules)), Some(folder)) = (
        pieces.split_last(),
        snapshot.parent().and_then(Path::parent),
    ) else {
        return false;
    };
    let modules = modules.iter().skip(1).filter(|module| **module != "tests");
    let module = modules.fold(PathBuf::from("src"), |path, module| path.join(module));
    let candidates = [
        module.with_extension("rs"),
        module.join("mod.rs"),
        module.join("tests.rs"),
    ];
    sources.iter().any(|source| {
        candidates.contains(&source.path)
            && source.path.parent() == Some(folder)
            && (source.text.contains(&format!("\"{name}\""))
                || source.text.contains(&format!("fn {name}(")))
    })
}

#[test]
fn each_snapshot_of_the_program_is_named_by_a_test() {
    let (sources, verbs) = (sources("tests/it"), verbs());
    let files = stored("tests/it");
    assert!(files.len() > 20, "only {} snapshots", files.len());
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let literal = format!("\"{name}\"");
        let used = verbs.contains(&name) || sources.iter().any(|one| one.text.contains(&literal));
        assert!(used, "no test compares {}", file.display());
    }
}

#[test]
fn each_snapshot_of_a_module_is_named_by_its_tests() {
    let sources = sources("src");
    let files = stored("src");
    assert!(!files.is_empty());
    for file in files {
        let used = is_used_beside(&file, &sources);
        assert!(used, "no test compares {}", file.display());
    }
    let gone = Path::new("src/domain/snapshots/offboard__domain__verdict__tests__gone.snap");
    assert!(!is_used_beside(gone, &sources));
}
