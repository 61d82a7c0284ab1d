//! Files that only their owner may use: by their mode.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::platform::{FileAccess, FileOwner};

/// Creates a file that only its owner may read and write, and opens it for both. The path must not exist.
///
/// # Errors
/// The error of the system.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// Opens a file with these options, or creates it as [`create_private`] does.
///
/// # Errors
/// The error of the system.
pub(crate) fn open_or_create_private(path: &Path, options: &OpenOptions) -> io::Result<File> {
    options.clone().create(true).mode(0o600).open(path)
}

/// Creates a folder that only its owner may use. The path must not exist.
///
/// # Errors
/// The error of the system.
pub(crate) fn create_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// Creates a folder and the folders above it, as far as they are missing, for their owner alone.
///
/// # Errors
/// The error of the system.
pub(crate) fn create_private_folders(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Lets only its owner read and write an open file of this path.
///
/// # Errors
/// The error of the system, such as that another user owns the file.
pub(crate) fn make_private(_path: &Path, file: &File) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(0o600))
}

/// Lets all accounts of the machine read a file.
///
/// # Errors
/// The error of the system.
pub(crate) fn make_readable(path: &Path) -> io::Result<()> {
    std::fs::set_permissions(path, Permissions::from_mode(0o644))
}

/// Who may use an open file.
///
/// # Errors
/// The error of the system.
pub(crate) fn file_access(file: &File) -> io::Result<FileAccess> {
    const OTHERS_READ: u32 = 0o044;
    const OTHERS_WRITE: u32 = 0o022;
    const ROOT: u32 = 0;
    let about = file.metadata()?;
    let owner = match about.uid() {
        me if me == rustix::process::geteuid().as_raw() => FileOwner::Me,
        ROOT => FileOwner::Administrator,
        _ => FileOwner::Another,
    };
    Ok(FileAccess {
        owner,
        others_may_read: about.mode() & OTHERS_READ != 0,
        others_may_write: about.mode() & OTHERS_WRITE != 0,
    })
}

/// The command that lets only its owner read a file.
pub(crate) fn how_to_make_private(path: &Path) -> String {
    format!("chmod 600 {}", path.display())
}

/// The command that lets only its owner write a file.
pub(crate) fn how_to_forbid_writing(path: &Path) -> String {
    format!("chmod go-w {}", path.display())
}

/// Makes a change of names in a folder durable.
///
/// # Errors
/// The error of the system.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
