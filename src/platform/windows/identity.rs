//! Which file it is, and what kind of file.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Component, Path, Prefix};

use winapi_util::file::information;
use windows_sys::Win32::Storage::FileSystem::{
    FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT,
};

use crate::platform::FileId;

/// Names of devices that exist in each folder.
const DEVICES: [&str; 7] = ["NUL", "CON", "CONIN$", "CONOUT$", "AUX", "PRN", "COM1"];

fn id_with(path: &Path, flags: u32) -> io::Result<FileId> {
    // No right is asked for, and folders are opened, too.
    let mut options = OpenOptions::new();
    options.access_mode(0).custom_flags(flags);
    file_id_of(&options.open(path)?)
}

pub(in crate::platform) fn file_id_at(path: &Path) -> io::Result<FileId> {
    id_with(path, FILE_FLAG_BACKUP_SEMANTICS)
}

pub(in crate::platform) fn file_id_of_name(path: &Path) -> io::Result<FileId> {
    id_with(
        path,
        FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT,
    )
}

pub(in crate::platform) fn file_id_of(file: &File) -> io::Result<FileId> {
    let about = information(file)?;
    Ok(FileId {
        volume: about.volume_serial_number(),
        index: about.file_index(),
    })
}

/// How many names an open file has.
///
/// # Errors
/// The error of the system.
pub(crate) fn link_count(file: &File) -> io::Result<u64> {
    information(file).map(|about| about.number_of_links())
}

/// Whether the path is a console, a pipe, or a device such as `NUL`: it is written as it is, since it holds nothing
/// that could be lost.
pub(crate) fn is_stream(path: &Path) -> bool {
    let is_device_path = matches!(
        path.components().next(),
        Some(Component::Prefix(prefix)) if matches!(prefix.kind(), Prefix::DeviceNS(_))
    );
    let name = path.file_name().and_then(std::ffi::OsStr::to_str);
    let is_device = name.is_some_and(|name| {
        DEVICES
            .iter()
            .any(|device| device.eq_ignore_ascii_case(name))
    });
    is_device_path || is_device
}
