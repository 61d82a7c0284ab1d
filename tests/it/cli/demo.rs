//! The demo, also when it is killed half way.

use std::path::Path;
use std::process::Command;

use crate::support::{check_text, ended, finish, program, start, until};

fn demo(dir: &Path, users: &str, faults: &str) -> Command {
    let mut command = program(dir);
    command.args([
        "demo", "--dir", "story", "--users", users, "--faults", faults,
    ]);
    command
}

fn modified(path: &Path) -> std::time::SystemTime {
    std::fs::metadata(path).unwrap().modified().unwrap()
}

#[tokio::test]
async fn the_whole_demo_ends_well_and_leaves_its_files() {
    let dir = tempfile::tempdir().unwrap();
    let ran = finish(demo(dir.path(), "60", "mild")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let story = dir.path().join("story");
    for name in [
        "leavers.csv",
        "ledger.db",
        "report/report.csv",
        "report/summary.json",
    ] {
        assert!(story.join(name).exists(), "{name}");
    }
    assert!(ran.stdout.contains("= 70 lines in the roster"), "{ran:?}");

    // Named again, a finished demo is shown and not done again.
    let before = modified(&story.join("provider.jsonl"));
    let report = modified(&story.join("report/report.csv"));
    let ran = finish(demo(dir.path(), "60", "mild")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(modified(&story.join("provider.jsonl")), before);
    assert_eq!(modified(&story.join("report/report.csv")), report);
}

#[tokio::test]
async fn without_faults_the_demo_always_prints_the_same_words() {
    let dir = tempfile::tempdir().unwrap();
    let ran = finish(demo(dir.path(), "12", "none")).await;
    assert_eq!(
        (ran.code, ran.stdout.is_empty()),
        (Some(0), false),
        "{ran:?}"
    );
    check_text("demo", &ran.stdout, dir.path());
}

#[tokio::test]
async fn p3_a_demo_that_was_killed_continues() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = start(demo(dir.path(), "150", "mild"));
    let log = dir.path().join("story/provider.jsonl");
    let applied = || std::fs::read_to_string(&log).map_or(0, |text| text.lines().count());
    until("the provider has applied twenty writes", || applied() >= 20).await;
    child.kill().unwrap();
    let ran = ended(child).await;
    assert_eq!(ran.code, None, "the demo was faster: {ran:?}");
    assert!(!dir.path().join("story/report").exists());

    let ran = finish(demo(dir.path(), "150", "mild")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("continuing the demo"), "{ran:?}");
    assert!(
        ran.stdout.contains("books agree with every line"),
        "{ran:?}"
    );
    assert!(dir.path().join("story/report/report.csv").exists());
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named_with_the_way_out() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("story"), "no folder").unwrap();
    let ran = finish(demo(dir.path(), "60", "none")).await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(
        ran.stderr.starts_with("error: cannot create `story`: "),
        "{ran:?}"
    );
    let hint = "\nhint: name another folder with `--dir DIR`\n";
    assert!(ran.stderr.ends_with(hint), "{ran:?}");
}

#[tokio::test]
async fn a_folder_with_other_files_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let story = dir.path().join("story");
    std::fs::create_dir(&story).unwrap();
    std::fs::write(story.join("mine.txt"), "mine").unwrap();
    let ran = finish(demo(dir.path(), "60", "none")).await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert_eq!(
        ran.stderr,
        "error: `story` is not empty and holds no demo\n\
         hint: name another folder with `--dir DIR`\n"
    );
    assert_eq!(std::fs::read_dir(&story).unwrap().count(), 1);
}
