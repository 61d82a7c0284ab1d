//! One writing process per ledger: an advisory lock on a file beside it.
//!
//! The system frees the lock when its holder dies, however it dies, so a stale lock cannot be. The
//! file's text only tells people who the holder is.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::place;
use crate::domain::Timestamp;
use crate::ledger::LedgerError;

/// How often a lock file may vanish while it is being locked.
const TRIES: u32 = 16;

/// The process that works on a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder(String);

impl Holder {
    fn me(since: Timestamp) -> Self {
        let host = gethostname::gethostname();
        Self(format!(
            "process {} on {} since {since}",
            std::process::id(),
            host.to_string_lossy()
        ))
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Held as long as this value lives.
#[derive(Debug)]
pub(in crate::ledger) struct Lock {
    _file: File,
}

impl Lock {
    pub(in crate::ledger) fn take(ledger: &Path, now: Timestamp) -> Result<Self, LedgerError> {
        let path = lock_path(ledger);
        for _ in 0..TRIES {
            let mut file = open(&path).map_err(|source| match source.kind() {
                // The folder is missing: the name that was given says more than the lock's.
                ErrorKind::NotFound => LedgerError::open(ledger, source),
                _ => LedgerError::open(&path, source),
            })?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(LedgerError::Locked {
                        path: ledger.to_owned(),
                        holder: read_holder(&mut file),
                    });
                }
                Err(TryLockError::Error(source)) => return Err(LedgerError::open(&path, source)),
            }
            // Between opening and locking somebody may have removed the file, and somebody else may
            // have made and locked a new one: a lock on a file without a name keeps nobody out.
            if is_at(&file, &path) {
                write_holder(&mut file, &Holder::me(now))
                    .map_err(|source| LedgerError::open(&path, source))?;
                return Ok(Self { _file: file });
            }
        }
        let vanishes = std::io::Error::other("it vanishes whenever it is locked");
        Err(LedgerError::open(&path, vanishes))
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

/// Whether this very file is the one of that name.
fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), path.metadata()) {
        (Ok(mine), Ok(named)) => (mine.dev(), mine.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

/// Who holds the ledger at `path`, if anybody does.
pub(in crate::ledger) fn holder(ledger: &Path) -> Option<Holder> {
    let mut file = File::open(lock_path(ledger)).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Some(read_holder(&mut file)),
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

/// Whether a ledger at `path` was ever locked.
pub(in crate::ledger) fn is_there(ledger: &Path) -> bool {
    lock_path(ledger).exists()
}

fn lock_path(ledger: &Path) -> PathBuf {
    place::beside(ledger, ".lock")
}

fn write_holder(file: &mut File, holder: &Holder) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    write!(file, "{holder}")?;
    file.flush()
}

fn read_holder(file: &mut File) -> Holder {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => Holder(text.trim().to_owned()),
        _ => Holder("another process".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p7_a_file_that_was_removed_is_not_the_one_of_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger.db.lock");
        let removed = open(&path).unwrap();
        assert!(is_at(&removed, &path));
        std::fs::remove_file(&path).unwrap();
        assert!(!is_at(&removed, &path));
        let _new = open(&path).unwrap();
        assert!(!is_at(&removed, &path));
    }

    #[test]
    fn the_second_one_is_told_who_the_first_one_is() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = dir.path().join("ledger.db");
        let now = Timestamp::from_millis(0);
        assert_eq!(holder(&ledger), None);
        let first = Lock::take(&ledger, now).unwrap();
        let refusal = Lock::take(&ledger, now).unwrap_err().to_string();
        let me = format!("process {} on ", std::process::id());
        assert!(refusal.contains(&me), "{refusal}");
        assert!(
            refusal.contains("since 1970-01-01T00:00:00.000Z"),
            "{refusal}"
        );
        assert!(holder(&ledger).is_some());
        drop(first);
        assert_eq!(holder(&ledger), None);
        Lock::take(&ledger, now).unwrap();
    }
}
