//! What is shown during a run: lines, a bar, or nothing.

use std::fs::File;
use std::io::Write;
use std::process::Command;

use offboard::sandbox::SandboxSettings;

use crate::support::{
    Bed, Running, Transcript, ended, finish, in_a_terminal, run_one_by_one, skipped, start, until,
};

async fn bed() -> Bed {
    let bed = Bed::new(SandboxSettings {
        users: 3,
        refused: 1,
        ..SandboxSettings::default()
    })
    .await;
    bed.write_roster(&["x y,nobody@example.com"]);
    bed
}

fn run(bed: &Bed, confirm: u64, more: &[&str]) -> Command {
    let mut command = run_one_by_one(bed, "unlimited", confirm);
    command.args(more);
    command
}

#[apply(end_to_end!)]
async fn off_a_terminal_progress_is_plain_lines() {
    let mut told = Transcript::default();
    let bed = bed().await;
    for (what, confirm, more) in [
        ("by itself", 3, ["--new"].as_slice()),
        ("--progress off", 1, &["--new", "--progress", "off"]),
        ("-q", 1, &["--new", "-q"]),
        ("-q and a failure", 1, &["--new", "-q", "--strict"]),
    ] {
        let ran = finish(run(&bed, confirm, more)).await;
        assert!(
            !ran.stderr.contains('\u{1b}') && !ran.stderr.contains('\r'),
            "{ran:?}"
        );
        assert!(!ran.stdout.contains('\u{1b}'), "{ran:?}");
        told.add(what, &ran);
    }
    told.check("progress", bed.dir.path());
}

#[apply(end_to_end!)]
async fn a_terminal_on_which_nothing_can_be_drawn_has_lines() {
    let bed = bed().await;
    let nothing = bed.path("nothing");
    std::fs::write(&nothing, "").unwrap();
    for (variable, value, draws) in [
        ("CI", "true", false),
        ("CI", "1", false),
        ("CI", "false", true),
        ("TERM", "", false),
        ("TERM", "dumb", false),
        ("TERM", "xterm", true),
    ] {
        // The second run finds one user to write: the one that is refused.
        let confirm = bed.books.users().iter().filter(|user| user.active).count() as u64;
        let command = run(&bed, confirm, &["--new"]);
        let Some(mut script) = in_a_terminal(&command, File::open(&nothing).unwrap()) else {
            return skipped();
        };
        script.env(variable, value);
        let ran = finish(script).await;
        assert_eq!(ran.code, Some(10), "{ran:?}");
        let drawn = moves_the_cursor(&ran.stdout) || ran.stdout.contains('━');
        assert_eq!(drawn, draws, "{variable}={value}: {ran:?}");
        assert!(draws || ran.stdout.contains(" of 3 users"), "{ran:?}");
    }
}

#[apply(end_to_end!)]
async fn status_shows_that_a_run_waits_for_its_number() {
    let bed = bed().await;
    let mut command = bed.offboard(&["run", "leavers.csv", "--disable", "--progress", "off"]);
    command.args(["--rate", "unlimited"]);
    let Some(mut script) = in_a_terminal(&command, File::open(bed.path("leavers.csv")).unwrap())
    else {
        return skipped();
    };
    script.stdin(std::process::Stdio::piped());
    let mut child = start(script);
    let mut typing = child.stdin.take().unwrap();
    let waits = "waiting for confirmation of 3 users; in use by process ";
    until("the run waits", || {
        let output = bed.offboard(&["status"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().contains(waits)
    })
    .await;
    let mut watching = Running::start(bed.offboard(&["status", "--watch"]));
    watching.says(waits).await;
    typing.write_all(b"3\n").unwrap();
    let ran = watching.end().await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    // Not found, or refused: only the second is trouble.
    assert!(!ran.stderr.contains("2 failed or in doubt"), "{ran:?}");
    let ran = ended(child).await;
    assert_eq!(ran.code, Some(10), "{ran:?}");
}

/// Whether the text has another escape sequence than those of colours.
fn moves_the_cursor(text: &str) -> bool {
    let mut sequences = text.split("\u{1b}[").skip(1);
    sequences.any(|rest| {
        let end = rest.trim_start_matches(|digit: char| digit.is_ascii_digit() || digit == ';');
        !end.starts_with('m')
    })
}

#[apply(end_to_end!)]
async fn on_a_terminal_the_number_is_typed_and_a_bar_appears() {
    let bed = bed().await;
    let typed = bed.path("typed");
    for (answer, code) in [("4\n", 6), ("3\n", 10)] {
        std::fs::write(&typed, answer).unwrap();
        let mut command = bed.offboard(&["run", "leavers.csv", "--disable"]);
        command.args(["--concurrency", "1", "--rate", "50/s"]);
        let Some(script) = in_a_terminal(&command, File::open(&typed).unwrap()) else {
            return skipped();
        };
        let ran = finish(script).await;
        assert_eq!(ran.code, Some(code), "{ran:?}");
        assert!(ran.stdout.contains("Type 3 to go on:"), "{ran:?}");
        assert_eq!(ran.stdout.contains("━"), code == 10, "{ran:?}");
    }
    assert_eq!(
        bed.books.users().iter().filter(|user| !user.active).count(),
        2
    );
}
