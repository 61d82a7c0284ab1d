//! The ten lines with which an auditor repeats the chain, against what the program says.

use std::path::Path;
use std::process::{Command, Output};

use offboard::report::Privacy;

use super::generated_job::{Fate, Made};

const SCRIPT: &str = include_str!("check_chain.py");

/// Runs the script that is printed in the bundle's own README.txt; none without python3.
#[expect(clippy::print_stderr, reason = "a check that was left out is reported")]
fn check(dir: &Path) -> Option<Output> {
    let readme = std::fs::read_to_string(dir.join("README.txt")).unwrap();
    let printed = readme.split("--------8<--------\n").nth(1).unwrap();
    assert_eq!(printed, SCRIPT, "README.txt prints another script");
    let script = dir.parent().unwrap().join("check_chain.py");
    std::fs::write(&script, printed).unwrap();
    let ran = Command::new("python3")
        .arg(&script)
        .arg(dir.join("events.jsonl"))
        .output();
    if ran.is_err() {
        eprintln!("SKIPPED: there is no python3");
    }
    ran.ok()
}

#[tokio::test]
async fn p9_the_script_in_the_readme_repeats_the_chain() {
    let made = Made::new(&Fate::ALL).await;
    let (dir, summary) = made.bundle("open", Privacy::Open).await;
    let chain = summary.chain.unwrap();
    let Some(ran) = check(&dir) else { return };
    let (events, head) = (chain.events, chain.head);
    assert_eq!(
        String::from_utf8_lossy(&ran.stdout),
        format!("chain of {events} events, head {head}, 0 masked\n"),
        "{ran:?}"
    );

    let path = dir.join("events.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(
        &path,
        text.replacen("\"outcome\":\"failed\"", "\"outcome\":\"removed\"", 1),
    )
    .unwrap();
    let ran = check(&dir).unwrap();
    assert!(!ran.status.success());
    let printed = String::from_utf8_lossy(&ran.stderr);
    assert!(
        printed.contains("the hash is ") && printed.contains("is stated"),
        "{printed}"
    );
}

#[tokio::test]
async fn the_script_passes_over_masked_texts_and_reaches_the_same_head() {
    let made = Made::new(&Fate::ALL).await;
    let (dir, summary) = made.bundle("masked", Privacy::Masked).await;
    let Some(ran) = check(&dir) else { return };
    let printed = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{ran:?}");
    assert!(printed.contains(&summary.chain.unwrap().head), "{printed}");
    assert!(!printed.contains(" 0 masked"), "{printed}");
}

#[tokio::test]
async fn sha256sum_accepts_the_list_of_digests() {
    let made = Made::new(&Fate::ALL).await;
    let (dir, _) = made.bundle("open", Privacy::Open).await;
    let check = || {
        let mut command = Command::new("sha256sum");
        command.args(["--check", "--strict", "--quiet", "SHA256SUMS"]);
        command.current_dir(&dir).output()
    };
    let Ok(ran) = check() else { return };
    assert!(ran.status.success(), "{ran:?}");
    std::fs::write(dir.join("undo.csv"), "User ID\n").unwrap();
    assert!(!check().unwrap().status.success());
}
