//! The program that is run when a command has ended.

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::support::{Bed, finish};

/// Writes a program that does this with what it gets.
fn write_program(bed: &Bed, text: &str) {
    let path = bed.path("notify.sh");
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
}

fn notified(bed: &Bed) -> Value {
    serde_json::from_slice(&std::fs::read(bed.path("got.json")).unwrap()).unwrap()
}

#[apply(end_to_end!)]
async fn the_program_gets_the_object_of_json_whether_the_work_is_done_or_refused() {
    let bed = Bed::with_users(3).await;
    bed.write_roster(&[]);
    write_program(
        &bed,
        "cat > got.json; echo \"$1:$OFFBOARD_PASSWORD\" > words",
    );
    let run = |confirm| {
        let mut command = bed.run_with(confirm, "--rate unlimited --notify-command");
        command.arg("./notify.sh 'of the job'");
        command
    };
    let ran = finish(run(2)).await;
    assert_eq!(ran.code, Some(6), "{ran:?}");
    assert_eq!(notified(&bed)["error"]["code"], "rail");

    let ran = finish(run(3)).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.contains("removed             3"), "{ran:?}");
    let got = notified(&bed);
    assert_eq!(
        (&got["exit"], &got["outcomes"]["removed"]),
        (&0.into(), &3.into())
    );
    // It gets its arguments, and no secret.
    let words = std::fs::read_to_string(bed.path("words")).unwrap();
    assert_eq!(words, "of the job:\n");

    let ran = finish(bed.verb("verify", "--notify-command ./notify.sh")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(notified(&bed)["findings"]["confirmed"], 3);
}

#[apply(end_to_end!)]
async fn what_becomes_of_the_program_does_not_change_the_exit_code() {
    let bed = Bed::with_users(1).await;
    bed.write_roster(&[]);
    write_program(&bed, "echo of no use; exit 3");
    for (program, why) in [
        ("./notify.sh", "`./notify.sh` ended with exit status: 3"),
        ("./nowhere.sh", "cannot start `./nowhere.sh`: "),
    ] {
        let mut command = bed.run_with(1, "--rate unlimited --json --notify-command");
        command.arg(program);
        let ran = finish(command).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(
            ran.stderr.contains("warning: `--notify-command` failed: "),
            "{ran:?}"
        );
        assert!(ran.stderr.contains(why), "{ran:?}");
        assert!(
            serde_json::from_str::<Value>(&ran.stdout).is_ok(),
            "{ran:?}"
        );
    }
}

#[apply(end_to_end!)]
async fn a_command_that_names_no_program_is_refused_before_the_first_write() {
    let bed = Bed::with_users(1).await;
    bed.write_roster(&[]);
    let run = |program: &str| {
        let mut command = bed.run_with(1, "--rate unlimited --notify-command");
        command.arg(program);
        command
    };
    let ran = finish(run("'unclosed")).await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(
        ran.stderr.contains("a quote in it is not closed"),
        "{ran:?}"
    );
    assert!(bed.books.users().iter().all(|user| user.active));
    // What is empty counts as not set.
    let ran = finish(run("  ")).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(!ran.stderr.contains("warning"), "{ran:?}");
}
