//! Ledgers opened: new, old, halved, left by a kill, and where nothing can be written.

use std::path::Path;

use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteJournalMode;
use sqlx::{ConnectOptions, Connection};

use crate::domain::{Clock, Finding};
use crate::ledger::sqlite::lock::{self, Lock};
use crate::ledger::sqlite::opening::{
    APPLICATION_ID, MIGRATIONS, application_id, known_migration, newest_migration, options,
};
use crate::ledger::{Ledger, LedgerError, Reader};

#[test]
fn every_migration_on_disk_is_embedded() {
    let on_disk = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite"))
        .unwrap()
        .count();
    assert_eq!(MIGRATIONS.iter().count(), on_disk);
}

#[tokio::test]
async fn a_ledger_where_nothing_can_be_written_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.db");
    let ledger = Ledger::open(&path, Clock::System).await.unwrap();
    ledger.close().await.unwrap();
    // Also for root, who may write anywhere: where a folder is, SQLite can put no file.
    std::fs::create_dir(dir.path().join("ledger.db-shm")).unwrap();
    let mut reader = Reader::open(&path).await.unwrap();
    let id = application_id(reader.connection.sqlite().unwrap())
        .await
        .unwrap();
    assert_eq!(id, APPLICATION_ID);
}

#[tokio::test]
async fn a_copy_of_the_file_alone_is_a_ledger_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.db");
    let copy = dir.path().join("copy.db");
    let _ledger = Ledger::open(&path, Clock::System).await.unwrap();
    std::fs::copy(&path, &copy).unwrap();
    Reader::open(&copy).await.unwrap();
}

#[tokio::test]
async fn half_a_ledger_is_neither_new_nor_thrown_away() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.db");
    let journal = dir.path().join("ledger.db-wal");
    std::fs::write(&journal, "the other half").unwrap();
    for empty in [false, true] {
        if empty {
            std::fs::write(&path, "").unwrap();
        }
        let refusals = [
            Ledger::open(&path, Clock::System).await.err(),
            Reader::open(&path).await.err(),
        ];
        for error in refusals {
            assert!(
                matches!(error, Some(LedgerError::Parted { .. })),
                "{error:?}"
            );
        }
        assert!(journal.metadata().unwrap().len() > 0);
    }
    assert!(!lock::is_there(&path));
}

/// The file as a kill leaves it after each step of its making.
async fn made_as_far_as(path: &Path, table: bool) {
    let options = options(path).create_if_missing(true);
    let mut connection = options
        .journal_mode(SqliteJournalMode::Wal)
        .connect()
        .await
        .unwrap();
    if table {
        Migrator::DEFAULT.run(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
}

#[tokio::test]
async fn p3_a_ledger_is_opened_whose_making_was_killed() {
    for table in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger.db");
        made_as_far_as(&path, table).await;
        let reader = Reader::open(&path).await;
        assert!(matches!(reader, Err(LedgerError::Missing(_))), "{reader:?}");
        let ledger = Ledger::open(&path, Clock::System).await.unwrap();
        ledger.close().await.unwrap();
        Reader::open(&path).await.unwrap();
    }
}

/// A ledger as version 2 of the schema left it: a job of one user that was verified.
async fn made_by_an_older_version(path: &Path) {
    let old = MIGRATIONS.iter().filter(|one| one.version <= 2).cloned();
    let mut connection = options(path)
        .create_if_missing(true)
        .connect()
        .await
        .unwrap();
    let migrator = Migrator::with_migrations(old.collect());
    migrator.run(&mut connection).await.unwrap();
    sqlx::raw_sql(
        "INSERT INTO jobs (number, id, key, target, change, roster_path, roster_digest, roster_header,
                           lines, users, created_at_ms)
             VALUES (1, '0193af', 'k', 'https://scim.example.com/', 'disable', 'r.csv', 'd', '[]',
                     1, 1, 0);
         INSERT INTO runs (number, id, job, host, pid, account, version, started_at_ms, ended_at_ms,
                           ending, kind)
             VALUES (1, '0193b0', 1, 'h', 1, 'a', '0', 10, 20, 'finished', 'run'),
                    (2, '0193b1', 1, 'h', 1, 'a', '0', 30, 40, 'finished', 'verify');
         INSERT INTO users (job, line, user_id, user_key, cells, status, attempts, run, verified_at_ms,
                            verified)
             VALUES (1, 2, 'u1', 'u1', '[]', 'removed', 1, 1, 35, 'drifted')",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_ledger_of_an_older_version_is_read_and_continued() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.db");
    made_by_an_older_version(&path).await;
    // Where it is in use, it is not touched, and that is said.
    let lock = Lock::take(&path, Clock::System.now()).unwrap();
    let refused = Reader::open(&path).await;
    assert!(
        matches!(refused, Err(LedgerError::Older { schema: 2, .. })),
        "{refused:?}"
    );
    drop(lock);

    let mut reader = Reader::open(&path).await.unwrap();
    let newest = newest_migration(reader.connection.sqlite().unwrap())
        .await
        .unwrap();
    assert_eq!(newest, Some(known_migration()));
    let job = reader.jobs().await.unwrap().remove(0);
    let drift = reader.drift(&job).await.unwrap();
    assert_eq!(drift.get(&Finding::Drifted), Some(&1));
    assert_eq!(reader.runs(&job).await.unwrap().len(), 2);
    let mut ledger = Ledger::open(&path, Clock::System).await.unwrap();
    assert_eq!(ledger.to_verify(&job, None).await.unwrap(), 1);
}
