//! New files and folders, for their owner alone. None of these calls follows a link, or opens what is
//! there already.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::FileError;

/// Names that are tried for a draft.
const NAMES: u32 = 100;

/// Makes a file for reading and writing by its owner alone. It must not be there.
///
/// # Errors
/// What the system says.
pub fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// Makes a folder for its owner alone. It must not be there.
///
/// # Errors
/// What the system says.
pub fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// Makes a folder, and those above it, where they are missing.
///
/// # Errors
/// What the system says.
pub fn create_folders(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// A name beside `path`, on the same file system, with which `make` succeeds: it makes what has that
/// name, and fails if anything has it already.
///
/// # Errors
/// What the system says.
pub fn unused<T>(path: &Path, make: impl Fn(&Path) -> io::Result<T>) -> io::Result<(PathBuf, T)> {
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

/// Gives a file that is whole its name, which no other file may have.
///
/// # Errors
/// [`FileError::Exists`]: another file has it. Or the system refuses.
pub fn publish(draft: &Path, path: &Path) -> Result<(), FileError> {
    // A link, unlike a rename, never takes the place of another file.
    match std::fs::hard_link(draft, path) {
        Ok(()) => std::fs::remove_file(draft).map_err(|source| FileError::io(draft, source)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(FileError::Exists(path.to_owned()))
        }
        // Not every file system has links.
        Err(_) if path.symlink_metadata().is_ok() => Err(FileError::Exists(path.to_owned())),
        Err(_) => std::fs::rename(draft, path).map_err(|source| FileError::io(path, source)),
    }
}
