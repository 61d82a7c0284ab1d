//! The ledger cannot be written: exit code 7 and a hint, and the job continues once it can be written.

use std::fs::{create_dir, remove_dir_all};
use std::process::Command;

use crate::support::{Bed, Running, after, can, ended_with, finish};

const EIGHT: &str = "--rate unlimited --concurrency 8";

#[apply(end_to_end!)]
async fn p3_a_file_that_may_grow_no_further_stops_the_run_and_loses_nothing() {
    let bed = Bed::faulty(400, "").await;
    // In blocks of 1 KiB: too little for the roster, and enough for a part of the work.
    for blocks in [64, 400, 700] {
        let ran = finish(after(&format!("ulimit -f {blocks}"), &bed.command(EIGHT))).await;
        ended_with(&ran, 7, &["error: ledger: ", "hint: "]);
    }
    let written = bed.books.users().iter().filter(|user| !user.active).count();
    assert!((1..400).contains(&written), "{written}");
    bed.is_finished_by_the_same_command().await;
}

#[apply(end_to_end!)]
async fn p3_a_full_disk_stops_the_run_and_free_space_lets_it_continue() {
    if !can("unshare --user --map-root-user --mount mount -t tmpfs none /mnt") {
        return;
    }
    // The disk is there for this process alone, so that both runs have to be in it.
    let script = r#"
        mount -t tmpfs -o size=$1 none disk; shift
        "$@"; echo "exit $?" >&2
        mount -o remount,size=64m disk
        "$@"; echo "exit $?" >&2
    "#;
    for size in ["1000k", "1400k"] {
        let bed = Bed::faulty(400, "").await;
        let disk = bed.path("disk");
        create_dir(&disk).unwrap();
        let mut command = bed.command(EIGHT);
        command.env("OFFBOARD_LEDGER", disk.join("ledger.db"));
        let mut shell = Command::new("unshare");
        shell
            .args(["--user", "--map-root-user", "--mount", "bash", "-c", script])
            .args(["bash", size])
            .arg(command.get_program())
            .args(command.get_args())
            .env_clear()
            .envs(
                command
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .current_dir(bed.dir.path());
        let ran = finish(shell).await;
        ended_with(
            &ran,
            0,
            &["the disk is full: make room", "exit 7", "exit 0"],
        );
        for user in bed.books.users() {
            assert!(
                bed.is_gone(&user.id) && user.writes_changed == 1,
                "{user:?}"
            );
        }
    }
}

#[apply(end_to_end!)]
async fn a_ledger_where_nothing_can_be_written_is_refused_before_anything_is_sent() {
    let bed = Bed::faulty(3, "").await;
    // Even an administrator cannot make a file there.
    let mut command = bed.command(EIGHT);
    command.env("OFFBOARD_LEDGER", "/proc/self/ledger.db");
    let ran = finish(command).await;
    ended_with(&ran, 7, &["cannot open ledger", "hint: "]);

    // A folder of a ledger that was there before.
    let folder = bed.path("folder");
    create_dir(&folder).unwrap();
    let mut command = bed.command(EIGHT);
    command.env("OFFBOARD_LEDGER", folder.join("ledger.db"));
    // An administrator writes everywhere, but for this.
    let prefix = "setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-all";
    let root = rustix::process::geteuid().is_root();
    if root && !can(&format!("{prefix} true")) {
        return;
    }
    let words = if root { prefix } else { "env" };
    let ran = finish(after(
        &format!("chmod 0555 folder; set -- {words} \"$@\""),
        &command,
    ))
    .await;
    ended_with(&ran, 7, &["cannot open ledger", "hint: "]);
    assert_eq!(bed.books.totals().requests, 0);
    let line = format!("chmod 0755 folder; set -- {words} \"$@\"");
    ended_with(&finish(after(&line, &command)).await, 0, &[]);
    // The folder allows nothing new, the ledger is there, and so is the job.
    command.arg("--new");
    let sent = bed.books.totals().requests;
    let line = format!(
        "rm folder/*-wal folder/*-shm folder/*.lock; chmod 0555 folder; set -- {words} \"$@\""
    );
    let ran = finish(after(&line, &command)).await;
    ended_with(&ran, 7, &["hint: "]);
    assert_eq!(bed.books.totals().requests, sent);
}

#[apply(end_to_end!)]
async fn p3_a_folder_that_vanishes_in_mid_run_ends_in_an_orderly_way() {
    let bed = Bed::faulty(300, "latency=5ms").await;
    let folder = bed.path("folder");
    create_dir(&folder).unwrap();
    let mut command = bed.command(EIGHT);
    command.env("OFFBOARD_LEDGER", folder.join("ledger.db"));
    let mut running = Running::start(command);
    let books = bed.books.clone();
    assert!(running.reaches(|| books.totals().requests > 50).await);
    remove_dir_all(&folder).unwrap();
    let ran = running.end().await;
    ended_with(&ran, 7, &["error: ", "hint: "]);
    // A new ledger knows nothing of those who were removed, and finds them as they are.
    let left = bed.people.iter().filter(|person| !bed.is_gone(&person.id));
    let ran = finish(bed.run_all(left.count() as u64)).await;
    ended_with(&ran, 0, &[]);
    for user in bed.books.users() {
        assert!(
            bed.is_gone(&user.id) && user.writes_changed == 1,
            "{user:?}"
        );
    }
}
