//! Which file it is, under whatever name.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::platform::system;

/// The identity of a file on this machine: two names with the same identity lead to one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileId {
    /// The device or volume.
    pub(super) volume: u64,
    /// The number of the file on it.
    pub(super) index: u64,
}

impl FileId {
    /// The file that a path leads to. A link is followed.
    ///
    /// # Errors
    /// The error of the system, such as that there is no such file.
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        system::file_id_at(path)
    }

    /// The file or link of this name. A link is not followed.
    ///
    /// # Errors
    /// The error of the system, such as that there is no such file.
    pub(crate) fn of_name(path: &Path) -> io::Result<Self> {
        system::file_id_of_name(path)
    }

    /// An open file.
    ///
    /// # Errors
    /// The error of the system.
    pub(crate) fn of(file: &File) -> io::Result<Self> {
        system::file_id_of(file)
    }
}
