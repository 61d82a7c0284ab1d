//! The path of a ledger: one file has one name, however it was typed.
//!
//! The lock is a file beside the ledger. If its name were taken from what was typed, two names
//! of one ledger would give two locks, and two processes could write. SQLite is given the same absolute name:
//! to it `:memory:` and `file:x` mean something other than a file of that name.

use std::ffi::OsStr;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use crate::ledger::LedgerError;

/// The longest path that SQLite opens, in bytes: its limit of 512, less an ending for its journal.
const LONGEST: usize = 504;

/// The absolute path of a ledger, with all links followed; the file may be missing, its folder may
/// not.
pub(in crate::ledger) fn resolve(typed: &Path) -> Result<PathBuf, LedgerError> {
    let found = match dunce::canonicalize(typed) {
        Err(error) if error.kind() == ErrorKind::NotFound => missing(typed)?,
        found => found.map_err(|source| LedgerError::open(typed, source))?,
    };
    // SQLite's interface takes UTF-8 only, and no long paths: reported here, before a lock file appears.
    if found.to_str().is_none() {
        return Err(LedgerError::Name(typed.to_owned()));
    }
    if found.as_os_str().len() > LONGEST {
        return Err(LedgerError::Long {
            path: found,
            longest: LONGEST,
        });
    }
    Ok(found)
}

fn missing(typed: &Path) -> Result<PathBuf, LedgerError> {
    let refuse = |why| Err(LedgerError::open(typed, Error::other(why)));
    if typed.is_symlink() {
        return refuse("it is a link to a file that is not there");
    }
    let Some(name) = typed.file_name() else {
        return refuse("it names no file");
    };
    let folder = match typed.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    dunce::canonicalize(folder)
        .map(|folder| folder.join(name))
        .map_err(|source| LedgerError::open(typed, source))
}

/// The file of SQLite's, or ours, that is beside a ledger under its name and this ending.
pub(in crate::ledger) fn beside(ledger: &Path, ending: &str) -> PathBuf {
    let mut name = ledger
        .file_name()
        .map_or_else(Default::default, OsStr::to_owned);
    name.push(ending);
    ledger.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::domain::Clock;
    use crate::ledger::Ledger;

    #[tokio::test]
    async fn p7_one_ledger_has_one_lock_by_whatever_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger.db");
        std::fs::create_dir(dir.path().join("sub")).unwrap();
        symlink(&path, dir.path().join("link.db")).unwrap();
        symlink(dir.path(), dir.path().join("elsewhere")).unwrap();
        let first = Ledger::open(&path, Clock::System).await.unwrap();
        for name in ["link.db", "sub/../ledger.db", "elsewhere/ledger.db"] {
            let second = Ledger::open(&dir.path().join(name), Clock::System).await;
            let locked = matches!(second, Err(LedgerError::Locked { .. }));
            assert!(locked, "{name}: {second:?}");
        }
        first.close().await.unwrap();
        assert!(!dir.path().join("link.db.lock").exists());
    }

    #[tokio::test]
    async fn a_name_that_means_something_to_sqlite_is_a_file_all_the_same() {
        let dir = tempfile::tempdir().unwrap();
        for name in [":memory:", "file:x.db?mode=memory"] {
            let path = dir.path().join(name);
            let ledger = Ledger::open(&path, Clock::System).await.unwrap();
            ledger.close().await.unwrap();
            assert!(path.metadata().unwrap().len() > 0, "{name}");
        }
        assert!(resolve(Path::new(":memory:")).unwrap().is_absolute());
    }

    #[tokio::test]
    async fn a_name_that_cannot_work_is_refused_before_anything_is_there() {
        let dir = tempfile::tempdir().unwrap();
        symlink("nowhere", dir.path().join("dangling")).unwrap();
        for name in [b"\xff.db".as_slice(), b"dangling"] {
            let path = dir.path().join(OsStr::from_bytes(name));
            assert!(Ledger::open(&path, Clock::System).await.is_err());
        }
        let there = std::fs::read_dir(dir.path()).unwrap().count();
        assert_eq!(there, 1);
    }

    #[tokio::test]
    async fn the_longest_path_works_and_a_longer_one_is_refused_as_such() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("d".repeat(200)).join("e".repeat(200));
        std::fs::create_dir_all(&deep).unwrap();
        let deep = deep.canonicalize().unwrap();
        let name = "n".repeat(LONGEST - deep.as_os_str().len() - 1);
        let ledger = Ledger::open(&deep.join(&name), Clock::System)
            .await
            .unwrap();
        ledger.close().await.unwrap();
        let there = || std::fs::read_dir(&deep).unwrap().count();
        let before = there();
        let refused = Ledger::open(&deep.join(name + "n"), Clock::System).await;
        assert!(
            matches!(refused, Err(LedgerError::Long { .. })),
            "{refused:?}"
        );
        assert_eq!(there(), before);
        // Too long for any file: the hint is about the name, and about no permission.
        let refused = Ledger::open(&dir.path().join("n".repeat(300)), Clock::System).await;
        let hint = refused.unwrap_err().hint().unwrap();
        assert!(hint.contains("shorter name"), "{hint}");
    }
}
