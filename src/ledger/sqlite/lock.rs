//! One writing process per ledger: an advisory lock on a file beside it.
//!
//! The system frees the lock when its holder ends, however it ends, so that no stale lock is left. The text
//! in the file only names the holder for people.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::domain::Timestamp;
use crate::files::{self, FileError, Signature};
use crate::ledger::sqlite::ledger_path;
use crate::ledger::{Holder, LedgerError};
use crate::platform::{self, FileId};

/// How often the lock is tried while readers come and go, or while the file vanishes.
const TRIES: u32 = 40;

/// How the file of a lock is recognised: it names the holder.
const LOCK: Signature = Signature {
    what: "lock",
    is_ours: |head| head.starts_with(b"process "),
};

/// Held as long as this value lives.
#[derive(Debug)]
pub(in crate::ledger) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the ledger at this path. Another process that writes is an error at once; one
    /// that only reads the name of the holder, or opens the file, is waited for: it takes a moment.
    pub(in crate::ledger) fn take(ledger: &Path, now: Timestamp) -> Result<Self, LedgerError> {
        let path = lock_path(ledger);
        let mut why = "it vanishes whenever it is locked";
        for round in 0..TRIES {
            let mut file = open(ledger, &path)?;
            match platform::try_lock(&file) {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    // `holder` asks by a shared lock. Where another one can be had, no process writes.
                    match platform::try_lock_shared(&file) {
                        Ok(()) => {}
                        Err(TryLockError::WouldBlock) => {
                            return Err(LedgerError::Locked {
                                path: ledger.to_owned(),
                                holder: read_holder(&mut file),
                            });
                        }
                        Err(TryLockError::Error(source)) => {
                            return Err(LedgerError::open(&path, source));
                        }
                    }
                    drop(file);
                    why = "other processes read it without a pause";
                    std::thread::sleep(pause(round));
                    continue;
                }
                Err(TryLockError::Error(source)) => return Err(LedgerError::open(&path, source)),
            }
            // Between opening and locking another process may have removed the file, and a third one may
            // have made and locked a new one: a lock on a file without a name keeps no process out.
            if is_at(&file, &path) {
                write_holder(&mut file, &Holder::me(now))
                    .map_err(|source| LedgerError::open(&path, source))?;
                return Ok(Self { _file: file });
            }
        }
        Err(LedgerError::open(&path, std::io::Error::other(why)))
    }
}

/// The pause before the next try. It differs between processes, so that two processes which collide once do
/// not collide again each time.
fn pause(round: u32) -> Duration {
    Duration::from_millis(1) * (1 + std::process::id() % 7 + round)
}

/// Opens the lock file, or makes it. Any other file of that name is left as it is.
fn open(ledger: &Path, path: &Path) -> Result<File, LedgerError> {
    files::resume(path, LOCK).map_err(|error| match error {
        // The folder is missing: the name that was given says more than the lock's.
        FileError::Io { source, .. } if source.kind() == ErrorKind::NotFound => {
            LedgerError::open(ledger, source)
        }
        FileError::Io { source, .. } => LedgerError::open(path, source),
        other => LedgerError::open(path, std::io::Error::other(other)),
    })
}

/// Whether this very file is the one of that name.
fn is_at(file: &File, path: &Path) -> bool {
    match (FileId::of(file), FileId::at(path)) {
        (Ok(mine), Ok(named)) => mine == named,
        _ => false,
    }
}

/// The process that holds the ledger at `path`, if there is one.
pub(in crate::ledger) fn holder(ledger: &Path) -> Option<Holder> {
    let mut file = File::open(lock_path(ledger)).ok()?;
    match platform::try_lock_shared(&file) {
        Err(TryLockError::WouldBlock) => Some(read_holder(&mut file)),
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

/// Whether a ledger at `path` was ever locked.
pub(in crate::ledger) fn is_there(ledger: &Path) -> bool {
    lock_path(ledger).exists()
}

fn lock_path(ledger: &Path) -> PathBuf {
    ledger_path::beside(ledger, ".lock")
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
        Ok(_) if !text.trim().is_empty() => Holder::named(text.trim()),
        _ => Holder::named("another process"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn p7_a_file_that_was_removed_is_not_the_one_of_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger.db.lock");
        let removed = open(&path, &path).unwrap();
        assert!(is_at(&removed, &path));
        std::fs::remove_file(&path).unwrap();
        assert!(!is_at(&removed, &path));
        let _new = open(&path, &path).unwrap();
        assert!(!is_at(&removed, &path));
    }

    #[test]
    fn a_second_process_is_refused_with_the_name_of_the_first() {
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

    #[test]
    fn asking_for_the_holder_keeps_no_writer_out() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = dir.path().join("ledger.db");
        let now = Timestamp::from_millis(0);
        let stop = AtomicBool::new(false);
        let taken: Vec<_> = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    holder(&ledger);
                }
            });
            let taken = (0..500).map(|_| Lock::take(&ledger, now).map(drop));
            let taken = taken.collect();
            stop.store(true, Ordering::Relaxed);
            taken
        });
        let refused = taken.iter().find(|taken| taken.is_err());
        assert!(refused.is_none(), "{refused:?}");
    }

    #[test]
    fn what_is_no_lock_is_neither_written_nor_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (ledger, victim) = (dir.path().join("ledger.db"), dir.path().join("victim"));
        let lock = lock_path(&ledger);
        std::fs::write(&victim, "precious").unwrap();
        let plant: [fn(&Path, &Path) -> std::io::Result<()>; 2] = [
            |from, to| std::os::unix::fs::symlink(from, to),
            |from, to| std::fs::hard_link(from, to),
        ];
        for plant in plant {
            plant(&victim, &lock).unwrap();
            Lock::take(&ledger, Timestamp::from_millis(0)).unwrap_err();
            assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious");
            std::fs::remove_file(&lock).unwrap();
        }
    }
}
