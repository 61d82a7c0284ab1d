//! Files that verbs write are readable by their owner alone and replace only files that the same command
//! has made.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use crate::support::{Bed, finish};

fn plan(bed: &Bed, csv: &str) -> Command {
    let mut command = bed.offboard(&["plan", "leavers.csv", "--disable", "--csv", csv]);
    command.args(["--rate", "unlimited"]);
    command
}

fn read(bed: &Bed, name: &str) -> Vec<u8> {
    std::fs::read(bed.path(name)).unwrap()
}

#[apply(end_to_end!)]
async fn a_plan_table_replaces_only_a_plan_table() {
    let bed = Bed::with_users(3).await;
    bed.write_roster(&[]);
    std::fs::write(bed.path("offboard.toml"), "rate = \"unlimited\"\n").unwrap();
    // Twice: the second table takes the place of the first.
    for _ in 0..2 {
        let ran = finish(plan(&bed, "plan.csv")).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    let table = read(&bed, "plan.csv");
    assert!(table.starts_with(b"\"line\",\"user_id\""));
    std::fs::hard_link(bed.path("leavers.csv"), bed.path("hard.csv")).unwrap();
    symlink("leavers.csv", bed.path("soft.csv")).unwrap();
    symlink("nowhere.csv", bed.path("dangling.csv")).unwrap();
    symlink("plan.csv", bed.path("to-plan.csv")).unwrap();
    std::fs::write(bed.path("notes.txt"), "line,user_id: notes of mine").unwrap();
    let precious = [
        "leavers.csv",
        "ledger.db",
        "offboard.toml",
        "notes.txt",
        "plan.csv",
    ];
    let before = precious.map(|name| read(&bed, name));
    let requests = bed.books.requests().len();
    for name in [
        "leavers.csv",
        "./leavers.csv",
        "hard.csv",
        "soft.csv",
        "ledger.db",
        "offboard.toml",
        "notes.txt",
        "dangling.csv",
        "to-plan.csv",
    ] {
        let ran = finish(plan(&bed, name)).await;
        assert_eq!(ran.code, Some(3), "{name}: {ran:?}");
        assert!(
            ran.stderr.contains(name) && ran.stderr.contains("hint: "),
            "{ran:?}"
        );
    }
    // All of that is known before anything is sent.
    assert_eq!(bed.books.requests().len(), requests);
    assert_eq!(precious.map(|name| read(&bed, name)), before);
    assert!(!bed.path("nowhere.csv").exists());
    // A table that has become the roster is one no more.
    let mut command = bed.offboard(&["plan", "plan.csv", "--disable", "--csv", "plan.csv"]);
    command.args(["--id-column", "user_id"]);
    let ran = finish(command).await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(
        ran.stderr.contains("is the roster of this command"),
        "{ran:?}"
    );
    assert_eq!(read(&bed, "plan.csv"), table);
}

#[apply(end_to_end!)]
async fn a_log_is_appended_only_to_a_log() {
    let bed = Bed::with_users(2).await;
    bed.write_roster(&[]);
    assert_eq!(finish(plan(&bed, "plan.csv")).await.code, Some(0));
    let roster = read(&bed, "leavers.csv");
    let ledger = read(&bed, "ledger.db");
    symlink("leavers.csv", bed.path("link")).unwrap();
    for name in ["leavers.csv", "ledger.db", "link"] {
        let ran = finish(bed.offboard(&["status", "--log-file", name])).await;
        assert_eq!(ran.code, Some(3), "{name}: {ran:?}");
    }
    assert_eq!(
        (read(&bed, "leavers.csv"), read(&bed, "ledger.db")),
        (roster, ledger)
    );
    let mut length = 0;
    for _ in 0..2 {
        let mut command = plan(&bed, "plan.csv");
        command.args(["--log-file", "log"]);
        let ran = finish(command).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let now = read(&bed, "log").len();
        assert!(now > length, "{now} bytes after {length}");
        length = now;
    }
    let ran = finish(bed.offboard(&["status", "--log-file", "/dev/null"])).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[apply(end_to_end!)]
async fn whatever_is_written_is_for_its_owner_alone() {
    let bed = Bed::with_users(3).await;
    bed.write_roster(&[]);
    let ran = finish(plan(&bed, "plan.csv")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let ran = finish(bed.run_with(3, "--log-file log --rate unlimited")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for args in [
        ["report", "-o", "evidence"].as_slice(),
        &["report", "-o", "deep/er/evidence"],
        &["config", "init", "own.toml"],
    ] {
        let ran = finish(bed.offboard(args)).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let mut paths: Vec<_> = ["plan.csv", "log", "own.toml", "ledger.db", "ledger.db.lock"]
        .map(|name| bed.path(name))
        .into();
    paths.extend(["deep", "deep/er", "deep/er/evidence"].map(|name| bed.path(name)));
    for folder in ["evidence", "deep/er/evidence"] {
        paths.push(bed.path(folder));
        let files = std::fs::read_dir(bed.path(folder)).unwrap();
        paths.extend(files.map(|entry| entry.unwrap().path()));
    }
    for path in paths {
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(
            mode(&path),
            expected,
            "{}: {:o}",
            path.display(),
            mode(&path)
        );
    }
}

#[tokio::test]
async fn a_roster_of_the_sandbox_replaces_no_other_roster() {
    let bed = Bed::with_users(1).await;
    let theirs = ",First Name,Last Name,User ID,Model Role\nada@acme.com,Ada,L,A1,Viewer\n";
    std::fs::write(bed.path("theirs.csv"), theirs).unwrap();
    for args in [["--roster", "theirs.csv"], ["--log", "theirs.csv"]] {
        let mut command = bed.offboard(&["sandbox"]);
        command.args(args);
        let ran = finish(command).await;
        assert_eq!(ran.code, Some(3), "{ran:?}");
        assert_eq!(read(&bed, "theirs.csv"), theirs.as_bytes());
    }
    for args in [["man", "pages"], ["man", "pages"]] {
        assert_eq!(finish(bed.offboard(&args)).await.code, Some(0));
    }
    std::fs::write(bed.path("pages/offboard.1"), "theirs").unwrap();
    assert_eq!(finish(bed.offboard(&["man", "pages"])).await.code, Some(3));
    assert_eq!(read(&bed, "pages/offboard.1"), b"theirs");
}
