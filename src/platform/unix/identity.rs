//! Which file it is, what kind of file, and locks on it.

use std::fs::{File, Metadata, TryLockError};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use crate::platform::FileId;

fn id(about: &Metadata) -> FileId {
    FileId {
        volume: about.dev(),
        index: about.ino(),
    }
}

pub(in crate::platform) fn file_id_at(path: &Path) -> io::Result<FileId> {
    path.metadata().map(|about| id(&about))
}

pub(in crate::platform) fn file_id_of_name(path: &Path) -> io::Result<FileId> {
    path.symlink_metadata().map(|about| id(&about))
}

pub(in crate::platform) fn file_id_of(file: &File) -> io::Result<FileId> {
    file.metadata().map(|about| id(&about))
}

/// How many names an open file has.
///
/// # Errors
/// The error of the system.
pub(crate) fn link_count(file: &File) -> io::Result<u64> {
    file.metadata().map(|about| about.nlink())
}

/// Whether the path is a terminal, a pipe, or a device such as `/dev/null`: it is written as it is, since it holds
/// nothing that could be lost.
pub(crate) fn is_stream(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|about| {
        let kind = about.file_type();
        // The system's names of the standard streams are links.
        let is_link_of_the_system =
            kind.is_symlink() && (path.starts_with("/dev") || path.starts_with("/proc"));
        is_link_of_the_system || kind.is_char_device() || kind.is_fifo()
    })
}

/// Locks an open file for this process alone, until it is closed. Other processes can read and write it all the same:
/// it keeps out those that ask for the lock.
///
/// # Errors
/// [`TryLockError::WouldBlock`]: another process has a lock. Otherwise the error of the system.
pub(crate) fn try_lock(file: &File) -> Result<(), TryLockError> {
    file.try_lock()
}

/// As [`try_lock`], for any number of processes together.
///
/// # Errors
/// [`TryLockError::WouldBlock`]: another process has the lock for itself. Otherwise the error of the system.
pub(crate) fn try_lock_shared(file: &File) -> Result<(), TryLockError> {
    file.try_lock_shared()
}
