//! Files that are no ledgers, and ledgers that cannot be used.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use crate::support::{Bed, Ran, Transcript, all_done, finish};

/// The three verbs that open a ledger.
fn commands(bed: &Bed) -> [Command; 3] {
    [
        bed.run_all(3),
        bed.offboard(&["status"]),
        bed.offboard(&["report", "-o", "evidence"]),
    ]
}

/// All three refuse with 7, and leave the file as it is.
async fn refuse(bed: &Bed, what: &str, told: &mut Transcript) {
    let before = bed.ledger_bytes();
    for (verb, command) in ["run", "status", "report"].iter().zip(commands(bed)) {
        let ran = finish(command).await;
        assert_refused(&ran, what);
        told.add(&format!("{what}: {verb}"), &ran);
    }
    assert!(bed.ledger_bytes() == before, "{what}: the file was touched");
    assert!(!bed.path("evidence").exists(), "{what}: a report appeared");
}

fn assert_refused(ran: &Ran, what: &str) {
    assert_eq!(ran.code, Some(7), "{what}: {ran:?}");
    assert!(ran.stderr.contains("hint: "), "{what}: {ran:?}");
    assert!(!ran.stderr.contains("panicked"), "{what}: {ran:?}");
}

async fn sql(path: &Path, statement: &'static str) {
    let mut connection = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .connect()
        .await
        .unwrap();
    sqlx::raw_sql(statement)
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

#[apply(end_to_end!)]
async fn a_file_that_is_no_ledger_is_refused_and_left_alone() {
    let bed = Bed::with_users(3).await;
    bed.write_roster(&[]);
    let ledger = bed.ledger();
    let mut told = Transcript::default();

    std::fs::write(
        &ledger,
        "User ID,Email\nwhoever,x@example.com\n".repeat(100),
    )
    .unwrap();
    refuse(&bed, "a text file", &mut told).await;

    std::fs::remove_file(&ledger).unwrap();
    sql(
        &ledger,
        "CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('x')",
    )
    .await;
    refuse(&bed, "a database of another program", &mut told).await;

    std::fs::remove_file(&ledger).unwrap();
    // Such as a device: its permissions must not be changed, so the test takes a harmless one.
    let socket = std::os::unix::net::UnixListener::bind(&ledger).unwrap();
    let before = std::fs::metadata(&ledger).unwrap().permissions();
    refuse(&bed, "no regular file", &mut told).await;
    assert_eq!(std::fs::metadata(&ledger).unwrap().permissions(), before);
    drop(socket);

    std::fs::remove_file(&ledger).unwrap();
    std::fs::create_dir(&ledger).unwrap();
    refuse(&bed, "a folder", &mut told).await;
    told.check("input_no_ledger", bed.dir.path());
    let lock = bed.path("ledger.db.lock");
    assert!(!lock.exists(), "a lock appeared beside a stranger's file");
}

#[apply(end_to_end!)]
async fn where_no_ledger_can_be_made_none_is_half_made() {
    let bed = Bed::with_users(3).await;
    bed.write_roster(&[]);
    let mut told = Transcript::default();
    for (verb, mut command) in ["run", "status", "report"].iter().zip(commands(&bed)) {
        command.env("OFFBOARD_LEDGER", bed.path("nowhere/ledger.db"));
        let ran = finish(command).await;
        assert_refused(&ran, "no such folder");
        told.add(&format!("no such folder: {verb}"), &ran);
    }
    assert!(!bed.path("nowhere").exists());
    told.check("input_no_folder", bed.dir.path());
}

#[apply(end_to_end!)]
async fn a_ledger_of_a_newer_version_is_refused_and_left_alone() {
    let bed = all_done().await;
    sql(
        &bed.ledger(),
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'later', 1, x'00', 0)",
    )
    .await;
    let mut told = Transcript::default();
    refuse(&bed, "a newer version", &mut told).await;
    told.check("input_newer_ledger", bed.dir.path());
}

/// Puts these bytes in the ledger's place, and takes away what SQLite keeps beside it.
fn put(bed: &Bed, bytes: &[u8]) {
    for beside in ["ledger.db-wal", "ledger.db-shm"] {
        let _ = std::fs::remove_file(bed.path(beside));
    }
    std::fs::write(bed.ledger(), bytes).unwrap();
}

/// Wherever the damage is, there is a message and exit 7, or the part that was asked for is whole.
#[apply(end_to_end!)]
async fn a_damaged_ledger_is_an_error_and_never_a_panic() {
    let bed = all_done().await;
    let whole = std::fs::read(bed.ledger()).unwrap();
    let mut damaged = vec![("cut in half", whole[..whole.len() / 2].to_vec())];
    damaged.push(("cut to a page", whole[..4096].to_vec()));
    damaged.push(("cut within the header", whole[..50].to_vec()));
    let mut scrawled = whole.clone();
    scrawled[200..].fill(0xaa);
    damaged.push(("overwritten", scrawled));
    let mut told = Transcript::default();
    for (what, bytes) in damaged {
        put(&bed, &bytes);
        refuse(&bed, what, &mut told).await;
    }
    told.check("input_damaged_ledger", bed.dir.path());

    for page in 1..whole.len() / 4096 {
        let mut bytes = whole.clone();
        bytes[page * 4096..(page + 1) * 4096].fill(0xaa);
        put(&bed, &bytes);
        for command in commands(&bed) {
            let ran = finish(command).await;
            assert!(!ran.stderr.contains("panicked"), "page {page}: {ran:?}");
            if ran.code == Some(0) {
                let _ = std::fs::remove_dir_all(bed.path("evidence"));
            } else {
                assert_refused(&ran, &format!("page {page}"));
            }
        }
    }
}

#[apply(end_to_end!)]
async fn a_job_that_does_not_exist_is_an_error() {
    let bed = all_done().await;
    let before = bed.committed_bytes().await;
    let mut told = Transcript::default();
    for args in [
        ["status", "ffff"].as_slice(),
        &["report", "ffff", "-o", "evidence"],
        &["run", "ffff"],
    ] {
        let ran = finish(bed.offboard(args)).await;
        assert_refused(&ran, &args.join(" "));
        told.add(&args.join(" "), &ran);
    }
    for args in [["status", "zzz"].as_slice(), &["report", "zzz", "-o", "x"]] {
        let ran = finish(bed.offboard(args)).await;
        assert_eq!(ran.code, Some(2), "{ran:?}");
        told.add(&args.join(" "), &ran);
    }
    assert!(
        bed.committed_bytes().await == before,
        "the ledger was touched"
    );
    told.check("input_no_job", bed.dir.path());
}

#[apply(end_to_end!)]
async fn a_ledger_that_may_not_be_read_is_refused() {
    if rustix::process::geteuid().is_root() {
        #[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
        {
            eprintln!("skipped: root may read everything");
        }
        return;
    }
    let bed = all_done().await;
    let closed = std::fs::Permissions::from_mode(0o000);
    std::fs::set_permissions(bed.ledger(), closed).unwrap();
    for command in commands(&bed) {
        let ran = finish(command).await;
        assert_refused(&ran, "mode 000");
        assert!(ran.stderr.contains("ermission denied"), "{ran:?}");
    }
}
