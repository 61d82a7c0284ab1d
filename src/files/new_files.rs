//! Creates files and folders that only their owner may read. None of these calls follows a link, or opens
//! a file that exists.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::FileError;
use crate::platform;

/// How many names are tried for a draft.
const NAMES: u32 = 100;

/// Creates a folder and the folders above it, as far as they are missing, for their owner alone.
///
/// # Errors
/// The error of the system.
pub(crate) fn create_folders(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() {
        return Ok(());
    }
    platform::create_private_folders(path)
}

/// Finds an unused name beside `path`, on the same file system, and calls `make` with it. `make` has to create
/// the path, and to fail if it exists.
///
/// # Errors
/// The error of the system.
pub(crate) fn unused<T>(
    path: &Path,
    make: impl Fn(&Path) -> io::Result<T>,
) -> io::Result<(PathBuf, T)> {
    let mut number = 0;
    loop {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".draft-{}", std::process::id()));
        if number > 0 {
            name.push(format!("-{number}"));
        }
        let name = PathBuf::from(name);
        match make(&name) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && number < NAMES => number += 1,
            result => return result.map(|made| (name, made)),
        }
    }
}

pub(super) fn create_beside<T>(
    path: &Path,
    make: impl Fn(&Path) -> io::Result<T>,
) -> Result<(PathBuf, T), FileError> {
    unused(path, make).map_err(|source| FileError::io(path, source))
}

/// Gives a complete file its final name, which no other file may have.
///
/// # Errors
/// [`FileError::Exists`]: another file has the name. [`FileError::Io`]: the error of the system.
pub(crate) fn publish(draft: &Path, path: &Path) -> Result<(), FileError> {
    // Unlike a rename, a hard link never replaces another file.
    match std::fs::hard_link(draft, path) {
        Ok(()) => std::fs::remove_file(draft).map_err(|source| FileError::io(draft, source)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(FileError::Exists(path.to_owned()))
        }
        // Not every file system has hard links.
        Err(_) if path.symlink_metadata().is_ok() => Err(FileError::Exists(path.to_owned())),
        Err(_) => std::fs::rename(draft, path).map_err(|source| FileError::io(path, source)),
    }
}
