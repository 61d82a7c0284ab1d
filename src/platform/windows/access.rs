//! Files that only their owner may use: by their access list.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::windows::fs::OpenOptionsExt;
use std::path::Path;

use windows_sys::Win32::Storage::FileSystem::{READ_CONTROL, WRITE_DAC};

use crate::platform::FileAccess;
use crate::platform::sddl;
use crate::platform::windows::security;

/// How often opening is tried again because another process created or removed the file meanwhile.
const TRIES: u32 = 16;

/// Creates a file that only its owner may read and write, and opens it for both. The path must not exist.
///
/// # Errors
/// The error of the system.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    security::create_file(path)
}

/// Opens a file with these options, or creates it as [`create_private`] does.
///
/// # Errors
/// The error of the system.
pub(crate) fn open_or_create_private(path: &Path, options: &OpenOptions) -> io::Result<File> {
    let mut tries = 0;
    loop {
        match options.open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            opened => return opened,
        }
        match create_private(path) {
            // The handle of the new file may do more than was asked for: it is opened as was asked.
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists && tries < TRIES => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Creates a folder that only its owner may use. The path must not exist.
///
/// # Errors
/// The error of the system.
pub(crate) fn create_private_folder(path: &Path) -> io::Result<()> {
    security::create_folder(path)
}

/// Creates a folder and the folders above it, as far as they are missing, for their owner alone.
///
/// # Errors
/// The error of the system.
pub(crate) fn create_private_folders(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    if let Some(above) = path.parent() {
        create_private_folders(above)?;
    }
    match create_private_folder(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made,
    }
}

/// Lets only its owner read and write an open file of this path.
///
/// # Errors
/// The error of the system, such as that another user owns the file.
pub(crate) fn make_private(path: &Path, _file: &File) -> io::Result<()> {
    let rights = READ_CONTROL | WRITE_DAC;
    let file = OpenOptions::new().access_mode(rights).open(path)?;
    security::protect(&file)
}

/// Lets all accounts of the machine read a file. On Windows nothing is done: no file of this program is meant for
/// other accounts there.
///
/// # Errors
/// None.
#[expect(clippy::unnecessary_wraps, reason = "another system may refuse")]
pub(crate) fn make_readable(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Who may use an open file.
///
/// # Errors
/// The error of the system.
pub(crate) fn file_access(file: &File) -> io::Result<FileAccess> {
    let (descriptor, me) = security::description(file)?;
    Ok(sddl::access_of(&descriptor, &me))
}

/// The command that lets only its owner read a file.
pub(crate) fn how_to_make_private(path: &Path) -> String {
    format!(
        "icacls \"{}\" /inheritance:r /grant:r \"$($env:USERNAME):F\"",
        path.display()
    )
}

/// The command that lets only its owner write a file.
pub(crate) fn how_to_forbid_writing(path: &Path) -> String {
    how_to_make_private(path)
}

/// Makes a change of names in a folder durable. Windows gives ordinary users no call for it: NTFS writes names to its
/// own log, in their order.
///
/// # Errors
/// None.
#[expect(clippy::unnecessary_wraps, reason = "another system may refuse")]
pub(crate) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}
