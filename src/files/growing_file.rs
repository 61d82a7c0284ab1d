//! Opens files that grow over several commands: a log, or a table that an interrupted command left incomplete.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::Path;

use super::output_path::{AtPath, OutputPath, look};
use super::{FileError, Signature};
use crate::platform::{self, FileOwner};

/// How often opening is tried again because another process created or removed the file meanwhile.
const TRIES: u32 = 16;

/// Opens a file of this program to add lines to it, or creates it.
///
/// # Errors
/// [`FileError`]: the path is something else, or the system reports an error.
pub(crate) fn append(path: &Path, signature: Signature) -> Result<File, FileError> {
    let file = open(path, signature, OpenOptions::new().append(true))?;
    if file.metadata().is_ok_and(|meta| meta.is_file()) {
        // An older version may have created it readable for others. The access to another owner's file cannot be
        // changed, which is ignored.
        let _ = platform::make_private(path, &file);
    }
    Ok(file)
}

/// Opens a file of this program to continue it, or creates it. A file with a second name (a hard link) is
/// refused, since a part of the content may be cut off.
///
/// # Errors
/// [`FileError`]: the path is something else, or the system reports an error.
pub(crate) fn resume(path: &Path, signature: Signature) -> Result<File, FileError> {
    let file = open(path, signature, OpenOptions::new().write(true))?;
    let meta = file.metadata();
    let meta = meta.map_err(|source| FileError::io(path, source))?;
    if !meta.is_file() {
        return Err(FileError::Special(path.to_owned()));
    }
    let names = platform::link_count(&file).map_err(|source| FileError::io(path, source))?;
    if names > 1 {
        return Err(FileError::Link(path.to_owned()));
    }
    Ok(file)
}

/// Whether the present user owns the file. Another user may have created it in order to read what is written
/// to it.
pub(crate) fn is_own(file: &File) -> bool {
    platform::file_access(file).is_ok_and(|access| access.owner == FileOwner::Me)
}

fn open(path: &Path, signature: Signature, options: &mut OpenOptions) -> Result<File, FileError> {
    let place = OutputPath::new(path, signature)?;
    let mut tries = 0;
    loop {
        let opened = match place.check_existing(look(path, options)?)? {
            AtPath::Nothing => platform::create_private(path),
            AtPath::Stream => options.open(path),
            AtPath::Regular(file) => return Ok(file),
        };
        match opened {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && tries < TRIES => tries += 1,
            opened => return opened.map_err(|source| FileError::io(path, source)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::io::Write;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    const MARK: Signature = Signature {
        what: "test log",
        is_ours: |head| head.starts_with(b"log"),
    };

    #[test]
    fn lines_are_added_to_a_log_and_to_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        for _ in 0..2 {
            append(&path, MARK).unwrap().write_all(b"log\n").unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "log\nlog\n");
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        append(&path, MARK).unwrap();
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let link = dir.path().join("link");
        symlink(&path, &link).unwrap();
        assert!(matches!(append(&link, MARK), Err(FileError::Link(_))));
        fs::write(&path, "User ID\n").unwrap();
        assert!(matches!(
            append(&path, MARK),
            Err(FileError::Stranger { .. })
        ));
        assert_eq!(fs::read_to_string(&path).unwrap(), "User ID\n");
    }

    #[test]
    fn a_continued_file_has_only_one_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("part");
        resume(&path, MARK).unwrap().write_all(b"log\n").unwrap();
        resume(&path, MARK).unwrap();
        fs::hard_link(&path, dir.path().join("other")).unwrap();
        assert!(matches!(resume(&path, MARK), Err(FileError::Link(_))));
        fs::remove_file(&path).unwrap();
        symlink(dir.path().join("other"), &path).unwrap();
        assert!(matches!(resume(&path, MARK), Err(FileError::Link(_))));
        assert!(matches!(
            resume(Path::new("/dev/null"), MARK),
            Err(FileError::Special(_))
        ));
    }
}
