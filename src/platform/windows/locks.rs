//! Locks on files.
//!
//! On Windows a lock also keeps other processes from reading and writing what is locked. So one byte is locked that is
//! far beyond the end of any file, as SQLite does it too: what the file holds stays readable, such as who has the lock.
#![expect(
    unsafe_code,
    reason = "the standard library locks the whole file, which then cannot be read"
)]

use std::fs::{File, TryLockError};
use std::io;
use std::os::windows::io::AsRawHandle;

use windows_sys::Win32::Foundation::{ERROR_IO_PENDING, ERROR_LOCK_VIOLATION};
use windows_sys::Win32::Storage::FileSystem::{
    LOCKFILE_EXCLUSIVE_LOCK, LOCKFILE_FAIL_IMMEDIATELY, LockFileEx, UnlockFile,
};
use windows_sys::Win32::System::IO::OVERLAPPED;

/// The place of the byte that is locked, in its two halves: 2^62.
const PLACE: (u32, u32) = (0, 1 << 30);

/// Locks an open file for this process alone, until it is closed. Other processes can read and write it all the same:
/// it keeps out those that ask for the lock.
///
/// # Errors
/// [`TryLockError::WouldBlock`]: another process has a lock. Otherwise the error of the system.
pub(crate) fn try_lock(file: &File) -> Result<(), TryLockError> {
    lock(file, LOCKFILE_EXCLUSIVE_LOCK)
}

/// As [`try_lock`], for any number of processes together.
///
/// # Errors
/// [`TryLockError::WouldBlock`]: another process has the lock for itself. Otherwise the error of the system.
pub(crate) fn try_lock_shared(file: &File) -> Result<(), TryLockError> {
    lock(file, 0)
}

fn lock(file: &File, kind: u32) -> Result<(), TryLockError> {
    let mut place = OVERLAPPED::default();
    place.Anonymous.Anonymous.Offset = PLACE.0;
    place.Anonymous.Anonymous.OffsetHigh = PLACE.1;
    // SAFETY: the handle is open, and the place lives until the call returns: it does not wait.
    let locked = unsafe {
        // Unlike on Unix, a second lock of the same handle does not replace the first one.
        UnlockFile(file.as_raw_handle(), PLACE.0, PLACE.1, 1, 0);
        LockFileEx(
            file.as_raw_handle(),
            kind | LOCKFILE_FAIL_IMMEDIATELY,
            0,
            1,
            0,
            &raw mut place,
        )
    };
    if locked != 0 {
        return Ok(());
    }
    let error = io::Error::last_os_error();
    let code = error.raw_os_error().map(i32::cast_unsigned);
    match code {
        Some(ERROR_LOCK_VIOLATION | ERROR_IO_PENDING) => Err(TryLockError::WouldBlock),
        _ => Err(TryLockError::Error(error)),
    }
}
